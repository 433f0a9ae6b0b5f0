import { suite } from "uvu";
import * as assert from "uvu/assert";
import { killExports, killImports } from "../../kills/kill-carries.ts";

const test = suite("proxy/crossing/kill");

// `npm run kills:carry` does the same fifty times each.
test("kill -9 during an import: the mirror is as before or as after", async () =>
  assert.equal((await killImports(4, 7)).faults, []));

test("kill -9 during an export: the file is whole or not there, and the next archive follows", async () =>
  assert.equal((await killExports(3, 7)).faults, []));

test.run();
