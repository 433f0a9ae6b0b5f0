/** Every flag of the programs whose habits the commands follow, and every flag that narrows what is accepted. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, type Option } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { otherFlags } from "../../../cli/input/other-flags.ts";
import { commands } from "../../../cli/program.ts";
import { runCli, testIO } from "../command-io.ts";

const test = suite("cli/input/other-flags");
const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));

interface Row {
  readonly long: string;
  readonly short: string | undefined;
  readonly takesValue: boolean;
  readonly does: string;
  readonly dialling: string;
}

function readTable(file: string): readonly Row[] {
  return readFileSync(`${fixtures}/flags/${file}.txt`, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [form = "", does = "", dialling = ""] = line.split("\t");
      const long = /^--[\w-]+/.exec(form)?.[0] ?? "";
      return { long, short: /, (-\w)$/.exec(form)?.[1], takesValue: form.includes(" VALUE"), does, dialling };
    });
}

/** The command with its options, as the program defines it. */
async function commandOf(name: string, sub?: string): Promise<Command> {
  const command = new Command(name);
  (await commands.find((entry) => entry.name === name)?.load())?.define(command, {
    io: testIO().io,
    finish: () => undefined,
  });
  return command.commands.find((one) => one.name() === sub) ?? command;
}

const tables: readonly (readonly [file: string, table: keyof typeof otherFlags, command: string, sub?: string])[] = [
  ["cosign-3.1.3-verify", "verify", "verify"],
  ["cosign-3.1.3-verify-attestation", "verify-attestation", "verify-attestation"],
  ["kyverno-1.19.0-apply", "apply", "apply"],
  ["kyverno-1.19.0-test", "test", "test"],
  ["kyverno-1.19.0-jp-query", "jp", "jp", "query"],
  ["kyverno-1.19.0-jp-parse", "jp", "jp", "parse"],
];

for (const [file, table, name, sub] of tables)
  test(`${file}: each flag is there, in its form, and does what the table says`, async () => {
    const command = await commandOf(name, sub);
    const { out } = await runCli([name, ...(sub === undefined ? [] : [sub]), "--help"]);
    const rows = readTable(file);
    const others = new Map(otherFlags[table].map((row) => [/--[\w-]+/.exec(row.flags)?.[0], row]));
    for (const row of rows) {
      const option = command.options.find(({ long }) => long === row.long) as Option;
      assert.ok(option, `${row.long} is missing`);
      assert.equal([row.long, option.required], [row.long, row.takesValue]);
      if (row.short !== undefined) {
        // `test -o` is `--output` here, of which Kyverno's `--output-format` is another name.
        const lettered = command.options.find(({ short }) => short === row.short);
        assert.ok(lettered === option || option.long === "--output-format", `${row.short} ${row.long}`);
      }
      const other = others.get(row.long);
      assert.equal(
        [row.long, row.does, row.dialling],
        [row.long, other?.does ?? "effect", other?.dialling ?? "effect"],
      );
      if (other !== undefined) assert.is(out.split(new RegExp(`${row.long}(?![\\w-])`)).length, 2, `${row.long}: once`);
    }
    assert.equal(
      [...others.keys()].filter((long) => !rows.some((row) => row.long === long)),
      [],
      "no flag of its own",
    );
  });

const folder = `${fixtures}/documentation`;
const trust = (name: string): string => `trust/${name}`;
const files = Object.fromEntries(
  ["release.pub", "someone-else.pub", "trusted-root.json", "fulcio.pem", "root.pem", "leaf.pem"].map((name) => [
    trust(name),
    readFileSync(`${folder}/trust/${name}`),
  ]),
);
const world = {
  files: { ...files, "other-root.json": readFileSync(`${fixtures}/messages/given-files/root.json`), empty: "" },
};
const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}) => runCli(words, { ...world, env });

