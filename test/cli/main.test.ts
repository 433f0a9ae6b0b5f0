/** The built program, as a user starts it: one smoke test for each thing that only `main.ts` does. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
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

/** In a shell, where a command line may say where its streams go. `$S` is the program. */
function runShell(line: string) {
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", line], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env.PATH, LANG: "C.UTF-8", S: `${process.execPath} ${program}`, V: verify.join(" ") },
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
  assert.match(err, "error invalid-usage: cannot read gone.pub: there is no such file or folder");
  assert.is(run(["verify", "--key", ".", demo.signed]).exit, 2);
});

test("reads standard input", () => assert.is(run(["trust", "show", "-"], { input: "{" }).exit, 2));

test("colour only where it is wanted; signs without it", () => {
  const colourStart = String.fromCharCode(27);
  assert.not.ok(run([...verify, demo.signed]).out.includes(colourStart));
  assert.ok(run([...verify, demo.signed], { env: { FORCE_COLOR: "1" } }).out.includes(colourStart));
  assert.ok(run(["--color=always", ...verify, demo.signed]).out.includes(colourStart));
  assert.not.ok(run([...verify, "--no-color", demo.signed], { env: { FORCE_COLOR: "1" } }).out.includes(colourStart));
});

test("UTF-8 only where the locale says so; the first variable that says something counts", () => {
  const first = (env: Readonly<Record<string, string>>) =>
    run([...verify, demo.signed], { env: { LANG: "", ...env } }).out.split(" ")[0];
  for (const env of [{}, { LANG: "C" }, { LANG: "POSIX" }, { LANG: "de_DE" }, { LC_ALL: "C", LANG: "en_US.UTF-8" }])
    assert.is(first(env), "ok", JSON.stringify(env));
  for (const env of [{ LANG: "C.UTF-8" }, { LC_CTYPE: "de_DE.utf8" }, { LC_ALL: "en_US.UTF-8", LANG: "C" }])
    assert.is(first(env), "✓", JSON.stringify(env));
  const words = ["explain", "-p", "none", "--help"];
  assert.not.match(run(words, { env: { LANG: "C" } }).out, /[^\0-\x7f]/);
});

test("80 columns, or what COLUMNS says", () => {
  const longest = (columns: string) =>
    Math.max(
      ...run(["verify", "--help"], { env: { COLUMNS: columns } })
        .out.split("\n")
        .map((line) => line.length),
    );
  for (const columns of ["", "many", "-1"]) assert.ok(longest(columns) <= 80);
  assert.ok(longest("120") > 80 && longest("120") <= 120);
});

test("a full disk is said, with a code; no stack trace", () => {
  for (const command of [`$S $V ${demo.signed}`, "$S --help", "$S version -o json", "$S mirror"]) {
    const { exit, err } = runShell(`${command} > /dev/full`);
    assert.equal([exit, err.split(":")[0]], [2, "error invalid-usage"], command);
    assert.not.match(err, /\.mjs|at /);
  }
  assert.is(runShell(`$S $V ${demo.unsigned} 2> /dev/full`).exit, 10, "the answer is not lost with the messages");
});

test("a reader that goes away ends the program as it ends others, without a word", () => {
  for (const command of ["$S verify --help", "$S jp function"]) {
    const { exit, err } = runShell(`set -o pipefail; ${command} | true; echo "$?" >&2`);
    assert.equal([exit, /^(?:0|141)\n$/.test(err)], [0, true], err);
  }
  const closed = runShell(`exec 3> >(exec true); sleep 0.2; $S $V ${demo.unsigned} >&3 2> err; echo $?`);
  assert.is(closed.out, "141\n");
});

test("starting costs little: the engine is loaded by the commands that need it", () => {
  const chunks = join(dirname(program), "chunks");
  const loaded = new Set([program]);
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const [, name = ""] of readFileSync(file, "utf8").matchAll(/\brequire\("\.\/([^"]+)"\)/g))
      load(join(chunks, name));
  };
  for (const name of readdirSync(chunks)) if (name.startsWith("main-")) load(join(chunks, name));
  assert.ok(loaded.size > 10, `${loaded.size} files`);
  const bytes = [...loaded].reduce((sum, file) => sum + statSync(file).size, 0);
  assert.ok(bytes < 160 * 1024, `${bytes} bytes are loaded before any command`);
});

test.run();
