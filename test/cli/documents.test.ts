/** Every command's document: each is printed here, keeps to its schema, and each schema is used. */
import { join } from "node:path";
import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../cli/program.ts";
import { documentKinds } from "../../cli/render/document.ts";
import { makeTufRepository } from "../lab/tuf-repository.ts";
import { Lab, sign } from "../lab/index.ts";
import { ourKey } from "../support/archive-store.ts";
import { makeCapsule } from "../support/capsules.ts";
import { recordOf, verifiedRecordOf } from "../support/records.ts";
import { documentFaults, readSchema, schemaNameOf, schemaNames, schemaOf } from "../support/document-schemas.ts";
import { fixtureBytes } from "../support/fixture-images.ts";
import { newKey } from "../support/snapshot-stage.ts";
import { kubeconfigOf } from "../support/api-server.ts";
import { serveCluster } from "../support/cluster-server.ts";
import { serveStoring } from "../support/storing-registry.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { serveTuf } from "../support/tuf-server.ts";
import { runCli, type TestWorld, testIO } from "./command-io.ts";
import { demoLayout, predicateType } from "./demo-layout.ts";
import { podFor, policyFor } from "./demo-policy.ts";

const test = suite("cli/documents");
const demo = demoLayout();
const store = tempFolder();
const archive = join(tempFolder(), "archive.tar");
const signedByLab = sign(new Lab(), { layout: "tag" });
const target = fixtureBytes("trust/trusted-root.json");
const repository = makeTufRepository(target);
const layout = ["--layout", demo.folder, "--complete"];
const mirror = ["--store", store];
const keyed = ["--key", "key.pub", "--insecure-ignore-tlog", ...layout];
const publisher = newKey();
const identity = "https://github.com/acme/*";

const testFile = `apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: { name: t }
policies: [../policy.yaml]
resources: [../pods.yaml]
results: [{ policy: check-images, rule: signed, kind: Pod, resources: [signed], result: pass }]
`;
const world: TestWorld = {
  now: "2026-11-02T00:00:00Z",
  files: {
    "key.pub": demo.key.pem,
    "signing.key": ourKey.pem,
    "signing.pub": ourKey.signing.publicKey,
    "publisher.key": publisher.pem,
    "publisher.pub": publisher.key.publicKey,
    "root.json": repository.rootHistory[0] as Uint8Array,
    "pinned.json": target,
    "policy.yaml": policyFor(demo.key.pem),
    "broken.yaml": policyFor(demo.key.pem, { name: "broken" }).replace("attestors:", "attestor:"),
    "pods.yaml": ["signed", "foreign", "unsigned"]
      .map((name) => podFor(name, demo[name as "signed"]))
      .concat("apiVersion: v1\nkind: Pod\nmetadata: { namespace: shop }\nspec: { containers: [] }\n")
      .join("---\n"),
    "tests/kyverno-test.yaml": testFile,
    "admission.yaml":
      "apiVersion: sallyport.dev/v1alpha1\nkind: Config\npolicies: { folders: [policy.yaml] }\n" +
      "listeners: [{ address: '127.0.0.1:8443', serves: [admission] }]\n",
    "ca.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "edge.tar": makeCapsule([signedByLab]).bytes,
    "our.pub": ourKey.signing.publicKey,
    "record.json": recordOf(signedByLab),
    "verified.json": verifiedRecordOf(signedByLab),
    "capsule-images.txt": "registry.example/app:1\n",
    "plain.yaml": "apiVersion: sallyport.dev/v1alpha1\nkind: Config\nlimits: { requests: 7 }\n",
    "config.yaml":
      "apiVersion: sallyport.dev/v1alpha1\nkind: Config\nlogs: {}\nmode: online\nupstreams: [{ host: a.io }]\n",
    "in.yaml": "a: [1, two, { three: null }]\n",
  },
};

