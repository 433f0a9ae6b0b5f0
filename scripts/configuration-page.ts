/**
 * Writes `docs/configuration.md` and `docs/config.schema.json` from the description of the settings in proxy/serve; the
 * check compares them.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configSchema } from "../proxy/serve/config-schema.ts";
import { type Named, namedSettings, type Setting } from "../proxy/serve/setting.ts";
import { settings } from "../proxy/serve/settings.ts";
import type { CheckReport } from "./check.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

const kinds: Readonly<Record<string, string>> = {
  path: "path",
  paths: "list of paths",
  texts: "list of texts",
  flag: "true or false",
  span: "span of time",
  size: "size",
  text: "text",
};

function kindOf(setting: Setting): string {
  if ("values" in setting && setting.values !== undefined) {
    const values = setting.values.map((value) => `\`${value}\``).join(", ");
    return setting.kind === "texts" ? `list of ${values}` : values;
  }
  if (setting.kind === "whole") return `number, ${setting.least} to ${setting.most}`;
  return kinds[setting.kind] ?? "";
}

const fallbackOf = (setting: Setting): string =>
  "required" in setting
    ? "required"
    : "fallback" in setting && setting.fallback !== undefined && typeof setting.fallback !== "object"
      ? `\`${setting.fallback}\``
      : "";

/** Rows of every setting below `prefix`. */
function rowsOf(setting: Setting, name: string): readonly string[] {
  if (setting.kind === "group")
    return Object.entries(setting.fields).flatMap(([key, field]) =>
      rowsOf(field, name === "" ? key : `${name}.${key}`),
    );
  if (setting.kind === "items") return rowsOf(setting.of, `${name}[]`);
  return [`| \`${name}\` | ${cell(setting.what)} | ${kindOf(setting)} | ${fallbackOf(setting)} |`];
}

const namedRow = ({ path: steps, flag, variable }: Named): string =>
  `| \`${steps.join(".")}\` | \`--${flag}\` | \`${variable}\` |`;

/** Who may be asked, by which setting, and when. */
const dialled: readonly (readonly string[])[] = [
  ["Who", "Allowed by", "When"],
  ["---", "---", "---"],
  [
    "registries",
    "`upstreams`: each `host`, and its `mirrors`",
    "a pull that the mirror cannot answer, the door's questions about images, reviews of an API server, a sync",
  ],
  ["hosts to which a registry sends its clients: for a token, for content", "the same", "with that registry's answers"],
  [
    "transparency logs",
    "policies: the `rekor.url` of their attestors, which is Sigstore's public log where they name none; for " +
      "Policies of one namespace another one only as below",
    "a review, the door's questions and a sync, where a signature lacks its entry and the policy wants one",
  ],
  [
    "the TUF repository of the trusted root",
    "`trust.tufMirror`: then it alone is asked for that root",
    "at start, and each `sync.interval`",
  ],
  [
    "other TUF repositories",
    "the trusted roots that the mirror holds from an address; Sigstore's public one where a policy " +
      "needs it and `trust.trustedRoot` names no file",
    "a review and the door's questions, where the mirror has none or one that is a day old; each sync",
  ],
  [
    "key services",
    "policies: references such as `awskms://` and `hashivault://` that are not pinned; for Policies of one " +
      "namespace only as below",
    "a review, the door's questions and a sync, where the mirror has no key or an old one",
  ],
];

/** What is asked while somebody waits, and what is not. */
const settled: readonly (readonly string[])[] = [
  ["What a decision lacks", "A review asks", "The door asks", "A sync asks"],
  ["---", "---", "---", "---"],
  ["tags, signatures, attestations, `imageRegistry` entries", "listed registries", "the same", "the same"],
  ["keys of key services", "the service", "the service", "the service"],
  ["keys in Secrets: `k8s://`", "the API server, with `policies.cluster`", "the same", "nobody: pins count"],
  ["entries of a log that a signature lacks", "the log", "the log", "the log"],
  ["trusted roots, but that of `trust.tufMirror`", "the TUF repository", "the same", "the same"],
  [
    "ConfigMaps, `apiCall` entries, namespaces",
    "the API server, with `policies.cluster`",
    "nobody: such policies are not applied",
    "nobody",
  ],
];

const page = (): string => `# Configuration of serve

Every setting of \`sallyport serve\`. \`sallyport config init\` prints them as a file with comments, \`sallyport config
check FILE\` reads one, \`sallyport config view --sources\` says where each value comes from. The rules are in
[the command line's specification](spec/command-line.md#configuration); editors take
[the JSON Schema](config.schema.json), which \`sallyport config schema\` prints. This page is generated from
\`proxy/serve/settings.ts\` by \`npm run configuration\`.

## Settings

\`[]\` is each entry of a list. A span of time is written as \`30s\`, \`5m\` or \`1d12h\`, a size as \`64MiB\`.
A path is relative to the folder of the configuration.

| Setting | What it is | Value | Default |
|---|---|---|---|
${rowsOf(settings, "").join("\n")}

## Who is dialled

In mode offline nobody but the registry of \`snapshot.from\`, where that is set, and the API server, where
\`policies.cluster\`, \`webhooks.write\` or \`tls.from: cluster\` use it: what could dial anybody else is not made. In
mode online these, and:

${dialled.map((row) => `| ${row.join(" | ")} |`).join("\n")}

Policies are those of \`policies.folders\` and \`policies.cluster\`. What is answered goes into the mirror, and is asked
for again at the age of \`admission.refresh\` (the door: \`proxy.refresh\`). While nobody can give a newer one, an
earlier key, entry or trusted root counts. A pull asks a log, a TUF repository or a key service only with
\`proxy.admit: policies\`. A sync needs \`sync.lists\`.

For a Policy of one namespace only these are asked: keys, logs and repositories of signatures that a ClusterPolicy
names or \`policies.mayAsk\` lists, Sigstore's public log, and Secrets of the Policy's own namespace. A host that comes
from a variable has to be listed for ClusterPolicies too. Anything else is \`access-denied\`, which
\`failurePolicy: Ignore\` does not overlook ([why](decisions/060-whom-policies-ask.md)). \`sallyport policy
check POLICY --config FILE\` warns of it before the policy is in force:

\`\`\`yaml
policies:
  mayAsk:
    - "awskms:///arn:aws:kms:eu-central-1:111122223333:*" # keys of one account
    - hashivault://team-a # one key of the Vault
    - https://rekor.corp # a log
    - registry.corp/signatures/* # repositories of signatures
\`\`\`

${settled.map((row) => `| ${row.join(" | ")} |`).join("\n")}

## Flags and variables

A flag wins over a variable, a variable over the file. \`--online\` and \`--offline\` are \`--mode\`. Lists are flags
that are repeated, and variables with commas. \`--listen\` and \`--upstream\` stand in place of all listeners and
upstreams of the file, with the defaults of everything but address and host.

| Setting | Flag | Variable |
|---|---|---|
${[...namedSettings(settings)].map(namedRow).join("\n")}
`;

const files = (): Readonly<Record<string, string>> => ({
  "docs/configuration.md": page(),
  "docs/config.schema.json": `${JSON.stringify(configSchema(), null, 2)}\n`,
});

/** The files say what proxy/serve/settings.ts says. */
export function checkConfigurationPage(root: string): CheckReport {
  const stale = Object.entries(files()).filter(([path, text]) => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== text;
  });
  return {
    saw: `${rowsOf(settings, "").length} settings`,
    faults: stale.map(([path]) => `${path} is out of date: run npm run configuration`),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  for (const [path, text] of Object.entries(files())) writeFileSync(join(root, path), text);
}
