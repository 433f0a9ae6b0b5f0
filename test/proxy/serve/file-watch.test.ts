import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileWatch } from "../../../proxy/serve/file-watch.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const test = suite("proxy/serve/file-watch");

test("a change is seen once: in place, replaced, by another link, gone and back", () => {
  const folder = tempFolder({ a: "1", "one/t": "1", "two/t": "2" });
  const at = (name: string): string => join(folder, name);
  symlinkSync(at("one"), at("data"));
  const watch = new FileWatch();
  const [a, linked] = [at("a"), at("data/t")];
  watch.set([a, linked]);
  const changes = [
    () => writeFileSync(a, "1, and more"),
    () => {
      writeFileSync(at("b"), "other");
      renameSync(at("b"), a);
    },
    () => rmSync(a),
    () => writeFileSync(a, "x"),
  ];
  assert.equal(watch.look(), []);
  for (const change of changes) {
    change();
    assert.equal(watch.look(), [a]);
    assert.equal(watch.look(), []);
  }
  symlinkSync(at("two"), at("next"));
  renameSync(at("next"), at("data"));
  assert.equal(watch.look(), [linked]);
  assert.equal(watch.look(), []);
});

test.run();
