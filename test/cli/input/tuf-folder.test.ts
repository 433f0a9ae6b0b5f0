import { suite } from "uvu";
import * as assert from "uvu/assert";
import { folderMirror, readTufFolder } from "../../../cli/input/tuf-folder.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { verifySource } from "../../../core/tuf/verify-source.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("cli/input/tuf-folder");
const target = encodeUtf8("{}");
const ioOf = (files: Readonly<Record<string, Uint8Array>>) => testIO({ files }).io;
const prefixed = (files: ReadonlyMap<string, Uint8Array>): Record<string, Uint8Array> =>
  Object.fromEntries([...files].map(([path, bytes]) => [`tuf/${path}`, bytes]));

function published(consistentSnapshot = true) {
  const repository = makeTufRepository(target, { consistentSnapshot });
  repository.publishRoot();
  repository.publishRoot();
  repository.delegate("targets", "a/role", { paths: ["*"] });
  repository.publish();
  return repository;
}

test("what a decision takes is what verifies, from any root of the chain", () => {
  for (const consistent of [true, false]) {
    const repository = published(consistent);
    const source = readTufFolder("tuf/", ioOf(prefixed(repository.files)));
    assert.equal(source, repository.source());
    for (const initialRoot of repository.rootHistory)
      assert.is(
        verifySource({
          source,
          initialRoot,
          target: "trusted_root.json",
          at: repository.now,
          verifier: nodeVerifier,
          limits: defaultLimits,
        }).set.root.version,
        3n,
      );
  }
});

test("a chain may begin late, and what a decision does not need may be missing", () => {
  const repository = published();
  repository.files.delete("1.root.json");
  repository.files.delete("2.a%2Frole.json");
  const source = readTufFolder("tuf", ioOf(prefixed(repository.files)));
  assert.equal([source.roots.length, source.targets.length], [2, 1]);
});

test("the roles that a decision may come to, of however many there are", () => {
  const repository = makeTufRepository(target);
  for (let index = 0; index < 60; index++)
    repository.delegate("targets", `a-${index}`, { paths: [index === 55 ? "*.json" : "other/*"] }, { first: true });
  const files = repository.signed("targets").targets as Record<string, never>;
  (repository.signed("a-55").targets as Record<string, never>)["trusted_root.json"] = files[
    "trusted_root.json"
  ] as never;
  delete files["trusted_root.json"];
  repository.publish();
  const source = readTufFolder("tuf", ioOf(prefixed(repository.files)));
  assert.equal(
    source.targets.map(({ role }) => role),
    ["targets", "a-55"],
  );
  verifySource({
    source,
    initialRoot: repository.served("root"),
    target: "trusted_root.json",
    at: repository.now,
    verifier: nodeVerifier,
    limits: defaultLimits,
  });
});

test("what is missing or does not read is no trust; what is no folder, wrong usage", () => {
  for (const [name, bytes] of [
    ["timestamp.json", undefined],
    ["2.snapshot.json", undefined],
    ["2.targets.json", undefined],
    ["timestamp.json", encodeUtf8("{")],
    ["2.snapshot.json", encodeUtf8("{}")],
    ["2.targets.json", encodeUtf8("[]")],
  ] as const) {
    const files = published().files;
    if (bytes === undefined) files.delete(name);
    else files.set(name, bytes);
    throwsCode("no-trust", () => readTufFolder("tuf", ioOf(prefixed(files))));
  }
  const files = published().files;
  for (const name of [...files.keys()].filter((path) => path.startsWith("targets/"))) files.delete(name);
  throwsCode("no-trust", () => readTufFolder("tuf", ioOf(prefixed(files))));
  throwsCode("invalid-usage", () => readTufFolder("nowhere", ioOf({})));
});

test("as a mirror: bounded, and nothing outside of the folder", async () => {
  const mirror = folderMirror("tuf", ioOf({ ...prefixed(published().files), secret: target }));
  assert.is((await mirror.fetch("timestamp.json", 16_384))?.length, published().served("timestamp").length);
  await rejectsCode("over-limit", () => mirror.fetch("timestamp.json", 10));
  for (const path of ["..%2Fsecret", "%2E%2E/secret", "..%5Csecret", "missing"])
    assert.is(await mirror.fetch(path, 100), undefined, path);
  throwsCode("invalid-usage", () => folderMirror("secret", ioOf({ secret: target })));
});

test.run();
