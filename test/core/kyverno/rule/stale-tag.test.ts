import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openQuestions } from "../../../../core/knowledge/ask.ts";
import { readJudgedTag } from "../../../../core/kyverno/rule/stale-tag.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { parseReference } from "../../../../core/oci/reference.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/stale-tag");
const image = parseReference("ghcr.io/org/app", defaultLimits);
const question = { kind: "tag", repository: "ghcr.io/org/app", tag: "latest" } as const;
const value = { mediaType: "m", digest: `sha256:${"a".repeat(64)}`, size: 1 } as const;
const outage = { state: "unavailable", code: "unreachable", at: "2026-01-02T00:00:00Z", from: "ghcr.io" } as const;

test("a tag that may have moved is a question where that hides it; else it is used, with a warning", () => {
  const answer = { state: "present", value, at: "2026-01-01T00:00:00Z", from: "ghcr.io" } as const;
  const knowledge = new MemoryKnowledge(defaultLimits).set(question, { ...answer, outage });
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  const error = throwsCode("unreachable", () => readJudgedTag(image, knowledge, { hides: true, warn }));
  assert.equal([openQuestions(error), warnings], [[question], []]);
  assert.is(readJudgedTag(image, knowledge, { hides: false, warn }).state, "present");
  assert.match(warnings.join(), "may have moved: ghcr.io could not be asked (unreachable)");
  assert.is(readJudgedTag(image, knowledge, undefined).state, "present");
  const fresh = new MemoryKnowledge(defaultLimits).set(question, answer);
  assert.is(readJudgedTag(image, fresh, { hides: true, warn }).state, "present");
});

test.run();
