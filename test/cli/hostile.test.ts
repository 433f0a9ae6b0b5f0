/**
 * Hostile texts in every place that strangers write, through every command and format: nothing of them is carried out,
 * ends its line, cell or element, or looks like a line of ours. Source: docs/spec/command-line.md#text-from-outside.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDocument } from "yaml";
import { parseXml } from "../support/xml.ts";
import { runCli, type TestRun } from "./command-io.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { ImageLayout } from "./demo-image.ts";
import { demoLayout, repository } from "./demo-layout.ts";
import { forged, hiddenSigns, hostileTexts } from "./hostile-texts.ts";

const test = suite("cli/hostile");
const demo = demoLayout();
const knowledge = ["--layout", demo.folder, "--complete"];

/** Nothing that a screen or a build server would carry out. */
function requireHarmless(text: string, where: string): void {
  const found = hiddenSigns.exec(text);
  assert.is(
    found,
    null,
    `${where}: ${JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 60)).slice(0, 160))}`,
  );
}
function requireNoForgedLine(text: string, where: string): void {
  for (const line of text.split("\n")) {
    assert.not(line.startsWith(forged), `${where}: ${line}`);
    assert.not.match(line, /^\s*::(?:error|set-output) |##\[|##vso\[/, `${where}: ${line}`);
  }
}

const formats: Readonly<Record<string, (text: string, where: string) => void>> = {
  text: requireNoForgedLine,
  json: (text) => void JSON.parse(text),
  yaml: (text, where) => assert.equal(parseDocument(text).errors, [], where),
  junit: (text) => void parseXml(text),
  sarif: (text) => void JSON.parse(text),
  markdown: (text, where) => {
    const rows = text.split("\n").filter((line) => line !== "" && !/^(?:pass|fix|policy|error|\d)/.test(line));
    const columns = (row: string): number => row.replaceAll("\\\\", "").replaceAll("\\|", "").split("|").length;
    for (const row of rows) {
      assert.is(columns(row), columns(rows[0] ?? ""), `${where}: ${row}`);
      assert.not.match(row.replaceAll(/\\./g, ""), /[[<`*]/, `${where}: ${row}`);
    }
  },
};

function requireFormat({ out, err }: TestRun, format: string, where: string): void {
  requireHarmless(out, `${where}, stdout`);
  requireHarmless(err, `${where}, stderr`);
  requireNoForgedLine(err, `${where}, stderr`);
  if (out !== "") formats[format]?.(out, where);
}

/** A text as YAML has it in quotes, whatever is in it. */
const quoted = (text: string): string =>
  `"${[...text]
    .map((sign) =>
      /^[ -~]$/.test(sign) && sign !== '"' && sign !== "\\"
        ? sign
        : sign.length === 2
          ? `\\U${(sign.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`
          : `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
    .join("")}"`;

const policy = (text: string): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: ${quoted(text)}
  annotations: { policies.kyverno.io/title: ${quoted(text)}, policies.kyverno.io/category: ${quoted(text)} }
spec:
  validationFailureAction: Enforce
  rules:
    - name: ${quoted(text.slice(0, 60))}
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages:
        - imageReferences: ["*"]
          attestors:
            - entries:
                - keyless: { subject: ${quoted(text)}, issuer: ${quoted(text)}, rekor: { url: ${quoted(text)} } }
        - imageReferences: ["registry.example/*"]
          attestors:
            - entries:
                - keys: { publicKeys: ${JSON.stringify(demo.key.pem)}, rekor: { ignoreTlog: true } }
              count: 1
`;
const pod = (text: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${quoted(text)}, namespace: ${quoted(text)}, labels: { a: ${quoted(text)} } }
spec:
  containers:
    - { name: ${quoted(text)}, image: ${JSON.stringify(demo.unsigned)} }
    - { name: b, image: ${quoted(text)} }
    - { name: c, image: ${JSON.stringify(demo.signed)} }
`;
const kinds = (text: string): string => `apiVersion: ${quoted(text)}
kind: ${quoted(text)}
metadata: { name: a }
${quoted(text)}: ${quoted(text)}
`;
const testFile = (text: string): string => `apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: { name: ${quoted(text)} }
policies: [policy.yaml]
resources: [pod.yaml]
results:
  - policy: ${quoted(text)}
    rule: ${quoted(text.slice(0, 60))}
    resources: [${quoted(text)}]
    kind: Pod
    result: pass
`;
const trustedRoot = (text: string): string =>
  JSON.stringify({ mediaType: text, tlogs: [{ baseUrl: text, hashAlgorithm: text }], [text]: 1 });

test("names, labels, images, policies and kinds, in apply, explain and test", async () => {
  for (const text of hostileTexts) {
    const files = {
      "policy.yaml": policy(text),
      "pod.yaml": pod(text),
      "odd.yaml": kinds(text),
      "kyverno-test.yaml": testFile(text),
    };
    const judged = ["-r", "pod.yaml", "-r", "odd.yaml", ...knowledge];
    const runs: readonly (readonly [string, readonly string[]])[] = [
      ["text", ["apply", "policy.yaml", ...judged]],
      ["text", ["apply", "policy.yaml", ...judged, "--table", "--detailed-results"]],
      ...["json", "yaml", "junit", "sarif", "markdown"].map(
        (format) => [format, ["apply", "policy.yaml", ...judged, "--output-format", format]] as const,
      ),
      ["json", ["apply", "policy.yaml", ...judged, "-p", "--output-format", "json"]],
      ["yaml", ["apply", "policy.yaml", ...judged, "-p", "--output-format", "yaml"]],
      ["text", ["explain", "-p", "policy.yaml", ...judged]],
      ["json", ["explain", "-p", "policy.yaml", ...judged, "-o", "json"]],
      ["yaml", ["explain", "-p", "policy.yaml", ...judged, "-o", "yaml"]],
      ["text", ["test", "kyverno-test.yaml", ...knowledge, "--detailed-results"]],
      ...["json", "yaml", "junit", "markdown"].map(
        (format) => [format, ["test", "kyverno-test.yaml", ...knowledge, "-o", format]] as const,
      ),
      ["text", ["policy", "check", "policy.yaml"]],
      ["json", ["policy", "check", "policy.yaml", "-o", "json"]],
    ];
    for (const [format, words] of runs)
      requireFormat(await runCli(words, { files }), format, `${JSON.stringify(text)}: ${words.slice(0, 2).join(" ")}`);
  }
});

test("words of the command line, names of files, and documents that are something else", async () => {
  for (const text of hostileTexts) {
    const files = { [text]: "x", "root.json": trustedRoot(text), "broken.yaml": `a: b\n${text}: [\n`, "x.txt": text };
    const commands: readonly (readonly string[])[] = [
      ["verify", "--key", "x.txt", ...knowledge, text],
      ["verify", "--key", text, ...knowledge, demo.signed],
      ["verify", "--certificate-identity", text, "--certificate-oidc-issuer", text, ...knowledge, demo.signed],
      ["verify-attestation", "--key", "x.txt", "--type", text, ...knowledge, demo.signed],
      ["apply", text, "-r", text],
      ["apply", "broken.yaml", "-r", "broken.yaml"],
      ["apply", "x.txt", "-r", "x.txt"],
      ["policy", "check", text],
      ["explain", "-p", "x.txt", text],
      ["trust", "show", "root.json"],
      ["trust", "show", text],
      ["jp", "query", "-i", "x.txt", text],
      ["jp", "parse", text],
      ["jp", "function", text],
      ["test", text],
      ["mirror", "distrust", "add", text, text, "--reason", text],
      ["mirror", "ls", "--store", text],
      [text],
      ["verify", `--${text}`],
      ["verify", "-o", text, demo.signed],
      ["help", text],
      ["tree", ...knowledge, text],
      ["download", "signature", ...knowledge, text],
      ["download", "attestation", "--predicate-type", text, ...knowledge, demo.signed],
      ["completion", text],
      ["env", text],
    ];
    for (const words of commands)
      requireFormat(await runCli(words, { files }), "text", `${JSON.stringify(text)}: ${words.slice(0, 3).join(" ")}`);
  }
});

test("what is signed: identities, annotations, predicates and types are shown as text", async () => {
  for (const text of hostileTexts) {
    const files = { "key.pub": demo.key.pem };
    const verify = ["verify", "--key", "key.pub", "--insecure-ignore-tlog", ...knowledge];
    for (const [format, more] of [
      ["text", ["-a", `env=${text}`]],
      ["json", ["-a", `env=${text}`, "-o", "json"]],
      ["yaml", ["-a", `env=${text}`, "-o", "yaml"]],
    ] as const)
      requireFormat(await runCli([...verify, ...more, demo.signed], { files }), format, JSON.stringify(text));
  }
});

test("what hangs on an image: types and annotations that its signer chose", async () => {
  for (const text of hostileTexts) {
    const folder = tempFolder();
    const layout = new ImageLayout(folder);
    const digest = layout.addImage(`${repository}:odd`, "odd");
    layout.addSignature(repository, digest, demo.key, { [text]: text, env: text });
    layout.addAttestation(repository, digest, demo.key, text, { [text]: text });
    const files = { "key.pub": demo.key.pem };
    const there = ["--layout", folder, "--complete", `${repository}:odd`];
    const byKey = ["--key", "key.pub", "--insecure-ignore-tlog", ...there];
    for (const [format, words] of [
      ["text", ["tree", ...there]],
      ["json", ["tree", "-o", "json", ...there]],
      ["yaml", ["tree", "-o", "yaml", ...there]],
      ["text", ["verify", ...byKey]],
      ["json", ["verify", "-o", "json", ...byKey]],
      ["text", ["verify-attestation", ...byKey]],
      ["text", ["verify-attestation", "--type", "slsaprovenance", ...byKey]],
      ["yaml", ["verify-attestation", "--type", text, "-o", "yaml", ...byKey]],
    ] as const)
      requireFormat(await runCli(words, { files }), format, `${JSON.stringify(text)}: ${words.slice(0, 2).join(" ")}`);
    for (const what of ["signature", "attestation"]) {
      const { out, err } = await runCli(["download", what, ...there], { files });
      requireHarmless(`${out}${err}`, `${JSON.stringify(text)}: download ${what}`);
      for (const line of out.split("\n").filter((line) => line !== "")) JSON.parse(line);
    }
  }
});

test.run();
