/** Attacks by policies that ask for nobody: sets without entries, counts of nothing. */
import * as assert from "uvu/assert";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { type Json, policyFor, type Signed } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, allowed, lab, unsigned } from "./refuses.ts";

const { attack, run } = attackSuite("attestor-sets");

const good: Signed = accepts({ layout: "tag" });

/** Whether a policy is refused at load, else what it decides on the good image and on the unsigned one. */
function under(change: (entry: Json) => unknown): "not loaded" | readonly [signed: boolean, unsigned: boolean] {
  const policy = (made: Json): Json => {
    change(made.spec.rules[0].verifyImages[0]);
    return made;
  };
  const { errors } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(good, { policy })) }]);
  if (errors.length > 0) return "not loaded";
  return [allowed(good, { policy }), allowed({ ...unsigned, attestor: good.attestor }, { policy })];
}

attack(98, "empty sets: no entries, no attestors, an empty entry, nested ones too", () => {
  assert.equal(
    under((made) => made),
    [true, false],
  );
  const [entry] = policyFor(good).spec.rules[0].verifyImages[0].attestors[0].entries;
  for (const attestors of [
    [{ entries: [] }],
    [{ entries: [], count: 0 }],
    [{ entries: [], count: 1 }],
    [{ entries: [{}] }],
    [{ entries: [null] }],
    [{ entries: null }],
    [{}],
    [{ entries: [{ attestor: { entries: [] } }] }],
    [{ entries: [{ attestor: {} }] }],
    [{ entries: [{ keyless: {} }] }],
    [{ entries: [{ keyless: { subject: "", issuer: "" } }] }],
    [{ entries: [{ certificates: {} }] }],
    [{ entries: [entry] }, { entries: [] }],
  ])
    assert.is(
      under((made) => Object.assign(made, { attestors })),
      "not loaded",
      JSON.stringify(attestors).slice(0, 80),
    );
  // What asks for nobody after the policy was loaded is satisfied by nobody.
  for (const keys of [
    {},
    { publicKeys: "" },
    { publicKeys: "\n" },
    { publicKeys: "no key" },
    { secret: { name: "", namespace: "" } },
  ]) {
    const said = under((made) => Object.assign(made, { attestors: [{ entries: [{ keys }] }] }));
    assert.ok(said === "not loaded" || !said.includes(true), JSON.stringify(keys));
  }
});

attack(98, "an entry without attestors, where the image must be verified", () => {
  for (const attestors of [undefined, null, []]) {
    const said = under((made) => Object.assign(made, { attestors, required: true }));
    assert.ok(said === "not loaded" || !said.includes(true));
  }
});

attack(98, "counts: none, zero, negative, more than there are", () => {
  const counted = (count: unknown, others: number) =>
    under((made) => {
      const [set] = made.attestors;
      const stranger = { keys: { ...set.entries[0].keys, publicKeys: lab.key("stranger").pem } };
      set.entries.push(...Array.from({ length: others }, () => stranger));
      if (count !== undefined) set.count = count;
    });
  assert.equal(counted(undefined, 1), [false, false]);
  assert.equal(counted(1, 1), [true, false]);
  assert.equal(counted(2, 2), [false, false]);
  for (const count of [0, -1, 3, 1.5, "1", true]) assert.is(counted(count, 1), "not loaded", String(count));
});

attack(98, "attestations without a required signer", () => {
  const attestation = { type: "https://slsa.dev/provenance/v1" };
  for (const attestations of [
    [attestation],
    [{ ...attestation, attestors: [] }],
    [{ ...attestation, attestors: [{ entries: [] }] }],
    [{}],
  ]) {
    const said = under((made) => Object.assign(made, { attestors: undefined, attestations }));
    assert.ok(said === "not loaded" || !said.includes(true), JSON.stringify(attestations));
  }
});

run();
