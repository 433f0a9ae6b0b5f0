import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advise } from "../../../core/kyverno/policy/advice.ts";
import { expandRules } from "../../../core/kyverno/policy/autogen.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { defaultLimits } from "../../../core/limits.ts";

/** What a file must give: policies by name, refusals as `CODE POINTER`, or documents of other kinds alone. */
type Expectation =
  | { readonly loads: readonly string[] }
  | { readonly refused: readonly string[] }
  | { readonly others: readonly string[] };

const rows = JSON.parse(readFileSync(new URL("./expectations.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Expectation>
>;
const test = suite("conformance/kyverno-policies");
const vectors = vectorsDir();

if (vectors === undefined)
  skipped("conformance/kyverno-policies", Object.keys(rows).length, "SALLYPORT_VECTORS is not set");
else {
  const folder = join(vectors, "kyverno-policies");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.ya?ml$/.test(file));

  test("every file has a row and every row a file", () => assert.equal([...files].sort(), Object.keys(rows).sort()));

  for (const file of files) {
    test(file, () => {
      const text = readFileSync(join(folder, file), "utf8");
      const { policies, errors, others } = loadPolicies([{ name: file, text }]);
      const found: Expectation =
        errors.length > 0
          ? { refused: errors.map(({ code, pointer }) => `${code} ${pointer}`) }
          : policies.length > 0
            ? { loads: policies.map(({ name }) => name) }
            : { others: others.map(({ kind }) => kind) };
      assert.equal(found, rows[file]);
      for (const error of errors)
        assert.ok(error.line > 1 && error.column > 0, `${error.pointer} has a position of its own`);
      for (const policy of policies) {
        for (const rule of expandRules(policy))
          assert.ok(rule.name.length > 0 && policy.position(rule.pointer).line > 1);
        for (const { message, line } of advise(policy, defaultLimits)) assert.ok(message.length > 0 && line > 1);
      }
    });
  }
}

test.run();
