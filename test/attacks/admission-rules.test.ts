/**
 * Attacks on what a rule covers and how its failures count: images in places that nobody looks at, errors that pass for
 * "does not concern us".
 */
import * as assert from "uvu/assert";
import { createEngine } from "../../core/decide/engine.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { RuleStatus } from "../../core/kyverno/image/result.ts";
import type { PolicyException } from "../../core/kyverno/policy/exceptions.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import type { Answer } from "../../core/knowledge/answer.ts";
import {
  decide,
  type Json,
  policyFor,
  type Judged,
  type Recipe,
  sign,
  type Signed,
  verifiers,
  fastVerifier,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { withEntry } from "./other-answers.ts";
import { accepts, allowed, lab, unsigned } from "./refuses.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import { instead } from "../support/instead.ts";

const { attack, run } = attackSuite("admission-rules");

const good: Signed = accepts({ layout: "tag" });

const image = (signed: Signed): string => `${signed.repository}:${signed.tag}`;
const container = (signed: Signed): Json => ({ name: "app", image: image(signed) });
const asks: Judged = { attestor: good.attestor };

/** The good image everywhere is allowed; with the unsigned one in this place it is not. */
function covered(place: (container: Json) => Json, policy?: (policy: Json) => Json): void {
  const both: Signed = { ...good, knowledge: joinedKnowledge([good.knowledge, unsigned.knowledge]) };
  const judge = (made: Json): boolean =>
    allowed(both, { ...asks, pod: () => made, ...(policy === undefined ? {} : { policy }) });
  assert.is(judge(place(container(good))), true, JSON.stringify(place({})));
  assert.is(judge(place(container(unsigned))), false, JSON.stringify(place({})));
}

const resource = (kind: string, apiVersion: string, spec: Json): Json => ({
  apiVersion,
  kind,
  metadata: { name: "app", namespace: "default" },
  spec,
});
const podSpec = (group: string, made: Json): Json => ({
  containers: [container(good)],
  ...(group === "containers" ? { containers: [container(good), made] } : { [group]: [made] }),
});

attack(99, "every list of containers of a Pod", () => {
  for (const group of ["containers", "initContainers", "ephemeralContainers"])
    covered((made) => resource("Pod", "v1", podSpec(group, made)));
});

attack(99, "a container for debugging, added to a running Pod by its subresource", () => {
  const { policies } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(good)) }]);
  for (const [added, wanted] of [
    [good, true],
    [unsigned, false],
  ] as const) {
    const pod = resource("Pod", "v1", podSpec("ephemeralContainers", container(added)));
    const request = {
      ...requestFor(pod),
      operation: "UPDATE",
      subResource: "ephemeralcontainers",
      oldObject: resource("Pod", "v1", { containers: [container(good)] }),
    } as const;
    for (const crypto of verifiers)
      assert.is(
        createEngine({ policies, crypto }).decide(
          request,
          joinedKnowledge([good.knowledge, unsigned.knowledge]),
          lab.now,
        ).allowed,
        wanted,
      );
  }
});

attack(99, "every kind that makes Pods, by generated rules", () => {
  for (const [kind, apiVersion] of [
    ["Deployment", "apps/v1"],
    ["DaemonSet", "apps/v1"],
    ["StatefulSet", "apps/v1"],
    ["ReplicaSet", "apps/v1"],
    ["ReplicationController", "v1"],
    ["Job", "batch/v1"],
  ] as const)
    for (const group of ["containers", "initContainers"])
      covered((made) => resource(kind, apiVersion, { template: { spec: podSpec(group, made) } }));
  covered((made) =>
    resource("CronJob", "batch/v1", { jobTemplate: { spec: { template: { spec: podSpec("initContainers", made) } } } }),
  );
});

attack(99, "a custom resource, by the policy's own paths", () => {
  const own = (policy: Json): Json => {
    const [rule] = policy.spec.rules;
    rule.match.any[0].resources.kinds = ["tekton.dev/v1/Task"];
    rule.imageExtractors = {
      Task: [{ path: "/spec/steps/*", value: "image", key: "name" }, { path: "/spec/sidecars/*/image" }],
    };
    return policy;
  };
  covered((made) => resource("Task", "tekton.dev/v1", { steps: [made], sidecars: [container(good)] }), own);
  covered(
    (made) => resource("Task", "tekton.dev/v1", { steps: [container(good)], sidecars: [{ ...made, name: "s" }] }),
    own,
  );
});

