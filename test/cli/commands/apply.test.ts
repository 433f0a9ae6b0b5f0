import { suite } from "uvu";
import * as assert from "uvu/assert";
import { junitFaults } from "../../support/junit-rules.ts";
import { sarifFaults } from "../../support/sarif-rules.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { parseXml } from "../../support/xml.ts";
import { runCli, type TestRun, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { podFor, policyFor, type PolicyParts } from "../demo-policy.ts";

const test = suite("cli/commands/apply");
const demo = demoLayout();
const base = ["apply", "policy.yaml", "--layout", demo.folder, "--complete"];

const world = (parts: PolicyParts = {}, files: Readonly<Record<string, string>> = {}): TestWorld => ({
  files: {
    "policy.yaml": policyFor(demo.key.pem, parts),
    "signed.yaml": podFor("signed", demo.signed),
    "foreign.yaml": podFor("foreign", demo.foreign),
    "unsigned.yaml": podFor("unsigned", demo.unsigned),
    ...files,
  },
});
interface JsonRow {
  readonly overlooked?: true;
}
const lastLine = (text: string): string => text.split("\n").at(-2) ?? "";

test("a signed image: banner, nothing failed, counters, exit 0", async () => {
  const { exit, out, err } = await runCli([...base, "-r", "signed.yaml"], world());
  assert.is(exit, 0, err);
  assert.match(
    out,
    /^\nApplying 3 policy rule\(s\) to 1 resource\(s\)\.\.\.\n\npass: \d+, fail: 0, warn: 0, error: 0, skip: 0 \n$/,
  );
});

test("failures are listed by policy and resource, exit 1", async () => {
  const { exit, out, err } = await runCli([...base, "-r", "foreign.yaml", "-r", "unsigned.yaml"], world());
  assert.is(exit, 1);
  assert.match(
    out,
    "policy check-images -> resource shop/Pod/foreign failed:\n1 - signed image verification failed for",
  );
  assert.match(
    out,
    "policy check-images -> resource shop/Pod/unsigned failed:\n1 - signed image verification failed for",
  );
  assert.match(out, "[no-signature]");
  assert.match(err, "Error: exit as there are policy violations\n");
});

test("a comma list, a folder, and documents in one file are resources", async () => {
  const both = await runCli([...base, "-r", "signed.yaml,foreign.yaml"], world());
  assert.match(both.out, "to 2 resource(s)");
  const folder = await runCli(
    [...base, "-r", "pods"],
    world(
      {},
      {
        "pods/a.yaml": podFor("a", demo.signed),
        "pods/b/c.yaml": `${podFor("b", demo.signed)}---\n${podFor("c", demo.signed)}`,
      },
    ),
  );
  assert.match(folder.out, "to 3 resource(s)");
});

test("an unknown counts as an error, exit 1, and says what was missing on stderr", async () => {
  const { exit, out, err } = await runCli(["apply", "policy.yaml", "-r", "signed.yaml"], world());
  assert.is(exit, 1);
  assert.match(lastLine(out), /^pass: 0, fail: 0, warn: 0, error: [1-9]/);
  assert.match(err, "could not be judged");
  assert.match(err, "Error: exit as there are policy errors\n");
});

test("under Ignore an unknown is an error still, and apply says that a cluster would admit it", async () => {
  const ignoring = world({ failurePolicy: "Ignore" });
  const args = ["apply", "policy.yaml", "-r", "signed.yaml"];
  const { exit, out, err } = await runCli(args, ignoring);
  assert.is(exit, 1);
  assert.match(lastLine(out), /error: [1-9]/);
  assert.match(err, "a cluster would admit this with a warning, because of failurePolicy: Ignore");
  const explained = await runCli(["explain", "-r", "signed.yaml", "-p", "policy.yaml"], ignoring);
  assert.is(explained.exit, 0, "the verdict of the cluster");
  assert.match(explained.out, /^ALLOW/);
  const found = JSON.parse((await runCli([...args, "--output-format", "json"], ignoring)).out);
  assert.equal(
    found.results.filter(({ status }: { status: string }) => status === "error").map((one: JsonRow) => one.overlooked),
    [true],
  );
  const failing = await runCli(args, world());
  assert.not.match(failing.err, "a cluster would admit");
  // What no failure policy overlooks.
  const denied = await runCli([...base, "-r", "unsigned.yaml"], ignoring);
  assert.is(denied.exit, 1);
  assert.not.match(denied.err, "a cluster would admit");
});

test("--audit-warn makes failures of Audit policies warnings", async () => {
  const audited = world({ action: "Audit" });
  assert.is((await runCli([...base, "-r", "foreign.yaml"], audited)).exit, 1);
  const { exit, out } = await runCli([...base, "-r", "foreign.yaml", "--audit-warn"], audited);
  assert.is(exit, 0);
  assert.match(out, "failed as audit warning:");
  assert.match(lastLine(out), /fail: 0, warn: [1-9]/);
  assert.is((await runCli([...base, "-r", "foreign.yaml", "--audit-warn", "--warn-exit-code", "9"], audited)).exit, 9);
});

test("an unscored policy warns", async () => {
  assert.match(
    lastLine(
      (await runCli([...base, "-r", "foreign.yaml"], world({ annotations: 'policies.kyverno.io/scored: "false"' })))
        .out,
    ),
    /fail: 0, warn: [1-9]/,
  );
});

test("--warn-no-pass where nothing was about the resource", async () => {
  const elsewhere = world({ images: "elsewhere.example/*" });
  assert.is((await runCli([...base, "-r", "foreign.yaml"], elsewhere)).exit, 0);
  assert.is(
    (await runCli([...base, "-r", "foreign.yaml", "--warn-no-pass", "--warn-exit-code", "4"], elsewhere)).exit,
    4,
  );
});

test("a report in YAML and JSON instead of the text", async () => {
  const yaml = (await runCli([...base, "-r", "foreign.yaml", "-p"], world())).out;
  assert.match(yaml, /^apiVersion: openreports\.io\/v1alpha1\nkind: ClusterReport\n/);
  const report = JSON.parse(
    (await runCli([...base, "-r", "foreign.yaml", "-p", "--output-format", "json"], world())).out,
  );
  assert.is(report.results[0].policy, "check-images");
  assert.is(
    report.summary.fail,
    report.results.filter((result: { readonly result: string }) => result.result === "fail").length,
  );
});

test("a table, with messages on request", async () => {
  const table = (await runCli([...base, "-r", "foreign.yaml", "-t"], world())).out;
  assert.match(table, /│ 1 +│ check-images │ signed │ shop\/Pod\/foreign │ Fail +│/);
  assert.match((await runCli([...base, "-r", "foreign.yaml", "--detailed-results"], world())).out, "MESSAGE");
});

test("a policy that does not load: nothing is judged, exit 2, with its place", async () => {
  const broken = world(
    {},
    { "broken.yaml": policyFor(demo.key.pem, { name: "broken" }).replace("attestors:", "attestor:") },
  );
  const { exit, out, err } = await runCli([...base, "broken.yaml", "-r", "signed.yaml"], broken);
  assert.equal([exit, out], [2, ""]);
  assert.match(
    err,
    /^error invalid-policy: 1 policy does not load; nothing was judged: broken\.yaml:\d+:\d+: .*\n {2}fix: {2}.*\n$/,
  );
  const twice = policyFor(demo.key.pem, { name: "broken" })
    .replace("imageReferences:", "imageReference:")
    .replace("attestors:", "attestor:");
  const worse = await runCli(["apply", "broken.yaml", "-r", "signed.yaml"], world({}, { "broken.yaml": twice }));
  assert.is(worse.err.match(/^error invalid-policy: broken\.yaml:\d+:\d+: /gm)?.length, 2, "each with its place");
  assert.match(worse.err, /\nerror invalid-policy: 1 policy does not load; nothing was judged\n {2}fix: {2}.*\n$/);
});

test("--continue-on-fail applies the others and counts the refused one", async () => {
  const broken = world(
    {},
    { "broken.yaml": policyFor(demo.key.pem, { name: "broken" }).replace("attestors:", "attestor:") },
  );
  const { exit, out } = await runCli([...base, "broken.yaml", "-r", "signed.yaml", "--continue-on-fail"], broken);
  assert.is(exit, 1);
  assert.match(out, "Policies Skipped:\n1. broken: ");
  assert.match(lastLine(out), /^pass: [1-9]\d*, fail: 0, warn: 0, error: 1, skip: 0 $/);
});

test("an exception makes it a skip", async () => {
  const exception =
    "apiVersion: kyverno.io/v2\n" +
    "kind: PolicyException\n" +
    "metadata: { name: spare, namespace: shop }\n" +
    "spec:\n" +
    "  exceptions: [{ policyName: check-images, ruleNames: [signed] }]\n" +
    "  match: { any: [{ resources: { kinds: [Pod], names: [foreign] } }] }\n";
  const { exit, out } = await runCli(
    [...base, "-r", "foreign.yaml", "-e", "exception.yaml"],
    world({}, { "exception.yaml": exception }),
  );
  assert.is(exit, 0, out);
  assert.match(out, "with 1 exception(s)...");
  assert.match(lastLine(out), /skip: [1-9]/);
});

test("policies from standard input, Kyverno's flags without effect here", async () => {
  const piped = { ...world(), stdin: policyFor(demo.key.pem) };
  assert.is(
    (
      await runCli(
        [
          "apply",
          "-",
          "--layout",
          demo.folder,
          "--complete",
          "-r",
          "signed.yaml",
          "--registry=true",
          "--remove-color",
          "-n",
          "shop",
        ],
        piped,
      )
    ).exit,
    0,
  );
});

test("wrong usage: no resource, no policy, a network, an invalid exit code", async () => {
  for (const words of [
    base,
    ["apply", "-r", "signed.yaml"],
    ["apply", "https://a.example/p.yaml", "-r", "signed.yaml"],
    [...base, "-r", "signed.yaml", "--warn-exit-code", "x"],
    [...base, "-r", "gone.yaml"],
    ["apply", "gone.yaml", "-r", "signed.yaml"],
  ])
    assert.is((await runCli(words, world())).exit, 2, words.join(" "));
});

interface SarifResult {
  readonly ruleId: string;
  readonly properties: { readonly codes?: readonly string[] };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: { readonly startLine: number };
    };
  }[];
}

