/** The program as the build leaves it, with compiled code: that it is used, and that nothing depends on it. */
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compiledFolder } from "../../cli/start/compiled-code.ts";
import { buildCommandLine } from "../../scripts/build.ts";
import { compileChunks } from "../../scripts/compile-chunks.ts";
import type { Recording } from "../../scripts/record-code.ts";
import { countedScripts } from "../support/counted-scripts.ts";
import { linkPackages, projectRoot, tempFolder, writeInto } from "../support/temp-folder.ts";

const test = suite("scripts/compile-chunks");
const scenes = join(projectRoot, "test/fixtures/documentation");
const image = "ghcr.io/kyverno/test-verify-image";
const folder = `compiled/${compiledFolder(process)}`;
let dist = "";
let recording: Recording;

test.before(async () => {
  dist = tempFolder();
  await buildCommandLine({ root: projectRoot, outdir: dist });
  linkPackages(dist);
  recording = await compileChunks({ root: projectRoot, outdir: dist });
});

/** The program moved to another folder, as an installation does, without SQLite. */
function moved(change: (to: string) => void = () => undefined): string {
  const to = tempFolder();
  for (const part of ["sallyport.mjs", "chunks", "compiled"])
    cpSync(join(dist, part), join(to, part), { recursive: true });
  change(to);
  return join(to, "sallyport.mjs");
}

function run(program: string, words: readonly string[], flags: readonly string[] = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, program, ...words], {
    cwd: scenes,
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  return { exit: status, out: stdout, err: stderr };
}

const verify = ["verify", "--key", "trust/release.pub", "--insecure-ignore-tlog", "--layout", "layout", "--complete"];
const commandLines: readonly (readonly [readonly string[], number])[] = [
  [["version"], 0],
  [[...verify, `${image}:signed`], 0],
  [[...verify, `${image}:unsigned`], 10],
  [["policy", "check", "policies/06-keyless.yaml"], 0],
  [["jp", "query", "-i", "policies/06-keyless.yaml", "kind"], 0],
];

test("the build calls the commands that people call most, and each of them does its work", () => {
  assert.equal(
    Object.entries(recording.lines).map(([line, exit]) => [line.split(" ")[0], exit]),
    [
      ["version", 0],
      ["help", 0],
      ["mirror", 0],
      ["trust", 0],
      ["mirror", 0],
      ["verify", 0],
      ["verify", 0],
      ["verify", 10],
      ["verify", 0],
      ["verify", 0],
      ["apply", 0],
      ["apply", 0],
      ["explain", 0],
      ["tree", 0],
      ["verify", 0],
      ["verify", 0],
    ],
  );
});

test("every chunk has compiled code, in the folder of this Node", () => {
  const chunks = readdirSync(join(dist, "chunks"));
  assert.is(recording.folder, folder);
  assert.is(recording.chunks, chunks.length);
  assert.equal(readdirSync(join(dist, folder)).sort(), chunks.map((name) => name.replace(/\.cjs$/, ".bin")).sort());
});

test("no chunk is compiled from its source again, whatever is called and wherever the program lies", () => {
  for (const program of [join(dist, "sallyport.mjs"), moved()])
    for (const [words, exit] of commandLines) {
      const { scripts, compiled, status } = countedScripts([program, ...words], { cwd: scenes });
      assert.is(status, exit, words.join(" "));
      assert.ok(scripts > 10, `${scripts} scripts`);
      assert.is(compiled, scripts, words.join(" "));
    }
});

test("what is wrong with compiled code changes no answer", () => {
  const files = (to: string): readonly string[] => readdirSync(join(to, folder)).map((name) => join(to, folder, name));
  const each = (change: (path: string, bytes: Buffer) => void) => (to: string) => {
    for (const path of files(to)) change(path, readFileSync(path));
  };
  const rows: Readonly<Record<string, (to: string) => void>> = {
    "of another Node": (to) => renameSync(join(to, folder), join(to, "compiled/node-v0.0.0")),
    truncated: each((path, { length }) => truncateSync(path, Math.floor(length / 2))),
    empty: each((path) => truncateSync(path)),
    "as long, but zeros": each((path, { length }) => writeFileSync(path, Buffer.alloc(length))),
    "a flipped bit in what V8 reads": each((path, bytes) => {
      bytes[200] = (bytes[200] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }),
    "that of another chunk": (to) => {
      const [first = "", ...others] = files(to);
      for (const path of others) cpSync(first, path);
    },
  };
  const some = commandLines.slice(0, 3);
  const expected = some.map(([words]) => run(join(dist, "sallyport.mjs"), words));
  for (const [name, change] of Object.entries(rows)) {
    const program = moved(change);
    for (const [at, [words, exit]] of some.entries()) {
      const found = run(program, words);
      assert.equal(found, expected[at], `${name}: ${words.join(" ")}`);
      assert.is(found.exit, exit);
    }
    const { scripts, compiled } = countedScripts([program, "version"]);
    assert.ok(compiled <= 1 && scripts > 10, `${name}: ${compiled} of ${scripts}`);
  }
});

test("with flags of V8, which compile otherwise, the program works too", () =>
  assert.equal(run(moved(), ["version"], ["--no-lazy"]), run(moved(), ["version"])));

test("a chunk that was edited runs as it was edited", () => {
  const program = moved((to) => {
    for (const name of readdirSync(join(to, "chunks"))) {
      const path = join(to, "chunks", name);
      writeFileSync(path, readFileSync(path, "utf8").replaceAll("show the version", "show THE version"));
    }
  });
  assert.match(run(program, ["--help"]).out, "show THE version");
});

test("an end without an answer is not exit code 0", () => {
  const program = moved((to) => {
    const [main = ""] = readdirSync(join(to, "chunks")).filter((name) => name.startsWith("main-"));
    writeInto(to, `chunks/${main}`, "(function(exports){exports.finished = new Promise(() => undefined);})");
  });
  assert.is(run(program, ["version"]).exit, 13);
});

test("SQLite is not needed to compile", async () => {
  const alone = tempFolder();
  for (const part of ["sallyport.mjs", "chunks"]) cpSync(join(dist, part), join(alone, part), { recursive: true });
  const { lines, chunks } = await compileChunks({ root: projectRoot, outdir: alone });
  assert.is(chunks, recording.chunks);
  for (const [line, exit] of Object.entries(lines))
    if (line.includes("--layout") || line === "version") assert.is(exit, recording.lines[line], line);
  assert.is(lines["mirror ls MIRROR"], 2);
});

test.run();