/** In this order: later rows read what earlier ones wrote. */
const table: readonly (readonly [kind: string, ...words: readonly string[]])[] = [
  ["Version", "version"],
  ["Environment", "env"],
  ["NodeConfig", "node-config", "containerd", "--proxy", "https://proxy:5000", "--version", "2.1.6"],
  [
    "WebhookConfigurations",
    "serve",
    "print-webhooks",
    "--config",
    "admission.yaml",
    "--service",
    "sallyport/gate",
    "--ca",
    "ca.pem",
  ],
  ["BreakGlass", "break-glass", "--kubeconfig", "cluster.conf", "--reason", "INC-1"],
  ["BreakGlass", "break-glass", "--kubeconfig", "cluster.conf", "--off"],
  ["CompletionScript", "completion", "bash"],
  ["CompletionScript", "completion", "zsh"],
  ["CompletionScript", "completion", "fish"],
  ["CompletionScript", "completion", "powershell"],
  ["ImageTree", "tree", ...layout, demo.signed],
  ["AttachedContent", "download", "signature", ...layout, demo.signed],
  ["AttachedContent", "download", "attestation", ...layout, demo.signed],
  ["VerificationResult", "verify", ...keyed, demo.signed, demo.foreign, demo.unsigned, "registry.example/gone:1"],
  ["VerificationResult", "verify-attestation", ...keyed, "--type", predicateType, demo.signed, demo.unsigned],
  ["ApplyResult", "apply", "policy.yaml", "broken.yaml", "--continue-on-fail", "-r", "pods.yaml", ...layout],
  ["ClusterReport", "apply", "policy.yaml", "-r", "pods.yaml", "-p", ...layout],
  [
    "ClusterPolicyReport",
    "apply",
    "policy.yaml",
    "-r",
    "pods.yaml",
    "-p",
    ...layout,
    "--report-api",
    "wgpolicyk8s.io/v1alpha2",
  ],
  ["TestRows", "test", "tests", ...layout],
  ["TestRows", "test", "tests", ...layout, "--detailed-results", "--fail-only"],
  ["Explanation", "explain", demo.signed, demo.foreign, "-r", "pods.yaml", "-p", "policy.yaml", ...layout],
  ["PolicyCheck", "policy", "check", "policy.yaml", "broken.yaml"],
  ["QueryResult", "jp", "query", "-i", "in.yaml", "a[0]", "a"],
  ["ParsedExpressions", "jp", "parse", "a[?b == `1`].c | {d: @}", "to_upper(&x, y[1:2])"],
  ["FunctionList", "jp", "function"],
  ["MirrorAddition", "mirror", "add", ...mirror, demo.folder, "--complete"],
  ["MirrorAddition", "mirror", "add", ...mirror, demo.folder, "nowhere"],
  ["ImportReport", "import", ...mirror, demo.folder],
  ["MirrorList", "mirror", "ls", ...mirror],
  ["SignatureList", "mirror", "ls", "signatures", ...mirror],
  ["AttestationList", "mirror", "ls", "attestations", ...mirror],
  ["LogEntryList", "mirror", "ls", "log-entries", ...mirror],
  ["MirrorCheck", "mirror", "check", ...mirror],
  ["MirrorStatus", "mirror", "status", ...mirror],
  ["ExportReport", "export", ...mirror, "-f", archive, "--key", "signing.key"],
  ["ArchiveInspection", "archive", "inspect", archive],
  [
    "CapsuleReport",
    ...["capsule", "create", ...mirror, "-f", `${archive}.capsule`, "--unsigned", "--allow-missing"],
    ...["--images", "capsule-images.txt", "--policies", "policy.yaml"],
  ],
  [
    "CapsuleReport",
    ...["capsule", "update", "edge.tar", "--old-key", "our.pub", ...mirror, "-f", `${archive}.next`],
    ...["--unsigned", "--allow-missing"],
  ],
  ["CapsuleInspection", "capsule", "inspect", "edge.tar"],
  ["CapsuleInspection", "capsule", "verify", "edge.tar", "--key", "our.pub"],
  ["ReplayResult", "replay", "record.json"],
  ["Explanation", "explain", "record.json"],
  ["Explanation", "explain", "verified.json"],
  ["ArchiveVerification", "archive", "verify", archive, "--key", "signing.pub"],
  ["ArchiveDiff", "archive", "diff", archive, archive, "--key", "signing.pub"],
  ["Status", "status", ...mirror],
  ["Doctor", "doctor", ...mirror],
  ["MirrorRemoval", "mirror", "gc", ...mirror, "--keep-last", "9", "--yes"],
  ["MirrorRemoval", "mirror", "rm", ...mirror, demo.foreign, "--dry-run"],
  ["KeyPin", "mirror", "pin-key", ...mirror, "k8s://shop/key", "key.pub"],
  ["TrustPin", "trust", "import", ...mirror, "pinned.json", "--name", "corp"],
  ["PinList", "mirror", "pins", ...mirror],
  ["TrustedRoot", "trust", "show", ...mirror, "--name", "corp"],
  ["TrustedRoot", "trust", "show", "pinned.json"],
  ["PinRemoval", "mirror", "unpin-key", ...mirror, "k8s://shop/key"],
  ["KeyPin", "mirror", "pin-key", ...mirror, "k8s://shop/key", "key.pub"],
  ["PinRemoval", "mirror", "pins", "rm", ...mirror, "key", "k8s://shop/key"],
  ["SyncReport", "mirror", "sync", "--store", tempFolder(), "127.0.0.1:1/shop/web:1"],
  ["DistrustAddition", "mirror", "distrust", "add", ...mirror, "identity", identity, "--reason", "taken over"],
  ["DistrustList", "mirror", "distrust", "ls", ...mirror],
  ["TrustUpdate", "trust", "update", ...mirror, "--name", "lab", "--mirror", "URL", "--root", "root.json"],
  ["TrustUpdate", "initialize", ...mirror, "--name", "lab"],
  ["RootList", "mirror", "ls", "roots", ...mirror],
  ["ClaimList", "mirror", "ls", "claims", ...mirror],
  ["RecheckList", "mirror", "recheck", ...mirror],
  ["ServeStart", "serve", ...mirror, "--listen", "127.0.0.1:0"],
  ["ConfigCheck", "config", "check", "config.yaml"],
  ["ConfigSchema", "config", "schema"],
  ["ConfigTemplate", "config", "init"],
  ["ConfigView", "config", "view", "-c", "plain.yaml", "--upstream", "ghcr.io"],
  ["TrustStatus", "trust", "status", ...mirror],
  ["PinRemoval", "trust", "unpin", ...mirror, "--name", "corp"],
  ["TrustedRootJson", "trust", "create", "--with-default-services"],
  ["TrustedRootJson", "trusted-root", "create", "--with-default-services", "--no-default-tsa"],
  ["TrustedRootFile", "trust", "create", "--with-default-services", "--out", "new.json"],
  ["SnapshotPush", "snapshot", "push", "PLACE", ...mirror, "--key", "publisher.key"],
  ["SnapshotPull", "snapshot", "pull", "PLACE", "--store", tempFolder(), "--key", "publisher.pub"],
  ["SnapshotList", "snapshot", "ls", "PLACE", "--key", "publisher.pub"],
  ["SnapshotList", "snapshot", "ls", "PLACE"],
  ["Error", "verify", ...keyed],
  ["Error", "mirror", "ls", "--store", "nowhere"],
];

