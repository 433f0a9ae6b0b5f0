import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { apiServerName, ownAnswers } from "../../../../proxy/upstream/cluster/own-answers.ts";

const test = suite("proxy/upstream/cluster/own-answers");
const key = { kind: "key", reference: "k8s://ns/name" } as const;
const config = { kind: "cluster", verb: "get", apiVersion: "v1", resource: "configmaps", name: "keys" } as const;
const tag = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
const origin = { at: "2026-01-01T00:00:00Z" };
const here = "https://prod.example:6443";

test("what another API server said is not known; what files, pins and registries say is", () => {
  for (const [from, isKnown] of [
    [apiServerName(here), true],
    [apiServerName("https://staging.example:6443"), false],
    [apiServerName(`${here}0`), false],
    ["the cluster", true],
    ["release.pub", true],
  ] as const)
    for (const question of [key, config]) {
      const known = new MemoryKnowledge(defaultLimits);
      for (const state of ["present", "absent"] as const) {
        known.set(question, state === "present" ? { state, value: "x", from, ...origin } : { state, from, ...origin });
        const answer = ownAnswers(known, { server: () => here }).answer(question);
        assert.is(answer?.state, isKnown ? state : undefined, from);
      }
    }
});

test("all else is as it is known; the cluster is looked up only where that matters", () => {
  const known = new MemoryKnowledge(defaultLimits, { ...origin, from: "base" }).complete("ghcr.io");
  const server = (): string => {
    throw new Error("not needed");
  };
  const own = ownAnswers(known.present(key, "x"), { server });
  assert.is(own.answer(tag)?.state, "absent");
  assert.is(own.answer(key)?.state, "present");
  assert.is(own.answer(config), undefined);
  assert.equal(own.claims?.(tag), known.claims(tag));
  assert.equal([...(own.facts?.("ghcr.io") ?? [])], [...known.facts("ghcr.io")]);
  assert.equal(own.state?.(), known.state());
});

test.run();
