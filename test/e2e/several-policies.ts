/**
 * Several policies behind one API server, which asks every mutating webhook and then every validating one: what one of
 * them pins the others judge, and what is stored is what the last of them saw. Source: docs/spec/kyverno.md.
 */
import * as assert from "uvu/assert";
import { entryOf, image, type PolicyText, policyText } from "../support/fixture-policies.ts";
import { digest, openGate, words } from "./admission.ts";
import { pod } from "./api-server.ts";
import type { Outcome } from "./processes.ts";
import { says, succeeds } from "./registry-actions.ts";
import type { Scenario } from "./scenario.ts";

const ignores = "validationFailureAction: Enforce\nfailurePolicy: Ignore";
const pins: PolicyText = { name: "pins" };
const wants: PolicyText = { name: "wants", fields: "mutateDigest: false\nverifyDigest: true" };
const other: PolicyText = { name: "other", entries: [entryOf("b")], fields: "mutateDigest: false" };

interface Row {
  /** In their order. */
  readonly policies: readonly PolicyText[];
  readonly tag: string;
  /** What the denial says; absent: it is admitted, with its digest. */
  readonly denied?: RegExp;
}

/** Namespaces, each with policies of its own. */
const rows: Readonly<Record<string, Row>> = {
  "pin-first": { policies: [pins, wants], tag: "signed" },
  "pin-last": { policies: [wants, pins], tag: "signed" },
  "nobody-pins": { policies: [wants], tag: "signed", denied: /wants-0-nobody-pins: verify: 'missing digest/ },
  // Two webhooks of each kind: the one that wants the digest is asked before the one that adds it.
  "two-failure-policies": { policies: [wants, { ...pins, spec: ignores }], tag: "signed" },
  "both-signers": { policies: [pins, other], tag: "signed-by-both" },
  "one-signer": { policies: [pins, other], tag: "signed", denied: /other-1-one-signer: verify: .*invalid signature/ },
  // Both reasons are in one denial.
  unsigned: {
    policies: [pins, other],
    tag: "unsigned",
    denied: /other-1-unsigned: verify: .*signature not found.* pins-0-unsigned: verify: .*signature not found/,
  },
  "audit-beside": {
    policies: [{ ...other, spec: "validationFailureAction: Audit" }, pins],
    tag: "signed",
  },
};

const workloads = "any: [{ resources: { kinds: [Pod], namespaces: [NAMESPACE] } }]";
const named = (namespace: string, policy: PolicyText, place: number): readonly [string, string] => {
  const name = `${policy.name ?? ""}-${place}-${namespace}`;
  return [name, policyText({ ...policy, name, match: workloads.replace("NAMESPACE", namespace) })];
};
const texts = Object.entries(rows).flatMap(([namespace, { policies }]) =>
  policies.map((policy, place) => named(namespace, policy, place)),
);

const several: Scenario = {
  name: "admission: several policies are decided one way: all mutate, then all validate what is stored",
  needs: ["api-server", "kubectl"],
  async run(tools) {
    const { cluster, kubectl } = await openGate(tools, {
      policies: Object.fromEntries(texts),
      namespaces: Object.keys(rows),
      denied: pod("unsigned", "try", image("unsigned")),
    });
    const imageOf = async (path: string, ...of: readonly string[]): Promise<string> =>
      (await cluster.kubectl(["get", ...of, "-o", `jsonpath={${path}}`])).out;
    for (const [namespace, { tag, denied }] of Object.entries(rows)) {
      const outcome = await kubectl(["create", "-f", "-"], pod(namespace, "app", image(tag)));
      if (denied === undefined) {
        succeeds(outcome);
        assert.match(await imageOf(".spec.containers[0].image", "-n", namespace, "pod", "app"), digest, namespace);
      } else {
        assert.is(outcome.exit, 1, namespace);
        assert.ok(denied.test(words(outcome)), words(outcome));
      }
    }
    // The same of what controllers make, and of what is added to a Pod that runs.
    const inOrder = ["-n", "pin-last"];
    const create = (kind: string, name: string, tag: string): Promise<Outcome> =>
      kubectl([
        ...inOrder,
        "create",
        kind,
        name,
        `--image=${image(tag)}`,
        ...(kind === "cronjob" ? ["--schedule=0 0 * * *"] : []),
      ]);
    for (const [kind, path] of [
      ["deployment", ".spec.template.spec.containers[0].image"],
      ["job", ".spec.template.spec.containers[0].image"],
      ["cronjob", ".spec.jobTemplate.spec.template.spec.containers[0].image"],
    ] as const) {
      succeeds(await create(kind, "good", "signed"));
      assert.match(await imageOf(path, ...inOrder, kind, "good"), digest, kind);
      const refused = await create(kind, "bad", "unsigned");
      assert.is(refused.exit, 1, says(refused));
      assert.match(words(refused), /autogen-.*signature not found/, kind);
    }
    const debugs = (name: string, tag: string): Promise<Outcome> => {
      const ephemeralContainers = [{ name, image: image(tag) }];
      const patch = JSON.stringify({ spec: { ephemeralContainers } });
      return kubectl([...inOrder, "patch", "pod", "app", "--subresource=ephemeralcontainers", "-p", patch]);
    };
    succeeds(await debugs("good", "signed"));
    assert.match(await imageOf(".spec.ephemeralContainers[0].image", ...inOrder, "pod", "app"), digest);
    assert.match(words(await debugs("bad", "unsigned")), /signature not found/);
    // What is stored is taken as it is: a second pass changes nothing.
    const stored = ["-n", "pin-first", "pod", "app"];
    const pinned = await imageOf(".spec.containers[0].image", ...stored);
    succeeds(await kubectl(["-n", "pin-first", "label", "pod", "app", "seen=yes"]));
    assert.is(await imageOf(".spec.containers[0].image", ...stored), pinned);
    await tools.stage.stopServers();
  },
};

export const severalPolicyScenarios: readonly Scenario[] = [several];
