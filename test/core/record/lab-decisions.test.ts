/** What the lab signs in each way, right and wrong, is recorded and decided again, byte for byte. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { parseRecord } from "../../../core/record/read-record.ts";
import { replay } from "../../../core/record/replay.ts";
import { fastVerifier, Lab, type Recipe, sign } from "../../lab/index.ts";
import { recordOf, type Recorded } from "../../support/records.ts";

const test = suite("core/record/lab-decisions");
const lab = new Lab();

const ways: readonly Recipe[] = (["tag", "artifact", "bundle"] as const).flatMap((layout) =>
  (["key", "certificate"] as const).flatMap((by) =>
    (["signature", "attestation"] as const).map((claim) => ({ layout, by, claim })),
  ),
);

/** How a decision about the same image goes wrong, or is asked in another way. */
const twists: readonly (readonly [string, (recipe: Recipe) => Recorded])[] = [
  ["as it is", () => ({})],
  [
    "by somebody else",
    ({ by }) => ({ attestor: sign(new Lab(), { layout: "tag", by: by === "key" ? "certificate" : "key" }).attestor }),
  ],
  ["nothing known", () => ({ source: new MemoryKnowledge(defaultLimits) })],
  ["a year later", () => ({ now: new Date(lab.now.getTime() + 365 * 86_400_000) })],
  ["a mirror too old", () => ({ engine: { settings: { trust: { maxMirrorAge: { deny: 1 } } } } })],
  ["distrusted", () => ({ engine: { distrust: [{ kind: "identity", value: "*" }] } })],
  [
    "audited",
    () => ({
      policy: (policy) => JSON.parse(JSON.stringify(policy).replaceAll("true", "false").replace("Enforce", "Audit")),
    }),
  ],
];

let decided = 0;
for (const recipe of ways)
  test(`${recipe.layout}, ${recipe.by}, ${recipe.claim}`, () => {
    const signed = sign(lab, recipe);
    const verdicts = new Set<boolean>();
    for (const [what, twist] of twists) {
      const { difference, allowed } = replay(
        parseRecord(encodeUtf8(recordOf(signed, twist(recipe))), defaultLimits),
        fastVerifier,
      );
      assert.is(difference, undefined, what);
      verdicts.add(allowed);
      decided += 1;
    }
    assert.is(verdicts.size, 2);
  });

test("every way, with every twist", () => {
  assert.is(decided, ways.length * twists.length);
});

test.run();
