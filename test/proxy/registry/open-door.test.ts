import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Asker } from "../../../core/knowledge/knowledge.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { associatedTag } from "../../../core/oci/associated-tag.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { refreshOf } from "../../../proxy/registry/listed-asker.ts";
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

test("answers are asked for again where somebody may be asked, and trusted roots after their own time", () => {
  const of = refreshOf({ upstreams: [host], asksCluster: false, trustMs: () => 1000 }, 10);
  const after = (upstreams: readonly string[]): number => refreshOf({ upstreams, asksCluster: true }, 10)(tag);
  const tag = { kind: "tag", repository, tag: "1" } as const;
  const secret = { kind: "key", reference: "k8s://ns/key" } as const;
  assert.equal([after([host]), after(["registry.example"])], [10, Number.POSITIVE_INFINITY]);
  assert.is(of({ kind: "trusted-root", name: "public-good" }), 1000);
  assert.is(of(secret), Number.POSITIVE_INFINITY);
  assert.is(refreshOf({ upstreams: [], asksCluster: true }, 10)(secret), 10);
  assert.is(of({ kind: "key", reference: "awskms:///alias/key" }), 10);
});

test.run();