/** All kinds of results: proven, refuted, skipped, unknown, faulty and refused. */
const everything = async (...words: readonly string[]): Promise<TestRun> =>
  await runCli(
    [
      ...["apply", "policy #1.yaml", "broken.yaml", "--continue-on-fail", "--layout", demo.folder, "--complete"],
      ...[
        "-r",
        "signed.yaml",
        "-r",
        "pods/50% é.yaml",
        "-r",
        "unsigned.yaml",
        "-r",
        "faulty.yaml",
        "-r",
        "absent.yaml",
        ...words,
      ],
    ],
    world(
      {},
      {
        "policy #1.yaml": policyFor(demo.key.pem),
        "broken.yaml": policyFor(demo.key.pem, { name: "broken" }).replace("attestors:", "attestor:"),
        "pods/50% é.yaml": `# two containers, one image\n---\n${podFor("foreign", demo.foreign, demo.foreign)}`,
        "absent.yaml": podFor("absent", "registry.example/elsewhere/app:1"),
        "faulty.yaml": "apiVersion: v1\nkind: Pod\nmetadata: { namespace: shop }\nspec: { containers: [] }\n",
      },
    ),
  );

test("SARIF of everything: valid, at the manifest and at the policy, with codes", async () => {
  const { exit, out, err } = await everything("--output-format", "sarif");
  assert.is(exit, 1, err);
  const log = JSON.parse(out);
  assert.equal(sarifFaults(log), []);
  const results = log.runs[0].results as readonly SarifResult[];
  const foreign = results.find(({ properties }) => properties.codes?.includes("wrong-key"));
  assert.equal(
    foreign?.locations.map(({ physicalLocation: { artifactLocation, region } }) => [
      artifactLocation.uri,
      region.startLine,
    ]),
    [
      ["pods/50%25%20%C3%A9.yaml", 11],
      ["policy%20%231.yaml", 10],
    ],
  );
  assert.ok(results.some(({ properties }) => properties.codes?.includes("not-in-mirror")));
  assert.ok(results.some(({ ruleId }) => ruleId === "broken/load"));
  assert.equal(sarifFaults({ ...log, version: "2.0", more: 1 }).length, 2);
});

