/**
 * Nothing that was given is lost in silence: the files of `test/fixtures/inputs`, and others of their kinds, with what
 * is right of each. Source: docs/spec/command-line.md#given-files, docs/spec/kyverno.md#files-and-folders.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tempFolder } from "../support/temp-folder.ts";
import { entryKind, listFolder, pathKind, readFile } from "../../cli/file-system.ts";
import { runCommandLine } from "../../cli/program.ts";
import { runCli, testIO, type TestRun } from "./command-io.ts";

const test = suite("cli/given");
const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
const known = ["--layout", fixture("documentation/layout"), "--complete"];
const now = "2026-11-26T12:00:00Z";

/** The files of a folder of fixtures, as paths below it. */
function filesOf(name: string): Readonly<Record<string, string>> {
  const root = fixture(`inputs/${name}`);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [relative(root, path), readFileSync(path, "utf8")]));
}
type Files = Readonly<Record<string, string | Uint8Array>>;
const run = (words: string, files: Files, stdin?: string): Promise<TestRun> =>
  runCli([...words.split(" "), ...known], { files, now, ...(stdin === undefined ? {} : { stdin }) });
const counts = ({ out }: TestRun): string => /pass: .*skip: \d+/.exec(out)?.[0] ?? "";
const told = ({ exit, out, err }: TestRun): string => `${exit}\n${out}\n${err}`;

/** A command that decided nothing: exit code 2, nothing on stdout, and the name of what is at fault. */
async function refuses(words: string, files: Files, named: RegExp, stdin?: string): Promise<void> {
  const result = await run(words, files, stdin);
  assert.equal([result.exit, result.out], [2, ""], `${words}\n${told(result)}`);
  assert.match(result.err, /^(?:warning: .*\n|skipped: .*\n)*error (?:invalid-usage|invalid-policy|unsupported): /);
  assert.match(result.err, named);
}

