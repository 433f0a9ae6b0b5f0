import { suite } from "uvu";
import * as assert from "uvu/assert";
import { note, say, warn } from "../../../cli/render/say.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/render/say");

test("warnings and notes have one form, fit the screen, and write nothing to the terminal", () => {
  const { io, seen } = testIO({ width: 40 });
  warn("the policy k8s://namespace/name has a long name, and more", io);
  note("short", io);
  say("skipped folder\n  an entry \u001b[31m of many words that are all said", io);
  assert.equal(seen.err.trimEnd().split("\n"), [
    "warning: the policy k8s://namespace/name",
    "  has a long name, and more",
    "note: short",
    "skipped folder",
    "  an entry \\u{1b}[31m of many words that",
    "    are all said",
  ]);
});

test("without UTF-8 in ASCII", () => {
  const { io, seen } = testIO({ unicode: false });
  warn("Zoë …", io);
  assert.is(seen.err, "warning: Zo\\u{eb} ...\n");
});

test.run();
