import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/config");
const head = "apiVersion: sallyport.dev/v1alpha1\nkind: Config\n";

test("check: what is wrong with its place, and the exit code", async () => {
  const files = {
    "m/mirror.db": "",
    "good.yaml": `${head}store: m\n`,
    "bad.yaml": `${head}mode: onlin\nlogs: {}\n`,
    "none.yaml": "",
  };
  assert.equal(await runCli(["config", "check", "good.yaml"], { files }), {
    exit: 0,
    out: "good.yaml loads; 0 errors, 0 warnings\n",
    err: "",
    written: {},
  });
  const bad = await runCli(["config", "check", "bad.yaml"], { files });
  assert.is(bad.exit, 2);
  assert.match(bad.out, /^error invalid-config: bad\.yaml:3:1: mode: .*did you mean "online"\?\n/);
  assert.match(bad.out, /bad\.yaml:4:1: logs: unknown field; did you mean "log"\?\n/);
  assert.match(bad.out, /does not load; 2 errors, 0 warnings\n$/);
  assert.is((await runCli(["config", "check", "none.yaml"], { files })).exit, 2);
  assert.is((await runCli(["config", "check", "missing.yaml"], { files })).exit, 2);
  assert.is((await runCli(["config", "check", "-"], { stdin: head })).exit, 0);
});

test("check: what is named and is not there, with its line, unless --no-files", async () => {
  const text = `${head}store: m
listeners: [{ address: "127.0.0.1:0", auth: { by: htpasswd, file: users } }]
upstreams: [{ host: a.io, ca: ca.pem, credentials: { tokenFile: token } }]
policies: { folders: [p, here] }
`;
  const files = {
    "etc/c.yaml": text,
    "etc/here/a.yaml": "",
    "online.yaml": `${head}mode: online\nstore: m\nupstreams: [{ host: a.io }]\n`,
  };
  const { exit, out } = await runCli(["config", "check", "etc/c.yaml"], { files });
  assert.is(exit, 2);
  for (const line of [
    "etc/c.yaml:3: store: etc/m is not there",
    "etc/c.yaml:4: listeners[0].auth.file: etc/users is not there",
    "etc/c.yaml:5: upstreams[0].ca: etc/ca.pem is not there",
    "etc/c.yaml:5: upstreams[0].credentials.tokenFile: etc/token is not there",
    "etc/c.yaml:6: policies.folders: etc/p is not there",
  ])
    assert.match(out, `error invalid-config: ${line}\n`);
  assert.match(out, "does not load; 5 errors");
  assert.is((await runCli(["config", "check", "--no-files", "etc/c.yaml"], { files })).exit, 0);
  assert.is((await runCli(["config", "check", "online.yaml"], { files })).exit, 0, "an online server makes it");
});

test("check takes its file as an argument, by --config, or where serve finds it, and never twice", async () => {
  const files = { "m/mirror.db": "", "a.yaml": `${head}store: m\n`, "sallyport.yaml": `${head}store: m\n` };
  for (const [words, named, env] of [
    [["a.yaml"], "a.yaml", {}],
    [["-c", "a.yaml"], "a.yaml", {}],
    [["--config", "a.yaml"], "a.yaml", {}],
    [[], "a.yaml", { SALLYPORT_CONFIG: "a.yaml" }],
    [[], "sallyport.yaml", {}],
  ] as const) {
    const { exit, out } = await runCli(["config", "check", ...words], { files, env });
    assert.equal([exit, out], [0, `${named} loads; 0 errors, 0 warnings\n`]);
  }
  assert.is((await runCli(["config", "check", "a.yaml", "-c", "a.yaml"], { files })).exit, 2);
  const none = await runCli(["config", "check"], { files: {} });
  assert.is(none.exit, 2);
  assert.match(none.err, "error invalid-usage: no configuration is here");
});

test("check reads the file alone: no flag, no variable", async () => {
  const { exit } = await runCli(["config", "check", "a.yaml"], {
    files: { "a.yaml": head },
    env: { SALLYPORT_MODE: "x" },
  });
  assert.is(exit, 0);
});