const pod = (name: string, tag: string, more = ""): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop }\n${more}` +
  `spec: { containers: [{ name: main, image: "ghcr.io/kyverno/test-verify-image:${tag}" }] }\n`;
const policy = readFileSync(fixture("inputs/broken-exception-ignored/policy.yaml"), "utf8");
const base: Files = { "policy.yaml": policy, "signed.yaml": pod("a", "signed"), "unsigned.yaml": pod("b", "unsigned") };

test("a POLICY argument that holds no policy: a Pod, nothing, comments, a folder of Pods", async () => {
  const files = {
    ...base,
    "pods/a.yaml": pod("a", "signed"),
    "pods/b.yaml": pod("b", "unsigned"),
    "empty.yaml": "",
    "comments.yaml": "# nothing\n---\n# at all\n",
    "notes/readme.md": "text",
  };
  await refuses(
    "apply policy.yaml -r pods/a.yaml pods/b.yaml",
    files,
    /pods\/b\.yaml holds no policy.*did you mean -r\?/,
  );
  await refuses("apply pods -r signed.yaml", files, /pods holds no policy.*2 resources: did you mean -r\?/);
  for (const path of ["empty.yaml", "comments.yaml", "notes"]) {
    await refuses(`apply ${path} -r signed.yaml`, files, new RegExp(`${path} holds no policy`));
    await refuses(`apply policy.yaml ${path} -r signed.yaml`, files, new RegExp(`${path} holds no policy`));
    await refuses(`explain -p ${path} -r signed.yaml`, files, new RegExp(`${path} holds no policy`));
    assert.is((await runCli(["policy", "check", path], { files })).exit, 2);
  }
  await refuses("apply - -r signed.yaml", files, /standard input holds no policy/, "");
  await refuses("apply gone.yaml -r signed.yaml", files, /gone\.yaml/);
  await refuses(
    "apply utf16.yaml -r signed.yaml",
    { ...files, "utf16.yaml": Uint8Array.of(0xff, 0xfe) },
    /utf16\.yaml/,
  );
});

test("-r that holds no resource, unless --allow-empty", async () => {
  const files = {
    ...base,
    "empty.yaml": "# nothing\n",
    "none.yaml": "kind: List\napiVersion: v1\nitems: []\n",
    "d/a.txt": "x",
  };
  for (const path of ["empty.yaml", "none.yaml", "d"]) {
    await refuses(`apply policy.yaml -r ${path}`, files, new RegExp(`${path} holds no resource`));
    await refuses(`apply policy.yaml -r signed.yaml,${path}`, files, new RegExp(`${path} holds no resource`));
    await refuses(`explain -p policy.yaml -r ${path}`, files, new RegExp(`${path} holds no resource`));
    const allowed = await run(`apply policy.yaml -r ${path} -r signed.yaml --allow-empty`, files);
    assert.equal([allowed.exit, counts(allowed)], [0, "pass: 2, fail: 0, warn: 0, error: 0, skip: 0"], told(allowed));
  }
  await refuses("apply - -r -", files, /standard input can be read only once/, policy);
  await refuses(
    "apply policy.yaml -r nu.yaml",
    { ...files, "nu.yaml": Uint8Array.of(0xff, 0xfe) },
    /nu\.yaml is not text/,
  );
  await refuses("apply policy.yaml -r broken.yaml", { ...files, "broken.yaml": "a: [" }, /broken\.yaml:1:5/);
});

test("a mounted ConfigMap is read once, behind links too", async () => {
  const folder = join(tempFolder(), "mount");
  mkdirSync(join(folder, "..2026"), { recursive: true });
  writeFileSync(join(folder, "..2026", "p.yaml"), readFileSync(fixture("inputs/configmap-mount.yaml")));
  symlinkSync("..2026", join(folder, "..data"));
  symlinkSync("..data/p.yaml", join(folder, "p.yaml"));
  const resource = join(folder, "..", "signed.yaml");
  writeFileSync(resource, pod("a", "signed"));
  const { io, seen } = testIO({ now });
  const onDisk = {
    ...io,
    readFile,
    listFolder,
    pathKind,
    entryKind,
  };
  const exit = await runCommandLine(["apply", folder, "-r", resource, ...known], onDisk);
  const { out, err } = seen;
  assert.is(exit, 0, err);
  assert.match(out, "Applying 3 policy rule(s) to 1 resource(s)...");
  assert.match(out, "pass: 2, fail: 0, warn: 0, error: 0, skip: 0");
});

test("a folder with other YAML: one line counts it; the same files named are not usable", async () => {
  const files = filesOf("folder-with-other-yaml");
  const result = await run("apply policies -r resource.yaml", files);
  assert.equal([result.exit, counts(result)], [0, "pass: 2, fail: 0, warn: 0, error: 0, skip: 0"], told(result));
  assert.is(
    result.err,
    "skipped: 2 of the documents are not Kubernetes objects: " +
      "policies/artifacthub-pkg.yml, policies/kustomization.yaml\n",
  );
  const checked = await runCli(["policy", "check", "policies"], { files });
  assert.is(checked.exit, 0, told(checked));
  await refuses("apply policies/kustomization.yaml -r resource.yaml", files, /policies\/kustomization\.yaml/);
  await refuses("apply policies -r policies/artifacthub-pkg.yml", files, /artifacthub-pkg\.yml holds no resource/);
  const among = { ...files, "d/kustomization.yaml": "resources: []\n", "d/Chart.yaml": "apiVersion: v2\nname: c\n" };
  const judged = await run("apply policies -r d", { ...among, "d/pod.yaml": pod("a", "unsigned") });
  assert.equal([judged.exit, counts(judged)], [1, "pass: 0, fail: 2, warn: 0, error: 0, skip: 0"], told(judged));
  assert.match(
    judged.err,
    "skipped: 2 of the documents are not Kubernetes objects: d/Chart.yaml, d/kustomization.yaml",
  );
  const beside = await run("apply d -r resource.yaml", {
    ...files,
    "d/a.yaml": `${files["policies/policy.yaml"]}---\napiVersion: v1\nkind: Namespace\nmetadata: { name: n }\n`,
  });
  assert.is(beside.exit, 0);
  assert.match(beside.err, "skipped: 1 of the resources are not policies: d/a.yaml\n");
});

test("a document of a folder that is meant as an object is not skipped", async () => {
  for (const text of ["Kind: ClusterPolicy\nApiVersion: kyverno.io/v1\n", "kind: ClusterPolicy\nspec: { rules: [] }\n"])
    await refuses("apply d -r signed.yaml", { ...base, "d/p.yaml": policy, "d/q.yaml": text }, /d\/q\.yaml:1:1/);
  const resource = await run("apply policy.yaml -r d", {
    ...base,
    "d/a.yaml": pod("a", "unsigned").replace("kind", "Kind"),
  });
  assert.equal([resource.exit, counts(resource)], [1, "pass: 0, fail: 0, warn: 0, error: 1, skip: 0"], told(resource));
});

test("exceptions among policies count only with the flag", async () => {
  const files = filesOf("exception-in-policy-path");
  const silent = await run("apply policies -r resource.yaml", files);
  assert.equal([silent.exit, counts(silent)], [1, "pass: 0, fail: 2, warn: 0, error: 0, skip: 0"], told(silent));
  assert.match(
    silent.err,
    "1 exception among the policies does not count (policies/exception.yaml:1:1): to let them count, give " +
      "--exceptions-within-policies",
  );
  const counted = await run("apply policies -r resource.yaml --exceptions-within-policies", files);
  assert.equal([counted.exit, counts(counted)], [0, "pass: 0, fail: 0, warn: 0, error: 0, skip: 2"], told(counted));
  const switched = await run(
    "apply policies -r resource.yaml --exceptions-within-policies --exceptions-within-policies=false",
    files,
  );
  assert.is(switched.exit, 1);
  assert.is((await run("explain -p policies -r resource.yaml", files)).exit, 1);
  assert.is((await run("explain -p policies -r resource.yaml --exceptions-within-policies", files)).exit, 0);
  assert.is((await run("explain -p policies/policy.yaml -e policies/exception.yaml -r resource.yaml", files)).exit, 0);
  const tested = await run("test kyverno-test.yaml", files);
  assert.is(tested.exit, 0, told(tested));
  assert.match(tested.out, "Test Summary: 2 tests passed and 0 tests failed");
  await refuses("apply policies/exception.yaml -r resource.yaml", files, /there are exceptions, but no policy/);
});

test("exceptions among resources count only with the flag", async () => {
  const files = filesOf("exception-in-policy-path");
  const words = "apply policies/policy.yaml -r resource.yaml -r policies/exception.yaml";
  const silent = await run(words, files);
  assert.is(silent.exit, 1);
  assert.match(silent.err, "warning: 1 exception among the resources does not count (policies/exception.yaml:1:1)");
  for (const flag of ["--exceptions-with-resources", "--exceptions-within-resources"])
    assert.equal(counts(await run(`${words} ${flag}`, files)), "pass: 0, fail: 0, warn: 0, error: 0, skip: 2");
  const broken = {
    ...files,
    "policies/exception.yaml": (files["policies/exception.yaml"] ?? "").replace("policyName", "policy"),
  };
  await refuses(`${words} --exceptions-with-resources`, broken, /policies\/exception\.yaml:\d+:\d+/);
});

test("a broken exception file is an error: of -e and of a test's exceptions", async () => {
  const files: Files = {
    ...filesOf("broken-exception-ignored"),
    "v1.yaml": (filesOf("broken-exception-ignored")["exception.yaml"] ?? "").replace("kyverno.io/v2", "kyverno.io/v1"),
    "cel.yaml": "apiVersion: policies.kyverno.io/v1\nkind: PolicyException\nmetadata: { name: a }\nspec: {}\n",
    "empty.yaml": "",
    "d/readme.md": "",
  };
  for (const name of [
    "exception.yaml",
    "not-yaml.yaml",
    "resource.yaml",
    "v1.yaml",
    "cel.yaml",
    "policy.yaml",
    "empty.yaml",
    "d",
    "gone.yaml",
  ]) {
    await refuses(`apply policy.yaml -r resource.yaml -e ${name}`, files, new RegExp(name.replace(".", "\\.")));
    await refuses(`explain -p policy.yaml -r resource.yaml -e ${name}`, files, new RegExp(name.replace(".", "\\.")));
    const suiteText =
      "apiVersion: cli.kyverno.io/v1alpha1\nkind: Test\nmetadata: { name: t }\npolicies: [policy.yaml]\n" +
      `resources: [resource.yaml]\nexceptions: [${name}]\n` +
      "results: [{ policy: base, rule: signed, kind: Pod, resources: [a], result: fail }]\n";
    const tested = await run("test kyverno-test.yaml", { ...files, "kyverno-test.yaml": suiteText });
    assert.is(tested.exit, 2, `${name}\n${told(tested)}`);
  }
});

test("values and users: unknown fields, unknown names, and files that say nothing", async () => {
  const files = filesOf("values-and-userinfo-typos");
  await refuses(
    "apply policy.yaml -r resource.yaml -u userinfo.yaml",
    files,
    /unknown field; did you mean "username"\?\n.*userinfo\.yaml:4:12/,
  );
  await refuses(
    "apply policy.yaml -r resource.yaml -f values.yaml",
    files,
    /unknown field; did you mean "globalValues"\?\n.*values\.yaml:4:1/,
  );
  await refuses("explain -p policy.yaml -r resource.yaml -u userinfo.yaml", files, /userinfo\.yaml:4:12/);
  const bob = { ...files, "userinfo.yaml": (files["userinfo.yaml"] ?? "").replace("usrname", "username") };
  assert.equal(
    counts(await run("apply policy.yaml -r resource.yaml -u userinfo.yaml", bob)),
    "pass: 0, fail: 2, warn: 0, error: 0, skip: 0",
  );
  const values = (text: string) => ({
    ...files,
    "values.yaml": `apiVersion: cli.kyverno.io/v1alpha1\nkind: Values\n${text}\n`,
  });
  const words = "apply policy.yaml -r resource.yaml -f values.yaml";
  await refuses(words, values("policies: [{ name: bse, rules: [] }]"), /policy "bse".*did you mean "base"/);
  await refuses(
    words,
    values("policies: [{ name: base, rules: [{ name: singed, values: { a: b } }] }]"),
    /rule of the policy base "singed"/,
  );
  await refuses(words, values("policies: [{ name: base, resource: [] }]"), /unknown field; did you mean "resources"/);
  await refuses(words, values("subresources: [{}]"), /subresources/);
  await refuses(words, values("globalValues: {}"), /values\.yaml sets no value/);
  const unused = await run(words, values("policies: [{ name: base, resources: [{ name: x, values: { a: b } }] }]"));
  assert.match(unused.err, 'warning: values.yaml: values for the resource "x", which does not exist');
  for (const rule of ["signed", "autogen-signed"])
    assert.not.equal(
      (await run(words, values(`policies: [{ name: base, rules: [{ name: ${rule}, values: { a: b } }] }]`))).exit,
      2,
    );
  for (const text of ["userInfo: {}", "metadata: { name: u }"])
    await refuses(
      "apply policy.yaml -r resource.yaml -u userinfo.yaml",
      { ...files, "userinfo.yaml": `kind: UserInfo\n${text}\n` },
      /names no user/,
    );
});

test("a Namespace of --cluster-resource gives its labels to every selector", async () => {
  const files = filesOf("namespace-labels");
  const words = "apply policy.yaml -r resource.yaml";
  assert.is((await run(words, files)).exit, 0, "as Kyverno: a namespace that no file has has no labels");
  const judged = await run(`${words} --cluster-resource namespace.yaml`, files);
  assert.equal([judged.exit, counts(judged)], [1, "pass: 0, fail: 2, warn: 0, error: 0, skip: 0"], told(judged));
  assert.is((await run("explain -p policy.yaml -r resource.yaml --cluster-resource namespace.yaml", files)).exit, 1);
  const text = files["policy.yaml"] ?? "";
  const selector = "namespaceSelector: {matchLabels: {signing: required}}";
  const excluded = text
    .replace(`kinds: [Pod], ${selector}`, "kinds: [Pod]")
    .replace("      verifyImages:", `      exclude: {any: [{resources: {${selector}}}]}\n      verifyImages:`);
  assert.is((await run(words, { ...files, "policy.yaml": excluded })).exit, 1);
  assert.is((await run(`${words} --cluster-resource namespace.yaml`, { ...files, "policy.yaml": excluded })).exit, 0);
  const overridden = text
    .replace(`, ${selector}`, "")
    .replace(
      "validationFailureAction: Enforce",
      `validationFailureAction: Audit\n  validationFailureActionOverrides: [{action: Enforce, ${selector}}]`,
    )
    .replace("attestors:", "mutateDigest: false\n          attestors:");
  const warned = await run(`${words} --audit-warn`, { ...files, "policy.yaml": overridden });
  assert.equal([warned.exit, counts(warned)], [0, "pass: 0, fail: 0, warn: 2, error: 0, skip: 0"], told(warned));
  const enforced = await run(`${words} --audit-warn --cluster-resource namespace.yaml`, {
    ...files,
    "policy.yaml": overridden,
  });
  assert.equal([enforced.exit, counts(enforced)], [1, "pass: 0, fail: 2, warn: 0, error: 0, skip: 0"], told(enforced));
  const values = "kind: Values\nnamespaceSelector: [{ name: shop, labels: { signing: optional } }]\n";
  assert.is(
    (await run(`${words} --cluster-resource namespace.yaml -f v.yaml`, { ...files, "v.yaml": values })).exit,
    0,
    "values win",
  );
  await refuses(
    `${words} --cluster-resource resource2.yaml`,
    { ...files, "resource2.yaml": "apiVersion: v1\nkind: Namespace\n" },
    /resource2\.yaml/,
  );
  const wrapped =
    "apiVersion: cli.kyverno.io/v1alpha1\nkind: ClusterResource\nspec:\n  resources:\n" +
    "  - { apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { signing: required } } }\n";
  assert.is((await run(`${words} --cluster-resource w.yaml`, { ...files, "w.yaml": wrapped })).exit, 1);
});

test("a faulty resource fails alone and is counted, and the others are judged", async () => {
  const faulty: Readonly<Record<string, string>> = {
    "no name": "apiVersion: v1\nkind: Pod\nmetadata: { namespace: shop }\nspec: {}\n",
    "no metadata": "apiVersion: v1\nkind: Pod\nspec: {}\n",
    "a name that is a number": "apiVersion: v1\nkind: Pod\nmetadata: { name: 1 }\n",
    "no apiVersion": "kind: Pod\nmetadata: { name: a }\n",
    "items: null": "apiVersion: v1\nkind: List\nitems: null\n",
    "items that are no list": "apiVersion: v1\nkind: PodList\nitems: {}\n",
    "an item that is a text": "apiVersion: v1\nkind: List\nitems: [a]\n",
    "a document that is a list": "[]\n",
    "a document without kind": "a: b\n",
    "a __proto__ key": filesOf("extractor-proto")["task.yaml"] ?? "",
  };
  for (const [name, text] of Object.entries(faulty)) {
    const files = { ...base, "r.yaml": [pod("a", "signed"), text, pod("b", "unsigned")].join("---\n") };
    const result = await run("apply policy.yaml -r r.yaml", files);
    assert.equal(
      [result.exit, counts(result)],
      [1, "pass: 2, fail: 2, warn: 0, error: 1, skip: 0"],
      `${name}\n${told(result)}`,
    );
    assert.match(result.err, /resource r\.yaml:\d+:\d+ could not be judged: \[malformed\]/, name);
    assert.match(result.out, "to 3 resource(s)...", name);
    const report = JSON.parse((await run("apply policy.yaml -r r.yaml -p --output-format json", files)).out);
    assert.equal(report.summary, { error: 1, fail: 2, pass: 2, skip: 0, warn: 0 }, name);
    assert.is(report.results.length, 5, name);
    const explained = await run("explain -p policy.yaml -r r.yaml -o json", files);
    const { decisions, errors } = JSON.parse(explained.out);
    assert.equal([explained.exit, decisions.length, errors.length, errors[0].code], [1, 2, 1, "malformed"], name);
  }
  const alone = await run("apply policy.yaml -r r.yaml", { ...base, "r.yaml": faulty["no name"] ?? "" });
  assert.equal([alone.exit, counts(alone)], [1, "pass: 0, fail: 0, warn: 0, error: 1, skip: 0"], told(alone));
  for (const form of ["junit", "sarif", "markdown", "yaml"])
    assert.match(
      (
        await run(`apply policy.yaml -r r.yaml -p --output-format ${form}`, {
          ...base,
          "r.yaml": faulty["no name"] ?? "",
        })
      ).out,
      "r.yaml:1:1",
      form,
    );
});

test("a list is taken apart as kubectl does it", async () => {
  const item = (name: string, tag: string) =>
    `  - metadata: { name: ${name}, namespace: shop }\n` +
    `    spec: { containers: [{ name: c, image: "ghcr.io/kyverno/test-verify-image:${tag}" }] }\n`;
  const typed = `apiVersion: v1\nkind: PodList\nitems:\n${item("a", "unsigned")}`;
  const named = item("a", "unsigned").replace("- metadata", "- apiVersion: v1\n    kind: Pod\n    metadata");
  const hidden = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\nitems:\n${named}`;
  for (const text of [typed, hidden]) {
    const result = await run("apply policy.yaml -r r.yaml", { ...base, "r.yaml": text });
    assert.equal([result.exit, counts(result)], [1, "pass: 0, fail: 2, warn: 0, error: 0, skip: 0"], told(result));
  }
});

test("what one entry skips, the others judge", async () => {
  const files = filesOf("skip-entry");
  const skipping = await run("apply skip-ab.yaml -r pod.yaml", files);
  assert.equal([skipping.exit, counts(skipping)], [1, "pass: 0, fail: 1, warn: 0, error: 0, skip: 1"], told(skipping));
  assert.is((await run("apply skip-b.yaml -r pod.yaml", files)).exit, 1);
  const inProd = await run("apply policy-ns.yaml -r pod.yaml --cluster-resource ns.yaml", files);
  assert.is(inProd.exit, 1, told(inProd));
  await refuses("apply policy-typo.yaml -r pod.yaml", files, /policy-typo\.yaml:\d+:\d+.*operator/);
});

test.run();