attack(99, "forms that an extractor does not expect are not skipped", () => {
  for (const spec of [
    { containers: { app: container(unsigned) } },
    { containers: [container(good)], initContainers: "x" },
    { containers: [container(good), image(unsigned)] },
    { containers: [container(good), [container(unsigned)]] },
    { containers: [container(good), { image: image(unsigned) }] },
    { containers: [container(good), { name: "a", image: "UPPER/x" }] },
    { containers: [container(good), { name: "a", image: `${image(unsigned)} ` }] },
  ])
    assert.not(allowed(good, { ...asks, pod: () => resource("Pod", "v1", spec) }), JSON.stringify(spec));
});

const unavailable = (code: Extract<Answer, { state: "unavailable" }>["code"]): Answer => ({
  state: "unavailable",
  code,
  at: lab.now.toISOString(),
  from: "lab",
});

/** Under Enforce and `failurePolicy: Fail` nothing is admitted, and no result says that the rule did not apply. */
function denied(
  signed: Signed,
  judged: Judged,
  wanted: readonly RuleStatus[] = ["error", "fail"],
): readonly ErrorCode[] {
  const decision = decide(signed, fastVerifier, judged);
  assert.not(decision.allowed);
  assert.ok(decision.results.length > 0);
  for (const { status } of decision.results) assert.ok(wanted.includes(status), status);
  assert.not(allowed(signed, judged));
  return [...new Set(decision.results.flatMap(({ failures }) => failures.map(({ code }) => code)))];
}
const ignoring = (judged: Judged = {}): Judged => ({
  ...judged,
  policy: (made) => {
    const policy = judged.policy?.(made) ?? made;
    policy.spec.failurePolicy = "Ignore";
    return policy;
  },
});

const outages = ["unreachable", "timed-out", "rate-limited", "upstream-error"] as const;
const faults = ["access-denied", "tls-failure"] as const;

attack(100, "every question of a decision without an answer, or with an outage for one", () => {
  for (const recipe of [
    { by: "certificate", layout: "tag" },
    { by: "certificate" },
  ] as const satisfies readonly Recipe[]) {
    const signed = accepts(recipe);
    for (const kind of ["tag", "manifest", "blob", "referrers", "trusted-root"] as const) {
      for (const answer of [undefined, ...[...outages, ...faults].map(unavailable)]) {
        const knowledge = instead(signed.knowledge, kind, answer);
        // Referrers are nothing that a good tag signature needs.
        if (kind === "referrers" && "layout" in recipe) assert.ok(allowed(signed, { knowledge }));
        else denied(signed, { knowledge });
        const overlooked =
          kind !== "trusted-root" &&
          (answer?.state !== "unavailable" || (outages as readonly string[]).includes(answer.code));
        assert.is(
          allowed(signed, ignoring({ knowledge })),
          overlooked || (kind === "referrers" && "layout" in recipe),
          `${kind} ${JSON.stringify(answer)}`,
        );
      }
    }
  }
});

attack(
  100,
  "what a manifest names and the registry lacks is no signature, and failurePolicy: Ignore has nothing to overlook",
  () => {
    for (const recipe of [{ layout: "tag" }, { layout: "artifact" }, {}] as const satisfies readonly Recipe[]) {
      const signed = accepts(recipe);
      for (const kind of ["tag", "manifest", "blob", "referrers"] as const) {
        const knowledge = instead(signed.knowledge, kind, { state: "absent", at: lab.now.toISOString(), from: "lab" });
        if (decide(signed, fastVerifier, { knowledge }).allowed) {
          assert.is(kind, "layout" in recipe && recipe.layout === "tag" ? "referrers" : "none");
          continue;
        }
        denied(signed, { knowledge }, ["fail"]);
        assert.not(allowed(signed, ignoring({ knowledge })), `${JSON.stringify(recipe)} ${kind}`);
      }
    }
  },
);

attack(100, "a key, a log's entry, a trusted root that cannot be had or read", () => {
  const keyed = { attestor: { keys: { reference: "k8s://default/none" }, rekor: { ignoreTlog: true } } };
  assert.equal(denied(good, keyed).includes("no-key"), true);
  assert.not(allowed(good, ignoring(keyed)));
  const unlogged = sign(lab, { layout: "tag", evidence: [] });
  const asked = { attestor: (spec: Json) => ({ ...spec, rekor: { ignoreTlog: false } }) };
  denied(unlogged, asked);
  assert.not(allowed(unlogged, ignoring(asked)));
  const signed = accepts({ by: "certificate" });
  for (const value of [
    { form: "pinned", bytes: new Uint8Array(0) },
    { form: "pinned", bytes: new TextEncoder().encode("{}") },
  ] as const) {
    const knowledge = instead(signed.knowledge, "trusted-root", {
      state: "present",
      value,
      at: lab.now.toISOString(),
      from: "lab",
    } as Answer);
    denied(signed, { knowledge });
    assert.not(allowed(signed, ignoring({ knowledge })));
  }
});