test("init prints what check accepts", async () => {
  const { out } = await runCli(["config", "init"]);
  assert.is((await runCli(["config", "check", "a.yaml"], { files: { "a.yaml": out } })).exit, 0);
});

test("schema prints the schema itself, and the document around it", async () => {
  const schema = JSON.parse((await runCli(["config", "schema"])).out);
  assert.is(schema.title, "Config");
  assert.equal(JSON.parse((await runCli(["config", "schema", "-o", "json"])).out).schema, schema);
});

test("the flags that Kyverno's documentation adds to its Deployment are flags here", async () => {
  const words = [
    "--webhooktimeout=15",
    "--imagePullSecrets=regcred,shop/other",
    "--tufRoot=r.json",
    "--tufMirror=https://tuf.corp",
  ];
  const { out } = await runCli(["config", "view", "--sources", "-c", "c.yaml", ...words], {
    files: { "c.yaml": `${head}store: m\n` },
  });
  for (const [name, value, flag] of [
    ["webhooks.timeoutSeconds", "15", "--webhooktimeout"],
    ["cluster.imagePullSecrets", "regcred, shop/other", "--imagePullSecrets"],
    ["trust.tufRoot", "r.json", "--tufRoot"],
    ["trust.tufMirror", "https://tuf.corp", "--tufMirror"],
  ] as const)
    assert.ok(
      out.split("\n").some((line) => line.replaceAll(/ +/g, " ").trim() === `${name} ${value} ${flag}`),
      out,
    );
});

test("view: where each value comes from, and which file was found", async () => {
  const text = `${head}store: m\nlog: { level: warn }\nupstreams: [{ host: a.io, credentials: { tokenEnv: T } }]\n`;
  const files = { "sallyport.yaml": text, "other.yaml": `${head}store: other\n` };
  const view = (words: readonly string[], env: Record<string, string> = {}) =>
    runCli(["config", "view", "--sources", ...words], { files, env });
  const found = await view(["--log-format", "json"], { SALLYPORT_LOG_LEVEL: "debug", T: "geheim" });
  assert.is(found.exit, 0);
  for (const line of [
    /^store +m +sallyport\.yaml:3$/m,
    /^log\.level +debug +SALLYPORT_LOG_LEVEL$/m,
    /^log\.format +json +--log-format$/m,
    /^proxy\.refresh +5m +default$/m,
    /^upstreams\[0\]\.credentials\.tokenEnv +T +sallyport\.yaml:5$/m,
  ])
    assert.match(found.out, line);
  assert.not.match(found.out, /geheim/);
  assert.match((await view(["-c", "other.yaml"])).out, /^store +other +other\.yaml:3$/m);
  assert.match((await view([], { SALLYPORT_CONFIG: "other.yaml" })).out, /^store +other +other\.yaml:3$/m);
  assert.match((await view(["--online", "--upstream", "b.io"])).out, /^mode +online +--mode$/m);
  assert.is((await view(["-c", "missing.yaml"])).exit, 2);
  assert.match((await view(["--log-level", "loud"])).err, /error invalid-config: /);
});

test("view: a flag in both spellings that other programs' pages have; help shows one", async () => {
  const shown = async (...flags: readonly string[]) => {
    const { out } = await runCli(["config", "view", "--sources", "--config", "c.yaml", ...flags], {
      files: { "c.yaml": `${head}store: m\n` },
    });
    return /^webhooks\.timeoutSeconds +(.*)$/m.exec(out)?.[1]?.replace(/ +/, " ");
  };
  assert.is(await shown("--webhooktimeout=15"), "15 --webhooktimeout");
  assert.is(await shown("--webhookTimeout=15"), "15 --webhooktimeout");
  assert.is(await shown("--webhookTimeout", "15"), "15 --webhooktimeout");
  assert.is(await shown("--webhookTimeout=15", "--webhooktimeout=12"), "12 --webhooktimeout");
  assert.not.match((await runCli(["serve", "--help"])).out, /webhookTimeout /);
});

test.run();
