import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TrustedRootSource } from "../../../core/knowledge/answer.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { createTufVerifier } from "../../../core/trust/tuf-verifier.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { floorRows } from "../../../proxy/mirror/tuf-floors.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/mirror/tuf-floors");
const question = { kind: "trusted-root", name: "lab" } as const;
const repository = makeTufRepository(encodeUtf8("{}"));
const source = repository.source();

const store = (folder: string, value: TrustedRootSource): string =>
  writtenMirror((mirror) => mirror.writer().setAnswer(question, { state: "present", value, ...origin }), folder);
const read = (folder: string) =>
  reading(folder, (mirror) => {
    const answer = mirror.knowledge().answer(question);
    if (answer?.state !== "present" || answer.value.form !== "tuf") throw new Error("no metadata");
    return answer.value;
  });

test("floors come back with the metadata, stay when it brings none, and are replaced when it brings others", () => {
  const folder = store(temporaryFolder(), source);
  assert.is(read(folder).floors, undefined);
  store(folder, { ...source, floors: { root: "1", timestamp: "18446744073709551615", "a/role": "3" } });
  assert.equal(read(folder).floors, { "a/role": "3", root: "1", timestamp: "18446744073709551615" });
  store(folder, source);
  assert.is(read(folder).floors?.root, "1", "metadata without floors takes none away");
  store(folder, { form: "pinned", bytes: encodeUtf8("{}") });
  store(folder, source);
  assert.is(read(folder).floors?.root, "1", "nor does another form");
  store(folder, { ...source, floors: { root: "2" } });
  assert.equal(read(folder).floors, { root: "2" });
});

test("a mirror whose metadata is older than what it has seen is no trust", () => {
  const verifier = createTufVerifier(
    { initialRoots: { lab: repository.served("root") }, mode: "enforce" },
    defaultLimits,
  );
  const folder = store(temporaryFolder(), { ...source, floors: { timestamp: "1" } });
  assert.ok(verifier.verify("lab", read(folder), () => repository.now, nodeVerifier));
  store(folder, { ...source, floors: { timestamp: "2" } });
  assert.match(
    throwsCode("no-trust", () => verifier.verify("lab", read(folder), () => repository.now, nodeVerifier)).message,
    "[rollback]",
  );
});

test("a floor that was changed is damage, and one that is no version is not written", () => {
  const folder = store(temporaryFolder(), { ...source, floors: { root: "3" } });
  tamper(folder, "UPDATE tuf_floor SET version = '1'");
  throwsCode("mirror-corrupt", () => read(folder));
  for (const version of ["", "-1", "one", "1.0", "9".repeat(21)])
    throwsCode("malformed", () => floorRows("x", { root: version }));
});

test("TUF roots that were pinned, by name", () => {
  const folder = writtenMirror((mirror) => {
    mirror.writer().pin({ kind: "tuf-root", name: "lab", bytes: encodeUtf8("root") }, origin);
    mirror.writer().pin({ kind: "trusted-root", name: "other", bytes: encodeUtf8("{}") }, origin);
  });
  reading(folder, (mirror) => {
    assert.equal(mirror.knowledge().tufRoots(), { lab: encodeUtf8("root") });
    assert.is(mirror.knowledge().answer(question), undefined, "a TUF root is no trusted root");
  });
  tamper(folder, "UPDATE pin SET bytes = x'00' WHERE kind = 'tuf-root'");
  reading(folder, (mirror) => throwsCode("mirror-corrupt", () => mirror.knowledge().tufRoots()));
});

test.run();
