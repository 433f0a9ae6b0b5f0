import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nearestName } from "../../../../core/kyverno/policy/nearest-name.ts";

const test = suite("core/kyverno/policy/nearest-name");
const known = ["attestors", "attestations", "imageReferences", "repository", "count", "key"];

const cases: readonly (readonly [name: string, nearest: string | undefined])[] = [
  ["attestor", "attestors"],
  ["atestors", "attestors"],
  ["attestation", "attestations"],
  ["ImageReferences", "imageReferences"],
  ["imageRefrences", "imageReferences"],
  ["conut", "count"],
  ["kye", "key"],
  ["namespace", undefined],
  ["x", undefined],
  ["", undefined],
  ["a".repeat(100), undefined],
];
for (const [name, nearest] of cases)
  test(name === "" ? "nothing" : name.slice(0, 20), () => assert.is(nearestName(name, known), nearest));

test.run();