test("JUnit of everything: valid for Jenkins, with a code for each failure", async () => {
  const { out } = await everything("-p", "--output-format", "junit");
  const root = parseXml(out);
  assert.equal(junitFaults(root), []);
  const cases = root.children.flatMap(({ children }) => children);
  const failed = cases.find(({ children }) => children[0]?.name === "failure");
  assert.is(failed?.attributes.classname, "check-images.signed");
  assert.match(failed?.attributes.name ?? "", `signed: shop/Pod/foreign ${demo.foreign}`);
  assert.is(failed?.children[0]?.attributes.type, "wrong-key");
  assert.ok(Number(root.attributes.errors) >= 2);
});

test("a report with a row for each thing: the summary is the count of its rows", async () => {
  const report = JSON.parse((await everything("-p", "--output-format", "json")).out);
  const rows = report.results as readonly {
    readonly result: string;
    readonly properties: { readonly code?: string };
  }[];
  for (const [status, count] of Object.entries(report.summary))
    assert.is(rows.filter(({ result }) => result === status).length, count, status);
  for (const { result, properties } of rows) assert.is(properties.code === undefined, result === "pass", result);
});

test("--output-format without -p: one document of our own", async () => {
  const { out } = await everything("--output-format", "json");
  const { kind, exitCode, summary, results, refused, errors } = JSON.parse(out);
  assert.equal([kind, exitCode, refused.length > 0, errors.length], ["ApplyResult", 1, true, 1]);
  const failed = results.find(({ code }: { readonly code?: string }) => code === "wrong-key");
  assert.is(failed.resourcePosition.file, "pods/50% é.yaml");
  assert.match(failed.fix, /./);
  assert.ok(summary.fail > 0);
  assert.match(
    (await everything("--output-format", "yaml")).out,
    /^apiVersion: sallyport\.dev\/v1\nkind: ApplyResult\n/,
  );
});

