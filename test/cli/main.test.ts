/** The built program, as a user starts it: one smoke test for each thing that only `main.ts` does. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtPrograms } from "../support/built-programs.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";
import { demoLayout } from "./demo-layout.ts";

const test = suite("cli/main");
const folder = tempFolder();
let program = "";
const demo = demoLayout();

test.before(async () => {
  program = join(await builtPrograms(), "sallyport.mjs");
  writeFileSync(join(folder, "key.pub"), demo.key.pem);
});

function run(
  words: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    cwd: folder,
    encoding: "utf8",
    input: options.input ?? "",
    env: { PATH: process.env.PATH, LANG: "C.UTF-8", ...options.env },
  });
  return { exit: status, out: stdout, err: stderr };
}
const verify = ["verify", "--layout", demo.folder, "--complete", "--insecure-ignore-tlog", "--key", "key.pub"];

test("knows its version", () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
  assert.equal(run(["version"]), { exit: 0, out: `sallyport ${version}\n`, err: "" });
});

test("answers on stdout, complains on stderr, ends with the code", () => {
  assert.is(run([...verify, demo.signed]).exit, 0);
  const { exit, out, err } = run([...verify, "-o", "json", demo.unsigned]);
  assert.is(exit, 10);
  assert.is(JSON.parse(out).verdict, "fail");
  assert.match(err, /^error no-signature:/);
  assert.is(run(["nothing"]).exit, 2);
});

test("keeps a mirror, with the statements that the build carries", () => {
  assert.is(run(["mirror", "add", demo.folder, "--store", "mirror", "--complete"]).exit, 0);
  assert.is(run(["verify", "--store", "mirror", "--insecure-ignore-tlog", "--key", "key.pub", demo.signed]).exit, 0);
  assert.match(
    run(["mirror", "ls", "-o", "name"], { env: { SALLYPORT_STORE: join(folder, "mirror") } }).out,
    demo.signed,
  );
});

test("a path that cannot be read is wrong usage", () => {
  const { exit, err } = run(["verify", "--key", "gone.pub", demo.signed]);
  assert.is(exit, 2);
  assert.match(err, "error invalid-usage: cannot read gone.pub: there is no such file or folder (ENOENT)");
  assert.is(run(["verify", "--key", ".", demo.signed]).exit, 2);
});

test("reads standard input", () => assert.is(run(["trust", "show", "-"], { input: "{" }).exit, 2));

test("colour only where it is wanted; signs without it", () => {
  const colourStart = String.fromCharCode(27);
  assert.not.ok(run([...verify, demo.signed]).out.includes(colourStart));
  assert.ok(run([...verify, demo.signed], { env: { FORCE_COLOR: "1" } }).out.includes(colourStart));
  assert.ok(run(["--color=always", ...verify, demo.signed]).out.includes(colourStart));
  assert.not.ok(run([...verify, "--no-color", demo.signed], { env: { FORCE_COLOR: "1" } }).out.includes(colourStart));
  assert.match(run([...verify, demo.signed], { env: { LANG: "C" } }).out, /^ok /);
});

test("starting costs little: the engine is loaded by the commands that need it", () => {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s*"(\.[^"]+)"/g))
      load(join(dirname(file), specifier));
  };
  load(program);
  const bytes = [...loaded].reduce((sum, file) => sum + statSync(file).size, 0);
  assert.ok(bytes < 150 * 1024, `${bytes} bytes are loaded before any command`);
});

test.run();