const auditing = (policy: Json): Json => {
  policy.spec.validationFailureAction = "Audit";
  return withEntry({ mutateDigest: false, verifyDigest: false })(policy);
};

attack(100, "what is refuted stays refuted under failurePolicy: Ignore, and under Audit alone is only reported", () => {
  const wrong: readonly Signed[] = [
    { ...unsigned, attestor: good.attestor },
    sign(lab, { layout: "tag", change: { signingKey: () => lab.key("stranger") } }),
    sign(lab, { layout: "tag", change: { body: () => new TextEncoder().encode('{"kind":"x"}') } }),
    sign(lab, { change: { bundle: () => ({}) } }),
    sign(lab, { layout: "tag", change: { manifest: () => ({ layers: "x" }) } }),
  ];
  for (const signed of wrong) {
    denied(signed, {});
    assert.not(allowed(signed, ignoring()));
    const audited = decide(signed, fastVerifier, { policy: auditing });
    assert.ok(audited.allowed && audited.results.some(({ status }) => status === "fail"));
  }
});

const inRule = (changes: object) => (policy: Json) => {
  Object.assign(policy.spec.rules[0], changes);
  return policy;
};

attack(100, "context, preconditions and conditions that fail are no reason to skip the rule", () => {
  const map = { name: "settings", configMap: { name: "none", namespace: "default" } };
  denied(good, {
    policy: inRule({
      preconditions: { all: [{ key: "{{ request.object.spec.missing }}", operator: "Equals", value: "x" }] },
    }),
  });
  denied(good, {
    policy: inRule({
      context: [map],
      preconditions: { all: [{ key: "{{ settings.data.on || 'no' }}", operator: "Equals", value: "yes" }] },
    }),
  });
  const attested = accepts({ claim: "attestation", layout: "tag" });
  const conditions = (key: string) => (policy: Json) => {
    policy.spec.rules[0].verifyImages[0].attestations[0].conditions = [
      { all: [{ key, operator: "NotEquals", value: "x" }] },
    ];
    return policy;
  };
  assert.ok(allowed(attested, { policy: conditions("{{ reviewers[0] }}") }));
  for (const key of ["{{ missing.field }}", "{{ to_number(reviewers) }}", "{{ reviewers[?] }}"]) {
    const { errors } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(conditions(key)(policyFor(attested))) }]);
    if (errors.length === 0) denied(attested, { policy: conditions(key) });
  }
  assert.not(
    allowed(good, {
      policy: withEntry({
        imageReferences: ["registry.lab.example/*"],
        attestors: [{ entries: [{ keys: { publicKeys: "k8s://x" } }] }],
      }),
    }),
  );
});

attack(100, "an exception whose conditions cannot be resolved, or that is for others, has no effect", () => {
  const exceptionFor = (changes: Json): readonly PolicyException[] => {
    const spec = {
      match: { any: [{ resources: { kinds: ["Pod"] } }] },
      exceptions: [{ policyName: "lab", ruleNames: ["verify"] }],
      ...changes,
    };
    const document = {
      apiVersion: "kyverno.io/v2",
      kind: "PolicyException",
      metadata: { name: "excused", namespace: "default" },
      spec,
    };
    const { exceptions, errors } = loadPolicies([{ name: "exception.yaml", text: JSON.stringify(document) }]);
    assert.equal(errors, []);
    return exceptions;
  };
  const judged = (changes: Json): boolean =>
    allowed({ ...unsigned, attestor: good.attestor }, { engine: { exceptions: exceptionFor(changes) } });
  assert.ok(judged({}));
  const all = (key: string, value: string): Json => ({ conditions: { all: [{ key, operator: "Equals", value }] } });
  assert.ok(judged(all("{{ request.object.metadata.name }}", "app")));
  assert.not(judged(all("{{ request.object.metadata.name }}", "other")));
  assert.not(judged(all("{{ request.object.metadata.labels.missing }}", "x")));
  assert.not(judged({ exceptions: [{ policyName: "lab", ruleNames: ["other"] }] }));
  assert.not(judged({ exceptions: [{ policyName: "default/lab", ruleNames: ["*"] }] }));
  assert.not(judged({ match: { any: [{ resources: { kinds: ["Pod"], namespaces: ["other"] } }] } }));
});

run();
