import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readDocument } from "../../../../core/kyverno/policy/yaml-block.ts";
import { YamlFault } from "../../../../core/kyverno/policy/yaml-fault.ts";
import { NodeReader } from "../../../../core/kyverno/policy/yaml-node.ts";
import { missing } from "../../../../core/kyverno/policy/yaml-tree.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/yaml-node");
const read = (text: string, limits = defaultLimits, aliased = { values: 0 }) =>
  new NodeReader(limits, aliased).read(readDocument(`${text}\n`, 0, text.length + 1, 100) ?? missing(0));

/** The offset of the fault, of this code. */
function fault(code: string, run: () => unknown): number {
  try {
    run();
  } catch (error) {
    if (error instanceof YamlFault && error.code === code) return error.offset;
    throw error;
  }
  return -1;
}

test("size counts aliases written out, height the levels", () => {
  const { size, height } = read("a: &x [1, 2]\nb: *x");
  assert.is(size, 7);
  assert.is(height, 2);
});

test("an alias means the last anchor of its name", () => {
  const { value } = read("- &a 1\n- *a\n- &a 2\n- *a");
  assert.equal(value, [1n, 1n, 2n, 2n]);
});

test("bounds throw over-limit with the offset", () => {
  const refuses = (text: string, limits: Partial<typeof defaultLimits>): number =>
    fault("over-limit", () => read(text, { ...defaultLimits, ...limits }));
  assert.is(refuses("a: [[[1]]]", { jsonDepth: 3 }), 0);
  assert.is(refuses("a: [[1]]", { jsonDepth: 3 }), -1);
  assert.is(refuses("- [1, 2, 3]\n- [4]", { documentValues: 3 }), 2);
});

test("aliases of all documents of a file count together, each before it is copied", () => {
  const limits = { ...defaultLimits, documentValues: 10 };
  const aliased = { values: 0 };
  assert.is(
    fault("over-limit", () => read("- &a [1, 2]\n- *a\n- *a", limits, aliased)),
    -1,
  );
  assert.is(aliased.values, 6);
  assert.is(
    fault("over-limit", () => read("- &a {k: 1, l: 2}\n- {<<: *a}\n- {<<: *a}", limits, aliased)),
    36,
  );
});

test("keys: the same as JSON is the same, whatever it was", () => {
  assert.is(
    fault("malformed", () => read("1: a\n'1': b")),
    5,
  );
  assert.is(
    fault("malformed", () => read("yes: a\ntrue: b")),
    7,
  );
  assert.is(
    fault("malformed", () => read("a: 1\nb: 2\na: 3")),
    10,
  );
  assert.equal(Object.keys(read("yes: 1\n'yes': 2\n1.50: 3\n1e6: 4").value as object), ["true", "yes", "1.5", "1e+06"]);
});

test("keys that meet << are strings: 1 and '1' would be two keys before they are one", () => {
  assert.is(
    fault("malformed", () => read("a: &x {k: 1}\nb:\n  <<: *x\n  1: z")),
    27,
  );
  assert.is(
    fault("malformed", () => read("a: &x {1: y}\nb:\n  <<: *x\n  '1': z")),
    7,
  );
});

test("<< needs a value, and one that is a map or a list of maps", () => {
  for (const text of ["<<:", "<<: 5", "<<: [a]", "a: &x 1\nb: {<<: *x}", "<<: [[{a: 1}]]"])
    assert.not.equal(
      fault("malformed", () => read(text)),
      -1,
      text,
    );
});

test.run();
