import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { limitsWith } from "../../../core/limits.ts";
import { openImageList } from "../../../cli/input/image-list.ts";
import { testIO, type TestWorld } from "../command-io.ts";

const test = suite("cli/input/image-list");

const opened = (paths: readonly string[], world: TestWorld) => openImageList(paths, [], testIO(world).io);

function refusal(paths: readonly string[], world: TestWorld, limits = limitsWith()): string {
  try {
    openImageList(paths, [], { ...testIO(world).io, limits });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return `${error.code} ${error.subject} ${error.remedy ?? ""}`.trim();
  }
  return "";
}

test("files, folders and standard input", () => {
  const files = {
    "l.txt": "nginx\n",
    "d/a.yaml": "- redis\n",
    "d/e/b.list": "ghcr.io/a/b:1\n",
    "d/README.md": "docker.io/none:1\n",
    "d/.hidden.yaml": "- none\n",
    "d/f.sh": "",
  };
  const { images, notes } = opened(["l.txt", "d/", "-"], { files, stdin: "quay.io/a/b:1\n" });
  assert.equal(
    images.map(({ reference, from }) => `${reference} ${from}`),
    [
      "docker.io/nginx:latest l.txt:1",
      "docker.io/redis:latest d/a.yaml:1",
      "ghcr.io/a/b:1 d/e/b.list:1",
      "quay.io/a/b:1 -:1",
    ],
  );
  assert.equal(notes, ["not read because of their names: 2 files (d/README.md, d/f.sh)"]);
});

test("a key, a web page, an archive and a missing file are named as what they are", () => {
  const key = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
  assert.is(refusal(["k"], { files: { k: key } }), "invalid-usage k public-key");
  assert.is(refusal(["p"], { files: { p: "<!doctype html><p>nginx" } }), "invalid-usage p web-page");
  assert.is(refusal(["g"], { files: { g: Uint8Array.of(0x1f, 0x8b, 8, 0, 0xff) } }), "invalid-usage g archive");
  assert.is(refusal(["none"], {}), "invalid-usage none");
});

test("what is too much is wrong usage too", () => {
  const files = { f: "a:1\nb:1\n" };
  assert.is(refusal(["f"], { files }, limitsWith({ listEntries: 1 })), "invalid-usage f:2");
});

test.run();