const formatFlag = (words: readonly string[]): string => (words[0] === "apply" ? "--output-format" : "-o");
const printed = new Map<string, unknown[]>();

test("each command prints the document of its kind, which keeps to its schema; YAML says the same kind", async () => {
  const server = await serveTuf(repository.files);
  const registry = await serveStoring();
  const cluster = await serveCluster({
    mutatingwebhookconfigurations: "MutatingWebhookConfiguration",
    validatingwebhookconfigurations: "ValidatingWebhookConfiguration",
    configmaps: "ConfigMap",
    events: "Event",
  });
  const places: Readonly<Record<string, string>> = { URL: server.url, PLACE: `oci://${registry.host}/shop/mirror` };
  try {
    for (const [kind, ...given] of table) {
      const words = given.map((word) => places[word] ?? word);
      const { out, err } = await runCli([...words, formatFlag(words), "json"], {
        ...world,
        files: { ...world.files, "cluster.conf": kubeconfigOf(cluster.url) },
      });
      const document = JSON.parse(out);
      assert.equal(documentFaults(document), [], `${words.join(" ")}\n${err}`);
      assert.is(document.kind ?? kind, kind, `${words.join(" ")}\n${out}`);
      const name = schemaOf(document) ?? "";
      printed.set(name, [...(printed.get(name) ?? []), document]);
    }
    const [list] = printed.get("distrust-list") as readonly {
      readonly entries: readonly { readonly digest: string }[];
    }[];
    const removal = ["mirror", "distrust", "rm", ...mirror, list?.entries[0]?.digest ?? ""];
    for (const sure of ["--dry-run", "--yes"]) {
      const document = JSON.parse((await runCli([...removal, sure, "-o", "json"], world)).out);
      assert.equal(
        [document.kind, document.dryRun, document.removed.length],
        ["DistrustRemoval", sure === "--dry-run", 1],
      );
      printed.set("distrust-removal", [document]);
    }
    const yaml = await runCli(["trust", "status", ...mirror, "-o", "yaml"], world);
    assert.match(yaml.out, /^apiVersion: sallyport\.dev\/v1\nkind: TrustStatus\n/);
  } finally {
    server.close();
    await registry.close();
    await cluster.close();
  }
});

