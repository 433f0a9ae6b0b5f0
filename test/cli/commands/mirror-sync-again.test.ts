import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addSigned, statuses, withLab } from "./sync-lab.ts";

const test = suite("cli/commands/mirror-sync, again");

test("what the list of tags shows to be absent is not asked for; where it is refused each tag is", () =>
  withLab(async (lab) => {
    for (const tag of ["1", "2", "3"]) addSigned(lab, tag);
    const tagged = (asked: readonly string[]): readonly string[] => asked.filter((line) => /\/sha256-/.test(line));
    const words = ["1", "2", "3"].map(lab.here);
    await lab.sync(...words);
    lab.registry.asked();
    await lab.sync(...words);
    const asked = lab.registry.asked();
    assert.is(asked.filter((line) => line.endsWith("/tags/list")).length, 1);
    assert.ok(tagged(asked).every((line) => line.endsWith(".sig")) && tagged(asked).length === 3, asked.join("\n"));
    lab.registry.meddle = (path, _, response) => {
      if (!path.endsWith("/tags/list")) return false;
      response.writeHead(403).end();
      return true;
    };
    const refused = await lab.sync(...words, "-o", "json");
    assert.equal([refused.exit, ...statuses(refused)], [0, "exists", "exists", "exists"]);
    const each = lab.registry.asked();
    assert.is(each.filter((line) => line.endsWith("/tags/list")).length, 1);
    // Of three images and their signatures: three tags and the fallback tag of each.
    assert.is(new Set(tagged(each)).size, 24);
  }));

test.run();
