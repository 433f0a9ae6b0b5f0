import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { encodePem } from "../../../core/encoding/pem.ts";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { makeKey } from "../../lab/keys.ts";
import { Seed } from "../../lab/seed.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { runCli } from "../command-io.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("cli/commands/trust-create");
const key = makeKey(new Seed("create"), "log");
// biome-ignore lint/suspicious/noExplicitAny: a document of the test's own fixtures
const fixture: any = JSON.parse(decodeUtf8(fixtureBytes("trust/trusted-root.json")));
const pem = (authority: { certChain: { certificates: readonly { rawBytes: string }[] } }): string =>
  authority.certChain.certificates.map(({ rawBytes }) => encodePem("CERTIFICATE", rawBytes)).join("");
const files = {
  "log.pub": key.pem,
  "fulcio.pem": pem(fixture.certificateAuthorities[0]),
  "tsa.pem": pem(fixture.timestampAuthorities[0]),
};
const rekor = "--rekor=url=https://rekor.corp,public-key=log.pub,start-time=2024-01-01T00:00:00Z";
const create = (...words: readonly string[]) => runCli(["trust", "create", ...words], { files });

test("every kind of service, by both names of the command", async () => {
  const words = [
    "--fulcio",
    "url=https://fulcio.corp,certificate-chain=fulcio.pem,end-time=2099-01-01T00:00:00Z",
    rekor,
    "--ctfe=url=https://ct.corp,public-key=log.pub,start-time=2024-01-01T00:00:00.5Z",
    "--tsa=url=https://tsa.corp,certificate-chain=tsa.pem,start-time=2024-01-01T00:00:00Z",
  ];
  const { exit, out, err } = await create(...words);
  assert.equal([exit, err], [0, ""]);
  const root = parseTrustedRoot(out, defaultLimits);
  assert.equal(
    [root.tlogs.length, root.ctlogs.length, root.certificateAuthorities.length, root.timestampAuthorities.length],
    [1, 1, 1, 1],
  );
  assert.equal([root.tlogs[0]?.origin, root.tlogs[0]?.logId], ["rekor.corp", key.publicKey.fingerprint]);
  assert.equal(root.certificateAuthorities[0]?.validFor.end, new Date("2099-01-01T00:00:00Z"));
  assert.is(
    root.certificateAuthorities[0]?.validFor.start?.getTime(),
    root.certificateAuthorities[0]?.anchor.notBefore.getTime(),
    "without a start, the root's own",
  );
  assert.match(out, "2024-01-01T00:00:00.500Z");
  assert.is((await runCli(["trusted-root", "create", ...words], { files })).out, out);
});

test("to a file, and beside the public-good instance", async () => {
  const { written, err, out } = await create(rekor, "--out", "root.json");
  assert.is(out, "");
  assert.match(err, /^wrote root\.json sha256:[0-9a-f]{64}\n$/);
  assert.is(parseTrustedRoot(written["root.json"] ?? "", defaultLimits).tlogs.length, 1);
  const both = parseTrustedRoot(
    (await create("--with-default-services", rekor, "--no-default-tsa")).out,
    defaultLimits,
  );
  assert.is(both.tlogs[0]?.origin, "rekor.corp", "a flag replaces the default");
  assert.is(both.tlogs.length, 1);
  assert.ok(both.certificateAuthorities.length > 0 && both.ctlogs.length > 0);
  assert.is(both.timestampAuthorities.length, 0);
});

test("pairs that are wrong, missing or wrong files, and an empty root", async () => {
  for (const [code, ...words] of [
    ["invalid-usage"],
    ["invalid-usage", "--rekor", "url=https://rekor.corp,public-key=log.pub"],
    ["invalid-usage", "--rekor", "public-key=log.pub,start-time=2024-01-01T00:00:00Z"],
    ["invalid-usage", rekor.replace("url=", "uri=")],
    ["invalid-usage", `${rekor},start-time=2025-01-01T00:00:00Z`],
    ["invalid-usage", rekor.replace("2024-01-01T00:00:00Z", "yesterday")],
    ["invalid-usage", `${rekor},end-time=2023-01-01T00:00:00Z`],
    ["invalid-usage", rekor.replace("log.pub", "nowhere.pub")],
    ["invalid-usage", rekor.replace("log.pub", "fulcio.pem")],
    ["invalid-usage", "--tsa=url=https://tsa.corp,certificate-chain=fulcio.pem"],
    ["invalid-usage", "--fulcio=url=https://fulcio.corp,certificate-chain=tsa.pem"],
  ] as const) {
    const { err, out } = await create(...words);
    assert.is(out, "", words.join(" "));
    assert.match(err, `error ${code}: `, words.join(" "));
  }
});

test.run();