test("every kind has a schema, every schema is of a kind or of another program's format, and all were printed", () => {
  const kinds = documentKinds.map(schemaNameOf);
  const others = ["kyverno-test-results", "policy-report", "trusted-root-json"];
  assert.equal([...schemaNames].sort(), [...kinds, ...others].sort());
  assert.equal([...printed.keys()].sort(), [...schemaNames].sort());
});

interface Schema {
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** Every schema below one, with its place. */
function* within(schema: Schema, place: string): Generator<readonly [string, Schema]> {
  yield [place, schema];
  for (const [name, below] of Object.entries(schema.properties ?? {})) yield* within(below, `${place}.${name}`);
  for (const [name, below] of Object.entries(schema.$defs ?? {})) yield* within(below, `${place}#${name}`);
  for (const below of schema.oneOf ?? []) yield* within(below, `${place}|`);
  if (schema.items !== undefined) yield* within(schema.items, `${place}[]`);
  if (typeof schema.additionalProperties === "object")
    yield* within(schema.additionalProperties as Schema, `${place}.*`);
}

test("every property is described, and every object with properties is closed", () => {
  for (const name of [...schemaNames, "parts"]) {
    const schema = readSchema(name) as Schema & { readonly $schema?: string };
    assert.is(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
    assert.is(schema.$id, `https://sallyport.dev/schemas/${name}.schema.json`);
    for (const [place, { properties = {}, additionalProperties }] of within(schema, name)) {
      for (const [key, property] of Object.entries(properties))
        assert.ok(property.description !== undefined, `${place}.${key} is not described`);
      if (Object.keys(properties).length > 0) assert.ok(additionalProperties !== undefined, `${place} is open`);
    }
  }
});

/** The document with a member that no schema knows, at each of its objects in turn. */
function* withStranger(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const changed of withStranger(item)) yield value.map((other, at) => (at === index ? changed : other));
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, stranger: { a: 1 } };
    for (const [key, member] of Object.entries(value))
      for (const changed of withStranger(member)) yield { ...value, [key]: changed };
  }
}

/** Parts of these are open by their nature: predicates, values, trees of expressions, what others signed. */
const open: ReadonlySet<string> = new Set([
  "webhook-configurations",
  "attached-content",
  "config-schema",
  "parsed-expressions",
  "query-result",
  "explanation",
  "verification-result",
]);

test("a member that is not listed is a fault wherever it stands; so is one that is missing", () => {
  for (const [name, documents] of printed)
    for (const document of documents) {
      const strangers = [...withStranger(document)].slice(0, 400);
      const accepted = strangers.filter((changed) => documentFaults(changed).length === 0);
      if (open.has(name)) assert.ok(accepted.length < strangers.length, name);
      else assert.equal(accepted.slice(0, 1), [], name);
      if (Array.isArray(document)) continue;
      for (const key of (readSchema(name) as Schema).required ?? []) {
        const { [key]: _, ...rest } = document as Record<string, unknown>;
        assert.ok(documentFaults(rest).length > 0, `${name} without ${key}`);
      }
    }
});

/** The commands that do something, with the words that call them. */
function leaves(command: Command, path: readonly string[]): readonly (readonly [string, Command])[] {
  const below = command.commands.flatMap((sub) => leaves(sub, [...path, sub.name()]));
  return below.length > 0 ? below : [[path.join(" "), command]];
}

test("every command takes -o json and -o yaml, and is in the table", async () => {
  const { io } = testIO();
  const called = table.map(([, ...words]) => words.join(" "));
  for (const { name, load } of commands) {
    const command = new Command(name);
    (await load()).define(command, { io, finish: () => undefined });
    for (const [path, leaf] of leaves(command, [name])) {
      const long = path === "apply" ? "--output-format" : "--output";
      const choices = leaf.options.find((option) => option.long === long)?.argChoices ?? [];
      for (const format of ["json", "yaml"]) assert.ok(choices.includes(format), `${path} lacks -o ${format}`);
      const isCalled = path === "mirror distrust rm" || called.some((words) => `${words} `.startsWith(`${path} `));
      assert.ok(isCalled, `${path} prints no document in this test`);
    }
  }
});

test.run();
