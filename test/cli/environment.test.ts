import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flagVariable, fromEnvironment, type VariableRow, variables } from "../../cli/environment.ts";
import { readSources } from "../../scripts/source-text.ts";
import { runCli, testIO } from "./command-io.ts";
import { demoLayout } from "./demo-layout.ts";
import { podFor, policyFor } from "./demo-policy.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("cli/environment");
const demo = demoLayout();
const files = {
  "key.pub": demo.key.pem,
  "other.pub": demo.other.pem,
  "check.yaml": policyFor(demo.key.pem),
  "pod.yaml": podFor("web", demo.signed),
};
const layout = ["--layout", demo.folder, "--complete"];
const verify = ["verify", "--insecure-ignore-tlog", ...layout, demo.signed];

test("a variable that is read is remembered; an empty one is as none", () => {
  const { io } = testIO({ env: { SALLYPORT_STORE: "a", TUF_ROOT_JSON: "" } });
  assert.equal(
    [fromEnvironment("SALLYPORT_STORE", io), fromEnvironment("TUF_ROOT_JSON", io), [...io.used]],
    ["a", undefined, ["SALLYPORT_STORE"]],
  );
  assert.is(flagVariable("--certificate-identity"), "COSIGN_CERTIFICATE_IDENTITY");
});

test("a verdict that a variable changed says so, in text and in JSON; a flag wins over the variable", async () => {
  const env = { COSIGN_KEY: "other.pub" };
  const { exit, err, out } = await runCli([...verify, "-o", "json"], { files, env });
  assert.is(exit, 12);
  assert.match(err, "note: this result depends on the environment: COSIGN_KEY\n");
  assert.equal(JSON.parse(out).environment, ["COSIGN_KEY"]);
  const given = await runCli([...verify, "--key", "key.pub", "-o", "json"], { files, env });
  assert.equal([given.exit, given.err, JSON.parse(given.out).environment], [0, "", undefined]);
  const elsewhere = await runCli([...verify, "--key", "key.pub"], {
    files,
    env: { COSIGN_REPOSITORY: "r.example/sigs" },
  });
  assert.equal(
    [elsewhere.exit, /^note: this result depends on the environment: COSIGN_REPOSITORY$/m.test(elsewhere.err)],
    [5, true],
  );
});

test("a variable that only says where the mirror is has no note, and is in the document", async () => {
  const store = `${tempFolder()}/mirror`;
  assert.is((await runCli(["mirror", "add", demo.folder, "--complete", "--store", store])).exit, 0);
  const words = ["verify", "--insecure-ignore-tlog", "--key", "key.pub", demo.signed];
  const run = (env: Readonly<Record<string, string>>, ...more: readonly string[]) =>
    runCli([...words, ...more], { files, env: { SALLYPORT_STORE: store, ...env } });
  const silent = await run({});
  const document = await run({}, "-o", "json");
  const beside = await run({ COSIGN_REPOSITORY: "r.example/sigs" });
  assert.equal([silent.exit, silent.err, JSON.parse(document.out).environment], [0, "", ["SALLYPORT_STORE"]]);
  assert.match(beside.err, /^note: this result depends on the environment: COSIGN_REPOSITORY$/m);
});

test("variables of flags: switches in Go's form, and two that contradict each other are refused", async () => {
  const words = ["verify", ...layout, "--key", "key.pub", demo.signed];
  const withTlog = async (value: string) =>
    (await runCli(words, { files, env: { COSIGN_INSECURE_IGNORE_TLOG: value } })).exit;
  assert.equal(await Promise.all(["true", "1", "false", "maybe"].map(withTlog)), [0, 0, 3, 2]);
  assert.is(
    (await runCli([...verify, "--key", "key.pub"], { files, env: { COSIGN_CERTIFICATE_IDENTITY: "a" } })).exit,
    2,
  );
});

test("a variable that could narrow and does not is named by every command that decides, with what to use", async () => {
  const policies = [
    ["apply", "check.yaml", "-r", "pod.yaml", ...layout],
    ["explain", "-p", "check.yaml", "-r", "pod.yaml", ...layout],
  ];
  for (const [name, row] of Object.entries<VariableRow>(variables)) {
    if (row.instead === undefined) continue;
    const env = { [name]: "junk" };
    for (const words of policies)
      assert.match((await runCli(words, { files, env })).err, `note: ${name} is set: `, name);
    if (row.flagsOnly === true) continue;
    assert.match((await runCli([...verify, "--key", "key.pub"], { files, env })).err, `note: ${name} is set: `, name);
  }
});

test("whatever cosign reads to verify is in the table", () => {
  const names =
    "COSIGN_REPOSITORY COSIGN_MAX_ATTACHMENT_SIZE COSIGN_EXPERIMENTAL SIGSTORE_ROOT_FILE TUF_ROOT TUF_MIRROR";
  const files = "SIGSTORE_REKOR_PUBLIC_KEY SIGSTORE_CT_LOG_PUBLIC_KEY_FILE SIGSTORE_TSA_CERTIFICATE_FILE TUF_ROOT_JSON";
  for (const name of `${names} ${files}`.split(" ")) {
    const row: VariableRow | undefined = variables[name as keyof typeof variables];
    assert.ok(row?.does === "decides" || row?.instead !== undefined || name === "COSIGN_EXPERIMENTAL", name);
  }
});

/** Names that are read off the environment in a text: as members, or as names in quotes. */
function namesReadIn(text: string): readonly string[] {
  const families = "SSL|NODE|REGISTRY|DOCKER|XDG|HTTPS?|NO|KUBE\\w*|VAULT|BAO|TRANSIT|AWS|AZURE|GOOGLE|CLOUDSDK|GITHUB";
  const members = text.matchAll(/\benv\.([A-Za-z]\w*_\w+|[A-Z]{4,})\b/g);
  const quoted = text.matchAll(new RegExp(`(?<=["{, ])((?:${families})_[A-Z_]+)(?=[",: ])`, "g"));
  return [...members, ...quoted].map(([, name = ""]) => name);
}

test("whatever the program reads to ask is in the table", () => {
  const sources = readSources(projectRoot, ["proxy/upstream"]);
  const names = new Set(sources.flatMap(({ text }) => namesReadIn(text.replaceAll(/\/\*.*?\*\/|\/\/.*$/gms, ""))));
  for (const known of ["HOME", "USERPROFILE"]) names.delete(known);
  assert.ok(names.size > 30, [...names].join());
  for (const name of names) assert.ok(Object.hasOwn(variables, name), name);
});

test.run();
