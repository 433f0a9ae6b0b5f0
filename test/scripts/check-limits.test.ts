import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkLimits } from "../../scripts/check-limits.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-limits");
const root = { "core/root.ts": 'import { limitsWith } from "./limits.ts";\nlimitsWith();\n' };
const roots = { "core/root.ts": ["limitsWith"] };
const faults = (text: string, path = "core/a/b.ts") => checkLimits(tempFolder({ ...root, [path]: text }), roots).faults;

const planted = [
  'import { defaultLimits } from "../limits.ts";',
  'import { defaultLimits as bounds } from "../limits.ts";',
  'import { type Limits, limitsWith } from "../limits.ts";',
  'import { defaultLimits } from "../index.ts";',
  'export { defaultLimits } from "../limits.ts";',
  'import * as all from "../limits.ts";',
  'import * as api from "../index.ts";',
  'export * from "../limits.ts";',
  'export const later = () => import("../limits.ts");',
  "export const parse = (text: string, limits = defaultLimits) => text;",
];
for (const text of planted) test(`finds ${text}`, () => assert.ok(faults(`${text}\n`).length > 0));

test("names the file and the line", () => {
  assert.equal(faults('\nimport { defaultLimits } from "../limits.ts";\n', "proxy/b.ts"), [
    "proxy/b.ts:2: defaultLimits, where limits are to be taken from the caller",
  ]);
});

test("passes roots, the type, comments, strings and other modules' names", () => {
  assert.equal(
    faults(
      'import type { Limits } from "../limits.ts";\n' +
        'import * as other from "./limits.ts";\n' +
        "// defaultLimits\n" +
        'export const text = (limits: Limits) => "defaultLimits" + other.defaultLimitsOf(limits);\n',
    ),
    [],
  );
});

test("a root names only what its row says, and its row is needed", () => {
  const other = { "core/root.ts": 'import { defaultLimits } from "./limits.ts";\n' };
  const found = checkLimits(tempFolder(other), roots).faults;
  assert.is(found.length, 2);
  assert.match(found[0] ?? "", "core/root.ts:1: defaultLimits");
  assert.match(found[1] ?? "", "core/root.ts: limitsWith is not named there");
});

test("nothing to scan is a fault", () => {
  assert.is(checkLimits(tempFolder({ "test/a.ts": "" }), {}).faults.length, 1);
});

test.run();
