import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadServePolicies, readServePolicies } from "../../../cli/serve/serve-policies.ts";
import { throwsCode } from "../../support/assert.ts";
import { policyText } from "../../support/fixture-policies.ts";
import { local, serverConfig } from "../../support/server-stage.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/serve/serve-policies");

const configOf = (policies: object) => serverConfig({ listeners: [local], policies });
const ioOf = (files: Record<string, string>) => testIO({ files }).io;

test("a Policy of one namespace that asks registries does not load from a folder either, unless that is set", () => {
  const rule = 'context: [{ name: found, imageRegistry: { reference: "registry.example/a:1" } }]';
  const io = ioOf({
    "policies/one.yaml": policyText({ kind: "Policy", namespace: "shop", rule }),
    "policies/two.yaml": policyText({ name: "of-all", rule }),
  });
  const refused = configOf({ folders: ["policies"] });
  const { message, subject } = throwsCode("unsupported", () => readServePolicies(refused, io));
  assert.match(
    message,
    /policies do not load: .*policies\/one\.yaml:\d+:\d+.*set policies\.namespacedImageRegistry: true/s,
  );
  assert.match(subject ?? "", "policies/one.yaml");
  // A sync asks for the same policies, with the same logins.
  assert.equal(
    loadServePolicies(refused, io).errors.map(({ code }) => code),
    ["unsupported"],
  );
  const allowed = configOf({ folders: ["policies"], namespacedImageRegistry: true });
  assert.is(readServePolicies(allowed, io).policies.length, 2);
});

test("a policy that does not load refuses all; none at all needs allowEmpty", () => {
  const broken = ioOf({
    "policies/a.yaml": policyText(),
    "policies/b.yaml": "kind: ClusterPolicy\napiVersion: kyverno.io/v1\n",
  });
  throwsCode("invalid-policy", () => readServePolicies(configOf({ folders: ["policies"] }), broken));
  throwsCode("invalid-config", () => readServePolicies(configOf({}), ioOf({})));
  assert.equal(readServePolicies(configOf({ allowEmpty: true }), ioOf({})).policies, []);
  const elsewhere = { files: () => [{ name: "cluster:a", text: policyText({ name: "a" }) }] };
  assert.equal(
    readServePolicies(configOf({}), ioOf({}), elsewhere).policies.map(({ name }) => name),
    ["a"],
  );
});

test("the same policy in a folder and in the cluster counts once, which is said; one that differs counts, too", () => {
  const files = { "policies/a.yaml": policyText({ name: "a" }) };
  const inCluster = (text: string) => ({ files: () => [{ name: "cluster:ClusterPolicy/a", text }] });
  const read = (text: string) => {
    const world = testIO({ files });
    const { policies } = readServePolicies(configOf({ folders: ["policies"] }), world.io, inCluster(text));
    return { names: policies.map(({ name }) => name), said: world.seen.err.replaceAll(/\s+/g, " ") };
  };
  const same = read(policyText({ name: "a" }));
  assert.equal(same.names, ["a"]);
  assert.match(
    same.said,
    /note: cluster:ClusterPolicy\/a:\d+:\d+ is the same policy a as policies\/a\.yaml:\d+:\d+: it counts once/,
  );
  const other = read(policyText({ name: "a", entries: [] }));
  assert.equal([other.names, other.said], [["a", "a"], ""]);
});

test.run();
