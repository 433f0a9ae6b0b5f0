import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { entryKind, listFolder, pathKind, readFile, writeFile } from "../../cli/file-system.ts";
import { throwsCode } from "../support/assert.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("cli/file-system");
const text = (path: string): string => Buffer.from(readFile(path)).toString();

function pipeAt(path: string): string {
  assert.is(spawnSync("mkfifo", [path]).status, 0);
  return path;
}

test("files and folders", () => {
  const folder = tempFolder();
  writeFile(join(folder, "b.yaml"), "b");
  writeFile(join(folder, "a.yaml"), "x".repeat(3_000_000));
  assert.is(text(join(folder, "b.yaml")), "b");
  assert.is(readFile(join(folder, "a.yaml")).length, 3_000_000);
  assert.equal(listFolder(folder), ["a.yaml", "b.yaml"]);
  assert.equal(
    ["a.yaml", "none", "."].map((name) => pathKind(join(folder, name))),
    ["file", "none", "folder"],
  );
  for (const path of [folder, join(folder, "none"), join(folder, "a.yaml", "below")])
    assert.match(throwsCode("invalid-usage", () => readFile(path)).message, /^cannot read /);
  throwsCode("invalid-usage", () => listFolder(join(folder, "none")));
  throwsCode("invalid-usage", () => writeFile(join(folder, "none", "x"), ""));
});

test("a folder to write to that is not there: it is said, and is not called a folder", () => {
  const folder = tempFolder();
  for (const path of [join(folder, "none/"), join(folder, "none", "a.yaml")])
    assert.throws(() => writeFile(path, ""), /there is no folder .*none\/?: make it first/);
  assert.throws(() => writeFile(`${folder}/`, ""), /it is a folder/);
});

test("pipes and devices are refused and not waited for, behind links too; an empty device is an empty file", () => {
  const folder = tempFolder();
  const pipe = pipeAt(join(folder, "pipe.yaml"));
  symlinkSync(pipe, join(folder, "link.yaml"));
  for (const path of [pipe, join(folder, "link.yaml"), "/dev/zero", "/dev/random"])
    assert.match(throwsCode("invalid-usage", () => readFile(path)).message, /it is a (?:pipe|device)/);
  assert.is(readFile("/dev/null").length, 0);
  assert.is(entryKind(folder, pipe), "special");
});

test("a socket is refused", async () => {
  const path = join(tempFolder(), "socket.yaml");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  throwsCode("invalid-usage", () => readFile(path));
  assert.is(entryKind(join(path, ".."), path), "special");
  await new Promise((resolve) => server.close(resolve));
});

test("links inside a folder are files, links out of it are refused, links to folders are skipped", () => {
  const root = tempFolder();
  const folder = join(root, "policies");
  mkdirSync(join(folder, "..data"), { recursive: true });
  mkdirSync(join(root, "policies-secret"));
  writeFileSync(join(folder, "..data", "p.yaml"), "p");
  writeFileSync(join(root, "policies-secret", "s.yaml"), "s");
  symlinkSync("..data/p.yaml", join(folder, "p.yaml"));
  symlinkSync("../policies-secret/s.yaml", join(folder, "s.yaml"));
  symlinkSync("/etc/passwd", join(folder, "passwd.yaml"));
  symlinkSync("../policies-secret", join(folder, "others"));
  symlinkSync("..", join(folder, "up"));
  symlinkSync(".", join(folder, "again"));
  symlinkSync("..data", join(folder, "data"));
  const kind = (name: string) => entryKind(folder, join(folder, name));
  assert.is(kind("p.yaml"), "file");
  assert.is(kind("..data"), "folder");
  assert.is(kind("none"), "none");
  for (const name of ["up", "again", "data"]) assert.is(kind(name), "none", name);
  for (const name of ["s.yaml", "passwd.yaml", "others"]) throwsCode("invalid-usage", () => kind(name));
  symlinkSync("nowhere", join(folder, "broken.yaml"));
  throwsCode("invalid-usage", () => kind("broken.yaml"));
});

test.run();
