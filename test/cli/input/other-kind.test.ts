import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asOtherKind } from "../../../cli/input/other-kind.ts";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { exported, makeKey, variedMirror } from "../../support/archive-store.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { podFor, policyFor } from "../demo-policy.ts";

const test = suite("cli/input/other-kind");
const key = makeKey();
const demo = demoLayout();
const store = temporaryFolder();
const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const world = {
  files: {
    "policy.yaml": policyFor(key.signing.publicKey),
    "pod.yaml": podFor("web", demo.signed),
    "images.txt": `${demo.signed}\n`,
    "cosign.key": key.pem,
  },
};

/** A file of each kind, on the disk. */
async function files(): Promise<Readonly<Record<string, string>>> {
  assert.is((await runCli(["mirror", "add", demo.folder, "--complete", "--store", store])).exit, 0);
  const making = ["--images", "images.txt", "--policies", "policy.yaml", "--store", store, "--unsigned"];
  await runCli(["capsule", "create", ...making, "--allow-missing", "-f", at("capsule.tar")], world);
  const records = temporaryFolder();
  await runCli(["apply", "policy.yaml", "-r", "pod.yaml", "--store", store, "--record", records], world);
  const texts = {
    "policy.yaml": world.files["policy.yaml"],
    "key.pub": key.signing.publicKey,
    empty: "",
    "root.json": '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(at(name), text);
  return {
    archive: exported(variedMirror()).path,
    capsule: at("capsule.tar"),
    record: join(records, readdirSync(records)[0] ?? ""),
    policy: at("policy.yaml"),
    key: at("key.pub"),
    root: at("root.json"),
    empty: at("empty"),
    layout: demo.folder,
    mirror: store,
    database: join(store, "mirror.db"),
  };
}

/** What a command says of what it does not take, and the command that is named in its place. */
const instead: Readonly<Record<string, RegExp>> = {
  archive: /an archive of sallyport export.*sallyport import /,
  capsule: /a capsule.*sallyport capsule inspect /,
  record: /a record of a decision.*sallyport replay /,
  policy: /a Kubernetes resource \(ClusterPolicy\).*sallyport policy check /,
  key: /a public key.*--key /,
  root: /a trusted root.*sallyport trust import /,
  empty: /it is empty/,
  layout: /a folder with an OCI layout.*sallyport mirror add /,
  mirror: /the folder of a mirror.*--store /,
  database: /a file of SQLite, such as a mirror.*--store /,
};

test("each command says of a file of another one what it is, and which command reads it", async () => {
  const given = await files();
  // The same on the disk and in the memory of the command line's world.
  const paths = [...Object.values(given), join(demo.folder, "oci-layout"), join(demo.folder, "index.json")];
  const held = Object.fromEntries(
    paths.flatMap((path) => (statSync(path).isFile() ? [[path, readFileSync(path)] as const] : [])),
  );
  const both = { files: { ...world.files, ...held } };
  const far = ["--store", temporaryFolder()];
  const commands: readonly (readonly [own: readonly string[], words: (path: string) => readonly string[]])[] = [
    [["archive", "layout"], (path) => ["import", path, ...far]],
    [["layout"], (path) => ["mirror", "add", path, ...far]],
    [["archive"], (path) => ["archive", "inspect", path]],
    [["archive"], (path) => ["archive", "verify", path]],
    [["capsule"], (path) => ["capsule", "inspect", path]],
    [["capsule"], (path) => ["capsule", "verify", path]],
    [["capsule"], (path) => ["apply", "-r", "pod.yaml", "--capsule", path]],
    [["record", "layout", "mirror"], (path) => ["replay", path]],
    [["root"], (path) => ["trust", "import", path, ...far]],
  ];
  let pairs = 0;
  for (const [own, words] of commands)
    for (const [kind, path] of Object.entries(given)) {
      if (own.includes(kind)) continue;
      const said = await runCli(words(path), both);
      const text = `${said.out} ${said.err}`.replaceAll(/\s+/g, " ");
      assert.match(text, instead[kind] as RegExp, `${words(path).join(" ")}: ${text}`);
      assert.is(said.exit, 2, `${words(path).join(" ")}: ${text}`);
      pairs++;
    }
  assert.is(pairs, 78);
});

test("an error that says something else stays, and so does one about a file of the right kind", () => {
  const io = { limits: defaultLimits, pathKind: () => "file" as const, listFolder: () => [] };
  const start = () => new TextEncoder().encode(key.signing.publicKey);
  const told = (error: unknown, form?: "public-key") =>
    asOtherKind(error, ["a"], { what: "a capsule", ...(form === undefined ? {} : { form }) }, { io, start });
  const corrupt = new EngineError("archive-corrupt", "cut short");
  assert.is.not(told(corrupt), corrupt);
  assert.is(told(corrupt, "public-key"), corrupt);
  for (const error of [new EngineError("archive-signature", "theirs"), new TypeError("a bug")])
    assert.is(told(error), error);
});

test.run();