const image = "ghcr.io/kyverno/test-verify-image";
const layout = ["--layout", `${folder}/layout`, "--complete"];
const root = ["--trusted-root", trust("trusted-root.json")];
const key = ["--key", trust("release.pub"), "--insecure-ignore-tlog"];
const ada = ["--certificate-identity", "ada@example.com", "--certificate-oidc-issuer", "https://accounts.google.com"];
const workflow = [
  ...["--certificate-identity-regexp", "^https://github.com/acme/app/"],
  ...["--certificate-oidc-issuer", "https://token.actions.githubusercontent.com"],
];
const signed = ["verify", ...layout, ...key, `${image}:signed`];
const keyless = ["verify", ...layout, ...root, ...ada, `${image}:signed-keyless`];
const keylessTag = ["verify", ...layout, ...root, ...ada, `${image}:signed-keyless-by-cosign-2`];
const release = ["verify", ...layout, ...root, ...workflow, "ghcr.io/acme/app:v1.2.0"];
const claims = ["verify", ...layout, ...key, "ghcr.io/myorg/myimage:copy"];
const attested = ["verify-attestation", ...layout, ...root, ...workflow, "--type", "slsaprovenance1"];
const attestedImage = "ghcr.io/acme/app:v1.2.0";

/** The words with the value of a flag replaced, or with the flag added. */
function withFlag(words: readonly string[], flag: string, value: string): readonly string[] {
  const at = words.indexOf(flag);
  return at === -1 ? [...words, flag, value] : [...words.slice(0, at + 1), value, ...words.slice(at + 2)];
}

/** A flag that narrows: words that pass, a value with which they pass, and one with which they do not. */
const narrowing: readonly (readonly [words: readonly string[], flag: string, good: string, bad: string])[] = [
  [signed, "--key", trust("release.pub"), trust("someone-else.pub")],
  [signed, "--signature-digest-algorithm", "sha256", "sha512"],
  [claims, "--annotations", "sig=copy", "sig=original"],
  [claims, "-a", "sig=copy", "sig=copy,more=1"],
  [keyless, "--certificate-identity", "ada@example.com", "eve@example.com"],
  [keyless, "--certificate-oidc-issuer", "https://accounts.google.com", "https://accounts.example.com"],
  [release, "--certificate-identity-regexp", "acme/app", "acme/other"],
  [
    ["verify", ...layout, ...root, ...ada.slice(0, 2), `${image}:signed-keyless`],
    ...(["--certificate-oidc-issuer-regexp", "google", "github"] as const),
  ],
  [release, "--certificate-github-workflow-name", "Release", "Build"],
  [release, "--certificate-github-workflow-ref", "refs/tags/v1.2.0", "refs/heads/main"],
  [release, "--certificate-github-workflow-repository", "acme/app", "acme/other"],
  [release, "--certificate-github-workflow-sha", "bfdd017a5317b62557d876a67abf8818efe65081", "0".repeat(40)],
  [release, "--certificate-github-workflow-trigger", "push", "pull_request"],
  [keyless, "--trusted-root", trust("trusted-root.json"), "other-root.json"],
  [keylessTag, "--ca-roots", trust("fulcio.pem"), trust("root.pem")],
  [keylessTag, "--certificate-chain", trust("fulcio.pem"), trust("root.pem")],
  [[...attested, attestedImage], "--type", "slsaprovenance1", "spdxjson"],
];
for (const [words, flag, good, bad] of narrowing)
  test(`${flag} ${bad}: another verdict`, async () => {
    assert.is((await run(withFlag(words, flag, good))).exit, 0);
    const { exit } = await run(withFlag(words, flag, bad));
    assert.ok(exit >= 3, `exit ${exit}`);
    const variable = `COSIGN_${flag.replace(/^--?/, "").replaceAll("-", "_").toUpperCase()}`;
    const at = words.indexOf(flag);
    if (!flag.startsWith("--") || variable === "COSIGN_TYPE") return;
    const without = at === -1 ? words : [...words.slice(0, at), ...words.slice(at + 2)];
    for (const [value, wanted] of [
      [good, 0],
      [bad, exit],
    ] as const) {
      const fromVariable = await run(without, { [variable]: value });
      assert.is(fromVariable.exit, wanted, `${variable}=${value}: ${fromVariable.err}`);
      assert.match(fromVariable.err, `note: this result depends on the environment: ${variable}\n`);
    }
  });

