import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Asker } from "../../../core/knowledge/knowledge.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { associatedTag } from "../../../core/oci/associated-tag.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { openDoor } from "../../../proxy/registry/open-door.ts";
import { fastVerifier, Lab, policyFor, sign } from "../../lab/index.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/registry/open-door");
const lab = new Lab();
const signed = sign(lab, { layout: "tag" });
const { policies } = loadPolicies([{ name: "policy.yaml", text: JSON.stringify(policyFor(signed)) }]);
const { repository, digest } = signed;
const host = repository.slice(0, repository.indexOf("/"));

async function judge(upstreams: readonly string[]) {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: defaultLimits });
  const asked: string[] = [];
  const asker: Asker = {
    ask: (question) => {
      asked.push(question.kind);
      return Promise.resolve(signed.knowledge.answer(question));
    },
  };
  const options = {
    policies,
    mirror,
    upstreams,
    noMatch: "admit",
    crypto: fastVerifier,
    limits: defaultLimits,
  } as const;
  const door = openDoor({
    ...options,
    asker,
    refreshMs: 300_000,
    now: () => lab.now,
    report: (error) => assert.unreachable(error.message),
    warn: (text) => assert.unreachable(text),
  });
  const { verdict } = await door.judge({ repository, digest }, 2_000_000_000);
  const kept = mirror.knowledge().answer({ kind: "tag", repository, tag: associatedTag(digest, "signature") })?.state;
  mirror.close();
  return { verdict, asked: asked.length > 0, kept };
}

test("evidence is asked for at listed registries, and kept in the mirror", async () => {
  assert.equal(await judge([host]), { verdict: "admitted", asked: true, kept: "present" });
});

test("a registry that is not listed is not asked", async () => {
  const { verdict, kept } = await judge(["registry.example"]);
  assert.equal({ verdict, kept }, { verdict: "unknown", kept: undefined });
});

test.run();
