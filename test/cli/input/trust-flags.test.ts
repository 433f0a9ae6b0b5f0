import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSpan, readTrustSettings, tufFolder, type TrustOptions } from "../../../cli/input/trust-flags.ts";
import { concat } from "../../../core/encoding/bytes.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { publicGoodRoot } from "../../../core/trust/public-good.ts";
import { throwsCode } from "../../support/assert.ts";
import { runCli, testIO } from "../command-io.ts";

const test = suite("cli/input/trust-flags");
const root = (spaces: number): Uint8Array => concat(publicGoodRoot(), encodeUtf8(" ".repeat(spaces)));
const [flag, variable, cosign, pinned] = [root(0), root(1), root(2), encodeUtf8("pinned")];
const files = { flag, variable, cosign, junk: "{}" };
const read = (
  options: TrustOptions,
  env: Readonly<Record<string, string>> = {},
  pins: Readonly<Record<string, Uint8Array>> = {},
) => readTrustSettings(options, testIO({ files, env }).io, pins);

test("a flag wins over our variable, that over the mirror's pin, that over cosign's variable", () => {
  const env = { SALLYPORT_TUF_ROOT: "variable", TUF_ROOT_JSON: "cosign" };
  assert.equal(read({ tufRoot: "flag" }, env, { "public-good": pinned }).initialRoots, { "public-good": flag });
  assert.equal(read({}, env, { "public-good": pinned }).initialRoots, { "public-good": variable });
  assert.equal(read({}, { TUF_ROOT_JSON: "cosign" }, { "public-good": pinned }).initialRoots, {
    "public-good": pinned,
  });
  assert.equal(read({}, { TUF_ROOT_JSON: "cosign" }).initialRoots, { "public-good": cosign });
  assert.equal(read({ trust: "corp", tufRoot: "flag" }, {}, { other: pinned }).initialRoots, {
    other: pinned,
    corp: flag,
  });
  assert.equal(read({}), { initialRoots: {} });
  for (const tufRoot of ["nowhere", "junk"]) throwsCode("invalid-usage", () => read({ tufRoot }));
});

test("a root may be given as base64, in lines too; a flag or setting wins over variables, a file over a text", () => {
  const raw = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const lines = raw(flag).replace(/.{76}/g, "$&\n");
  const env = { SALLYPORT_TUF_ROOT: "variable", SALLYPORT_TUF_ROOT_RAW: raw(cosign) };
  assert.equal(read({ tufRootRaw: lines }, env, { "public-good": pinned }).initialRoots, { "public-good": flag });
  assert.equal(read({}, env).initialRoots, { "public-good": variable });
  assert.equal(read({}, { SALLYPORT_TUF_ROOT_RAW: raw(cosign) }).initialRoots, { "public-good": cosign });
  for (const tufRootRaw of ["{}", "e30=", "!"]) throwsCode("invalid-usage", () => read({ tufRootRaw }));
});

test("modes, budgets and pins", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  assert.equal(read({ trust: "corp", trustMode: "pin", trustDigest: digest }), {
    initialRoots: {},
    mode: "pin",
    pins: { corp: digest },
  });
  assert.equal(read({ maxTrustAge: "30d" }).maxTrustAge, { deny: 30 * 86_400_000 });
  throwsCode("invalid-usage", () => read({ trustDigest: "sha256:A" }));
});

test("spans of time", () => {
  for (const [text, milliseconds] of [
    ["30d", 2_592_000_000],
    ["72h", 259_200_000],
    ["1d12h", 129_600_000],
    ["90s", 90_000],
    ["0d", 0],
  ] as const)
    assert.is(parseSpan(text, "--timeout"), milliseconds);
  for (const text of ["", "30", "d", "-1d", "1.5d", "1w", "1d 2h", "9999999d"])
    throwsCode("invalid-usage", () => parseSpan(text, "--timeout"));
});

test("a mirror is not dialled, with a note", () => {
  const { io, seen } = testIO({ files });
  readTrustSettings({ tufMirror: "https://tuf.corp" }, io, {});
  assert.match(seen.err, /^note: .*sallyport trust update --tufMirror URL/);
  const folder = testIO({ files });
  for (const tufMirror of ["./tuf", "file:///tuf"]) readTrustSettings({ tufMirror }, folder.io, {});
  assert.is(folder.seen.err, "", "a folder is read");
  assert.equal(
    ["./tuf", "file:///tuf", "http://tuf", "https://tuf"].map((tufMirror) => tufFolder({ tufMirror })),
    ["./tuf", "/tuf", undefined, undefined],
  );
});

test("Kyverno's flags are known where policies are applied, and where images are verified", async () => {
  for (const command of ["apply", "test", "explain", "verify", "verify-attestation"]) {
    const needed = command === "explain" ? ["-p", "x"] : [];
    assert.match((await runCli([command, "--help"])).out, "--tufRoot <file>", command);
    const { err } = await runCli([
      command,
      "--enableTuf",
      "--tufRoot",
      "flag",
      "--tufMirror",
      "https://tuf.corp",
      ...needed,
      "x",
    ]);
    assert.not.match(err, "unknown option", command);
    assert.match((await runCli([command, "--tufFlag", ...needed, "x"])).err, "unknown option", command);
  }
});

test.run();