test("timestamps: demanded, and by whom", async () => {
  assert.is((await run([...keyless, "--use-signed-timestamps"])).exit, 0);
  assert.is((await run([...keylessTag, "--use-signed-timestamps"])).exit, 14);
  const wrong = ["--timestamp-certificate-chain", trust("root.pem")];
  assert.is((await run([...keyless, "--use-signed-timestamps", ...wrong])).exit, 14);
  assert.ok((await run([...keyless, ...wrong])).exit >= 3);
});

test("a log that was named is not taken for asked", async () => {
  const words = ["verify", ...layout, ...root, "--key", trust("release.pub"), `${image}:signed`];
  assert.is((await run([...words, "--rekor-url", "https://rekor.example"])).exit, 5);
  for (const flag of ["--insecure-ignore-tlog", "--private-infrastructure"])
    assert.is((await run([...words, flag])).exit, 0, flag);
});

const refusedValues: Readonly<Record<string, string>> = { "--attachment": "sbom" };

for (const [name, words] of [
  ["verify", signed],
  ["verify-attestation", [...attested, attestedImage]],
] as const)
  test(`${name}: what is refused is refused, by flag and by variable, with what to use`, async () => {
    for (const { flags, does, whenFalse } of otherFlags[name]) {
      const long = /--[\w-]+/.exec(flags)?.[0] ?? "";
      const isSwitch = !flags.includes("<");
      const variable = `COSIGN_${long.slice(2).replaceAll("-", "_").toUpperCase()}`;
      const value = whenFalse === true ? "false" : isSwitch ? "true" : (refusedValues[long] ?? "empty");
      for (const given of [
        await run([...words, isSwitch ? `${long}=${value}` : long, ...(isSwitch ? [] : [value])]),
        await run(words, { [variable]: value }),
      ]) {
        const refuses = does === "refused" || whenFalse === true;
        assert.is(given.exit, refuses ? 2 : 0, `${long}: ${given.err}`);
        if (refuses) assert.match(given.err, /^error unsupported: .*: .{20}/);
      }
      if (isSwitch && whenFalse !== true) assert.is((await run([...words, `${long}=false`])).exit, 0, `${long}=false`);
    }
    assert.is((await run([...words, "--check-claims=false"])).exit, 2);
    assert.is((await run(words, { COSIGN_CHECK_CLAIMS: "false" })).exit, 2);
  });

test("Kyverno's commands refuse what they would have to ask for, and take the rest", async () => {
  const policy = readFileSync(`${folder}/policies/01-signature-by-key.yaml`);
  const pod = JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", namespace: "b" },
    spec: { containers: [{ name: "c", image: `${image}:signed` }] },
  });
  for (const { flags, does } of otherFlags.apply) {
    const long = /--[\w-]+/.exec(flags)?.[0] ?? "";
    const value = flags.includes("<") ? ["1"] : [];
    const { exit, err } = await runCli(["apply", "p.yaml", "-r", "pod.json", ...layout, long, ...value], {
      files: { "p.yaml": policy, "pod.json": pod },
    });
    assert.is(exit, does === "refused" ? 2 : 0, `${long}: ${err}`);
    if (does === "refused") assert.match(err, /^error unsupported: /);
  }
  assert.is((await run(["test", "tests", "-b", "main"])).exit, 2);
  assert.match((await run(["jp", "query", "-v=6", "`1`", "-i", trust("trusted-root.json")])).out, "# `1`");
});

test.run();
