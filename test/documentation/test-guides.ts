/** The guides in shares, since a file of tests has its time: the pages are many, and each runs programs. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { guideFaults, readGuide } from "../../scripts/guide-page.ts";
import { guides, runGuideIn } from "../../scripts/guides.ts";
import { builtPrograms } from "../support/built-programs.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";
import { faultOfOther } from "./other-programs.ts";

const shares = 4;

/** Every fourth guide, from the one of this number on. */
export function testGuides(test: Test, share: 0 | 1 | 2 | 3): void {
  for (const [name, prepare] of Object.entries(guides).filter((_, index) => index % shares === share)) {
    const page = readGuide(readFileSync(join(projectRoot, name), "utf8"));
    test(`${name}: every command ends and prints as the page says`, async () => {
      const folder = join(tempFolder(), basename(name));
      const program = join(await builtPrograms(), "sallyport.mjs");
      const run = await runGuideIn(folder, page, { root: projectRoot, prepare, program });
      assert.equal(guideFaults(page, run), []);
      assert.ok(page.blocks.length > 0);
    });
    test(`${name}: commands of other programs are as those take them`, () => {
      for (const command of page.connected) assert.is(faultOfOther(command), undefined, command);
    });
  }
}
