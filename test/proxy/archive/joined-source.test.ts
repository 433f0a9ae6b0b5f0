import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { JoinedSource, seriesOf } from "../../../proxy/archive/joined-source.ts";
import type { LayoutSource } from "../../../proxy/archive/layout-source.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/archive/joined-source");

test("which files may be parts of one", () => {
  for (const path of ["r.corp/a=b/mirror_000001.tar", "r.corp/a=b/mirror_000012.tar"])
    assert.is(seriesOf(path), "r.corp/a=b/mirror_*.tar");
  assert.is(seriesOf("mirror_000001.tar.gz"), "mirror_*.tar.gz");
  for (const path of ["mirror_1.tar", "mirror.tar", "mirror_000001", "mirror_0000012.tar"])
    assert.is(seriesOf(path), undefined, path);
});

/** The folders of an archive with the names in them. */
function archive(name: string, folders: Readonly<Record<string, readonly string[]>>, closed: string[]): LayoutSource {
  return {
    name,
    open: () => undefined,
    list(folder) {
      const found = folders[folder];
      if (found === undefined) throw new EngineError("archive-corrupt", "no such folder", { subject: folder });
      return found;
    },
    close: () => void closed.push(name),
  };
}

test("a folder has what each archive has of it; what none has cannot be listed; all are closed", () => {
  const closed: string[] = [];
  const joined = new JoinedSource([
    archive("a", { x: ["1", "2"], y: ["3"] }, closed),
    archive("b", { x: ["2", "4"] }, closed),
  ]);
  assert.equal([joined.list("x"), joined.list("y"), joined.name], [["1", "2", "4"], ["3"], "a, b"]);
  throwsCode("archive-corrupt", () => joined.list("z"));
  joined.close();
  assert.equal(closed, ["a", "b"]);
});

test.run();
