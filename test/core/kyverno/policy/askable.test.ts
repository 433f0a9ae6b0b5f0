import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import { type Askable, requireAskableOf } from "../../../../core/kyverno/policy/askable.ts";

const test = suite("core/kyverno/policy/askable");

const askable: Askable = {
  ofCluster: ["awskms:///*", "k8s://*"],
  ofNamespaces: ["https://rekor.corp", "k8s://trust/*"],
  secretsOnly: false,
};
const cluster = { kind: "ClusterPolicy", name: "all" } as const;
const one = { kind: "Policy", namespace: "shop", name: "own" } as const;

function refusal(policy: typeof cluster | typeof one, text: string, more: Partial<Askable> = {}) {
  try {
    requireAskableOf(policy, { ...askable, ...more })(text);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  return undefined;
}

test("an entry is the whole text, or what it begins with before a star", () => {
  for (const text of ["https://rekor.corp", "k8s://trust/key", "k8s://shop/key"])
    assert.is(refusal(one, text), undefined);
  for (const text of ["https://rekor.corp/", "https://rekor.cor", "k8s://trust", "k8s://trusted/key", "awskms:///a"])
    assert.is(refusal(one, text)?.code, "access-denied", text);
  for (const text of ["awskms:///alias/a", "k8s://any/key"]) assert.is(refusal(cluster, text), undefined);
  assert.is(refusal(cluster, "https://rekor.corp")?.code, "access-denied");
});

test("says for which policy, what, and which setting allows it; a password is not shown", () => {
  const { message, subject, remedy } = refusal(one, "https://user:secret@evil.example/a") ?? {};
  assert.is(
    message,
    "the Policy shop/own cannot make serve ask https://evil.example/a: neither a ClusterPolicy nor policies.mayAsk " +
      "names it",
  );
  assert.equal([subject, remedy], ["https://evil.example/a", "may-ask"]);
  assert.is(
    refusal(cluster, "azurekms://evil.example/key")?.message,
    "a variable of the policy all cannot make serve ask azurekms://evil.example/key: its host is neither written in " +
      "a policy nor listed in policies.mayAsk",
  );
});

test("where nobody but a cluster is asked, only Secrets matter", () => {
  const secretsOnly = { secretsOnly: true };
  for (const text of ["awskms:///a", "https://evil.example", "k8s://shop/key"])
    assert.is(refusal(one, text, secretsOnly), undefined);
  assert.is(refusal(one, "k8s://kube-system/key", secretsOnly)?.code, "access-denied");
});

test.run();
