import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseLayoutFlag } from "../../../cli/input/layouts.ts";

const test = suite("cli/input/layouts");

test("a layout flag is a folder, or an image and a folder", () => {
  assert.equal(parseLayoutFlag("dir/a"), { folder: "dir/a", options: {} });
  assert.equal(parseLayoutFlag("host:5000/app=dir"), {
    folder: "dir",
    registry: "host:5000/app",
    options: { repository: "host:5000/app" },
  });
  assert.equal(parseLayoutFlag("host:5000/app:1.0=dir"), {
    folder: "dir",
    registry: "host:5000/app:1.0",
    options: { repository: "host:5000/app", tag: "1.0" },
  });
});

test.run();
