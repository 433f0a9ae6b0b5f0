import { hash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeSeals, compiledFolder, compiledName, type NodeFacts } from "../../../cli/start/compiled-code.ts";

const test = suite("cli/start/compiled-code");
const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const source = bytes("exports.a = 1;");
const code = bytes("what V8 made of it");

const facts = (changed: Partial<NodeFacts> = {}): NodeFacts => ({
  version: process.version,
  versions: process.versions,
  arch: process.arch,
  platform: process.platform,
  config: process.config,
  ...changed,
});
const versionsWith = (changed: Readonly<Record<string, string>>) => ({ ...process.versions, ...changed });
const seals = codeSeals(facts(), hash);
const sealed = Buffer.from(seals.seal(source, code));

test("what was sealed opens, for the same source and the same Node", () =>
  assert.equal(Buffer.from(seals.open(source, sealed) ?? []), code));

test("one flipped bit anywhere, or one byte less or more, and it does not", () => {
  for (let at = 0; at < sealed.length; at++) {
    const flipped = Buffer.from(sealed);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    assert.is(seals.open(source, flipped), undefined, `bit of byte ${at}`);
    assert.is(seals.open(source, sealed.subarray(0, at)), undefined, `${at} bytes`);
  }
  assert.is(seals.open(source, Buffer.concat([sealed, bytes("x")])), undefined);
  assert.is(seals.open(source, Buffer.alloc(sealed.length)), undefined, "as long, but never written");
});

test("another source of the same length", () => {
  assert.is(seals.open(bytes("exports.a = 2;"), sealed), undefined);
  assert.is(seals.open(bytes(""), sealed), undefined);
});

test("another Node, even of the same version", () => {
  const others: readonly NodeFacts[] = [
    facts({ version: "v20.0.0" }),
    facts({ versions: versionsWith({ v8: "1.2.3" }) }),
    facts({ versions: versionsWith({ openssl: "1.2.3" }) }),
    facts({ arch: process.arch === "x64" ? "arm64" : "x64" }),
    facts({ platform: process.platform === "linux" ? "darwin" : "linux" }),
    facts({ config: { ...process.config, variables: { ...process.config.variables, host_arch: "none" } } }),
  ];
  for (const [at, other] of others.entries())
    assert.is(codeSeals(other, hash).open(source, sealed), undefined, String(at));
});

test("folders have names for people: one for each version, V8, platform and architecture", () => {
  const versions = versionsWith({ v8: "11.3.244" });
  const named = { version: "v20.1.0", versions, platform: "linux", arch: "x64" } as const;
  assert.is(compiledFolder(facts(named)), "node-v20.1.0-v8-11.3.244-linux-x64");
  const other = { version: "v20.1.1", versions: versionsWith({ v8: "12" }), platform: "win32", arch: "arm64" } as const;
  const keys = ["version", "versions", "platform", "arch"] as const;
  const folders = keys.map((key) => compiledFolder(facts({ ...named, [key]: other[key] })));
  assert.is(new Set([...folders, compiledFolder(facts(named))]).size, 5);
  assert.is(compiledName("chunk-A.cjs"), "chunk-A.bin");
});

test.run();