test("-o json names a file, as in Kyverno, and says so", async () => {
  const { err, written } = await runCli([...base, "-r", "signed.yaml", "-o", "json"], world());
  assert.match(err, "--output-format json");
  assert.equal(Object.keys(written), ["json"]);
});

const signedPod = { "signed.yaml": podFor("signed", demo.signed), "unsigned.yaml": podFor("unsigned", demo.unsigned) };
const nothing = /(?:no policy selected an image|policies skipped the images) of 1 resource: nothing was judged/;

test("where nothing is judged, stderr says so, and what never matches; --warn-no-pass makes it a failure", async () => {
  const policy = policyFor(demo.key.pem);
  const validates = [
    "apiVersion: kyverno.io/v1",
    "kind: ClusterPolicy",
    "metadata: { name: labels }",
    "spec:",
    "  rules:",
    "    - name: labels",
    "      match: { any: [{ resources: { kinds: [Pod] } }] }",
    '      validate: { message: m, pattern: { metadata: { labels: { app: "?*" } } } }',
  ].join("\n");
  const rows: readonly (readonly [string, string, string, boolean])[] = [
    ["another name", policyFor(demo.key.pem, { images: "other.example/*" }), "signed.yaml", false],
    ["a kind in lower case", policy.replace(/(kinds:\s*(?:-\s*|\[))Pod/, "$1pod"), "signed.yaml", true],
    ["the policy as its own resource", policy, "policy.yaml", false],
    ["other rules", validates, "signed.yaml", false],
  ];
  for (const [what, text, resource, never] of rows) {
    const files = { ...signedPod, "policy.yaml": text };
    const { exit, err } = await runCli([...base, "-r", resource], { files });
    assert.is(exit, 0, `${what}: ${err}`);
    assert.match(err.replaceAll(/\s+/g, " "), nothing, what);
    assert.is(err.includes("warning: never-matches: "), never, `${what}: ${err}`);
    const gate = await runCli([...base, "-r", resource, "--warn-no-pass", "--warn-exit-code", "1"], { files });
    assert.is(gate.exit, 1, what);
  }
  const judged = await runCli([...base, "-r", "signed.yaml", "-r", "unsigned.yaml"], world());
  assert.not.match(judged.err, nothing);
});

test("-o has what is denied, as it was given, and stderr says how many", async () => {
  const written = async (...resources: readonly string[]) => {
    const words = [...base, ...resources.flatMap((path) => ["-r", path]), "-o", "out.yaml"];
    const { written: files, err } = await runCli(words, world());
    return { text: files["out.yaml"] ?? "", err: err.replaceAll(/\s+/g, " ") };
  };
  const mixed = await written("signed.yaml", "unsigned.yaml", "foreign.yaml");
  assert.match(mixed.err, "warning: 2 of 3 resources in out.yaml were not admitted");
  assert.match(mixed.text, `${demo.unsigned}\n`);
  assert.not.match((await written("signed.yaml")).err, "admitted");
});

test("what is not in the mirror has one fix, with the ways to bring it in", async () => {
  const store = tempFolder();
  assert.is((await runCli(["mirror", "add", demo.folder, "--store", store])).exit, 0);
  const whole = policyFor(demo.key.pem, { images: "*" }).replace(
    / +(?:mutateDigest|verifyDigest|required): false\n/g,
    "",
  );
  const { err } = await runCli(["apply", "p.yaml", "-r", "pod.yaml", "--store", store], {
    files: { "p.yaml": whole, "pod.yaml": podFor("a", "registry.example/none/x:1") },
  });
  const text = err.replace(/[\s\\]+/g, " ");
  assert.is(text.match(/fix for not-in-mirror/g)?.length, 1, err);
  assert.match(text, `sallyport mirror sync --store ${store} registry.example/none/x:1;`);
  assert.match(text, "or ask its registry: --online");
});

test.run();
