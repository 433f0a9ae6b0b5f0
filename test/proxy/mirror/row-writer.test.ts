import { suite } from "uvu";
import * as assert from "uvu/assert";
import { origin, reading, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/row-writer");
const repository = "ghcr.io/org/app";

test("a transaction is all or nothing, nested ones too", () => {
  const folder = writtenMirror((mirror) => {
    const writer = mirror.writer();
    const failing = () =>
      writer.transaction(() => {
        writer.setAnswer({ kind: "tag", repository, tag: "1" }, { state: "absent", ...origin });
        throw new RangeError("stop");
      });
    assert.throws(failing, "stop");
    writer.transaction(() => {
      writer.setAnswer({ kind: "tag", repository, tag: "2" }, { state: "absent", ...origin });
      assert.throws(failing, "stop");
    });
  });
  reading(folder, (mirror) => {
    assert.is(mirror.knowledge().answer({ kind: "tag", repository, tag: "1" }), undefined);
    assert.is(mirror.knowledge().answer({ kind: "tag", repository, tag: "2" })?.state, "absent");
  });
});

test("what is taken back is another version than what was read in between", () => {
  writtenMirror((mirror) => {
    const version = () => mirror.knowledge().state().version;
    const [writer, before] = [mirror.writer(), version()];
    writer.begin();
    writer.setAnswer({ kind: "tag", repository, tag: "1" }, { state: "absent", ...origin });
    const between = version();
    assert.is.not(between, before);
    writer.rollback();
    assert.is.not(version(), between);
  });
});

test.run();
