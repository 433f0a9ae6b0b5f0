import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type LoadedPolicies, loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { skipped, vectorsDir } from "../support/vectors.ts";

const test = suite("documentation/policies");
const vectors = vectorsDir();
const read = (file: string): string => readFileSync(join(vectors ?? "", "documentation", file), "utf8");
const load = (text: string): LoadedPolicies => loadPolicies([{ name: "policy.yaml", text }]);
const indent = (text: string, spaces: number): string => text.replace(/^(?=.)/gm, " ".repeat(spaces));

/** The smallest policy around fields of a rule. */
const around = (rule: string, kind = "Pod"): string =>
  [
    "apiVersion: kyverno.io/v1\n" +
      "kind: ClusterPolicy\n" +
      "metadata: {name: wrapped}\n" +
      "spec:\n" +
      "  validationFailureAction: Enforce\n" +
      "  background: false\n" +
      "  rules:",
    `  - name: wrapped\n    match: {any: [{resources: {kinds: [${kind}]}}]}`,
    indent(rule, 4),
  ].join("\n");

/** Lines of PEM blocks that stand at the level of their key, moved below it. */
const indentBlocks = (text: string): string => {
  let inBlock = false;
  return text
    .split("\n")
    .map((line) => {
      const moved = inBlock ? `  ${line}` : line;
      if (/pubKey: \|-$/.test(line)) inBlock = true;
      else if (line.includes("-----END")) inBlock = false;
      return moved;
    })
    .join("\n");
};

/** Expects refusal as `invalid-policy` at a line, with the hint. */
function refuses(text: string, line: number, hint: RegExp): void {
  const { policies, errors } = load(text);
  assert.is(policies.length, 0);
  assert.equal(
    errors.map((error) => [error.code, error.line]),
    [["invalid-policy", line]],
  );
  assert.ok(errors.every((error) => error.column > 1));
  assert.match(errors[0]?.message ?? "", hint);
}

if (vectors === undefined) skipped("documentation/policies", 14, "SALLYPORT_VECTORS is not set");
else {
  const whole = [
    "01-signature-by-key",
    "02-skip-image-references",
    "03-attestation-code-review",
    "04-certificate-and-chain",
    "05-certificate-chain-only",
    "06-keyless",
    "08-annotations",
    "16-extractor-task-run",
    "17-extractor-pipeline-run",
  ];
  for (const name of whole) {
    test(`${name} loads unchanged`, () => {
      const { policies, errors } = load(read(`${name}.yaml`));
      assert.equal(errors, []);
      assert.equal(
        policies.map((policy) => policy.spec.validationFailureAction),
        ["Enforce"],
      );
      assert.equal(
        policies.flatMap((policy) => policy.spec.rules.map((rule) => rule.kind)),
        ["verifyImages"],
      );
    });
  }

  test("01: defaults and values", () => {
    const [policy] = load(read("01-signature-by-key.yaml")).policies;
    const [entry] = policy?.spec.rules[0]?.verifyImages ?? [];
    const keys = entry?.attestors[0]?.entries[0]?.keys;
    assert.is(entry?.attestors[0]?.count, 1);
    assert.is(entry?.mutateDigest && entry.verifyDigest && entry.required, true);
    assert.ok(
      keys?.publicKeys?.startsWith("-----BEGIN PUBLIC KEY-----\n") &&
        keys.publicKeys.endsWith("-----END PUBLIC KEY-----"),
    );
    assert.equal(keys?.rekor, { ignoreTlog: true, url: "https://rekor.sigstore.dev" });
    assert.is(policy?.spec.webhookTimeoutSeconds, 30);
  });

  test("12, 13 and 19 load in the smallest rule around them", () => {
    for (const file of ["12-signature-repository.fragment.yaml", "13-ignore-tlog.fragment.yaml"]) {
      const { policies, errors } = load(around(read(file).replaceAll(/^\.\.\.$/gm, "")));
      assert.equal(errors, [], file);
      assert.is(policies.length, 1, file);
    }
    const extractor =
      `${read("19-extractor-data-volume.fragment.yaml")}\n` +
      "verifyImages:\n" +
      '- imageReferences: ["*"]\n' +
      "  mutateDigest: false\n";
    const { policies, errors } = load(around(extractor, "DataVolume"));
    assert.equal(errors, []);
    assert.equal(
      policies[0]?.spec.rules[0]?.imageExtractors?.DataVolume?.map((found) => found.jmesPath),
      ["trim_prefix(@, 'docker://')"],
    );
  });

  test("12: the repository is read", () => {
    const { policies } = load(around(read("12-signature-repository.fragment.yaml").replaceAll(/^\.\.\.$/gm, "")));
    assert.is(policies[0]?.spec.rules[0]?.verifyImages[0]?.repository, "registry.io/signatures");
  });

  test("07: unquoted braces are refused with the hint to quote, at the line", () => {
    const fragment = read("07-keyless-github-workflow.fragment.yaml");
    refuses(around(`verifyImages:\n- imageReferences: ["*"]\n${indent(fragment, 2)}`), 19, /quote/);
    const one = fragment.replace(/^.*githubWorkflowRepository.*\n/m, "");
    refuses(around(`verifyImages:\n- imageReferences: ["*"]\n${indent(one, 2)}`), 19, /quote/);
    const quoted = fragment.replaceAll(/: (\{\{.*)$/gm, ': "$1"');
    const { policies, errors } = load(around(`verifyImages:\n- imageReferences: ["*"]\n${indent(quoted, 2)}`));
    assert.equal(errors, []);
    assert.is(policies[0]?.warnings.length, 7);
    assert.ok(policies[0]?.warnings.every(({ message }) => /placeholder/.test(message)));
  });

  test("14 and 15: block scalars at the level of their key are refused with a hint; indented, they load", () => {
    for (const [file, line] of [
      ["14-ignore-sct.fragment.yaml", 25],
      ["15-custom-rekor-and-ctlog-key.fragment.yaml", 23],
    ] as const) {
      const fragment = read(file);
      refuses(around(fragment), line, /indent the text below "pubKey: \|"/);
      const { policies, errors } = load(around(indentBlocks(fragment)));
      assert.equal(errors, [], file);
      const keys = policies[0]?.spec.rules[0]?.verifyImages[0]?.attestors[0]?.entries[0]?.keys;
      assert.match(keys?.rekor?.pubKey ?? "", /BEGIN PUBLIC KEY/);
      assert.match(keys?.ctlog?.pubKey ?? "", /BEGIN PUBLIC KEY/);
    }
  });
}

test.run();
