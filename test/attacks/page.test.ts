import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttackTest, attacksIn, attacksPage, catalogueFaults } from "./page.ts";

const test = suite("attacks/page");
const rows = [
  { number: 1, attack: "first | one", required: "refused" },
  { number: 2, attack: "second", required: "refused", waits: "the registry proxy" },
];
const first: AttackTest = { number: 1, what: "a form of it", file: "theme.test.ts" };

test("calls are found by their text", () => {
  const text =
    'attack(1, "a form of it", () => {\n' +
    "});\n" +
    '  attack(12, "a \\"quoted\\" one", body);\n' +
    "const x = attack;\n" +
    '// attack(3, "no")\n';
  assert.equal(attacksIn("theme.test.ts", text), [
    first,
    { number: 12, what: 'a "quoted" one', file: "theme.test.ts" },
  ]);
});

test("a call over several lines is found, and one that cannot be read is an error", () => {
  assert.equal(attacksIn("theme.test.ts", 'attack(\n  1,\n  "a form of it",\n  () => {},\n);\n'), [first]);
  for (const text of ['attack(1, "in " + "pieces", body);\n', "attack(1, name, body);\n", "attack(1, `text`, body);\n"])
    assert.throws(() => attacksIn("theme.test.ts", text), "theme.test.ts: 1 attacks, and 0");
});

test("an attack has a test or waits, not neither and not both", () => {
  assert.equal(catalogueFaults(rows, [first]), []);
  assert.is(catalogueFaults(rows, []).length, 1);
  assert.is(catalogueFaults(rows, [first, { ...first, number: 2 }]).length, 1);
  assert.is(catalogueFaults(rows, [first, { ...first, number: 3 }]).length, 1);
  assert.is(
    catalogueFaults([{ number: 2, attack: "", required: "" }], [{ ...first, number: 2 }]).length,
    1,
    "numbers are those of the rows",
  );
});

test("what is tested may have more to come", () => {
  assert.match(
    attacksPage([{ number: 1, attack: "a", required: "r", rest: "the webhook" }], [first]),
    "a form of it · more with the webhook |",
  );
});

test("the page shows both", () => {
  const page = attacksPage(rows, [first]);
  assert.match(page, "| 1 | first \\| one | refused | `theme.test.ts`: a form of it |");
  assert.match(page, "| 2 | second | refused | waits for the registry proxy |");
  assert.match(page, "1 of 2 attacks have 1 tests; 1 wait");
});

test.run();
