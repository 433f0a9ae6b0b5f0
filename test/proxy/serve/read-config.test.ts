/** Every setting, wrong in each way that it can be, and where values come from. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { type ConfigInput, filesOf, readConfig, requireConfig } from "../../../proxy/serve/read-config.ts";
import { type Group, namedSettings, type Setting } from "../../../proxy/serve/setting.ts";
import { settings } from "../../../proxy/serve/settings.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/serve/read-config");

const head = "apiVersion: sallyport.dev/v1alpha1\nkind: Config\n";
const read = (text: string | undefined, rest: Partial<ConfigInput> = {}) =>
  readConfig({
    ...(text === undefined ? {} : { file: { name: "etc/c.yaml", text } }),
    flags: {},
    env: {},
    limits: defaultLimits,
    ...rest,
  });
const places = (text: string): readonly string[] =>
  read(text).faults.map(({ place, message }) => `${place} ${message}`);

interface Leaf {
  /** The document with this value at the setting's place, in flow style so that it is one line. */
  document(value: string): string;
  readonly setting: Setting;
  readonly name: string;
}

/** Every setting that holds a value, in groups and in items of lists. `wrap`: the document around fields. */
function* leaves(group: Group, wrap: (fields: string) => string, prefix = ""): Generator<Leaf> {
  for (const [key, setting] of Object.entries(group.fields)) {
    const name = `${prefix}${key}`;
    if (setting.kind === "group") yield* leaves(setting, (fields) => wrap(`${key}: { ${fields} }`), `${name}.`);
    else if (setting.kind === "items")
      yield* leaves(setting.of, (fields) => wrap(`${key}: [{ ${fields} }]`), `${name}[0].`);
    else yield { name, setting, document: (value) => wrap(`${key}: ${value}`) };
  }
}

const whole = (fields: string): string => `{ apiVersion: sallyport.dev/v1alpha1, kind: Config, ${fields} }`;
const all = [...leaves(settings, whole)];

/** Values of every type that a kind does not take. */
const wrong: Readonly<Record<string, readonly string[]>> = {
  text: ["1", "true", "[a]", "{ a: b }", '""'],
  path: ["1", "true", "[a]", "{ a: b }", '""'],
  texts: ["a", "1", "{ a: b }", "[1]", "[[a]]"],
  paths: ["a", "1", "{ a: b }", "[1]", "[[a]]"],
  flag: ['"true"', "1", "[true]", "{ a: b }"],
  whole: ['"1"', "true", "[1]", "1.5", "-1", "99999999999"],
  span: ["30", "true", "[1s]", "1x", "-1s", '""', "1.5h", "999999d"],
  size: ["30", "true", "[1MiB]", "1x", "-1MiB", '""', "999999999999Ti", "999999TiB"],
};

test("every setting refuses every wrong type and what is out of its range, at its line", () => {
  let count = 0;
  for (const { name, setting, document } of all)
    for (const value of wrong[setting.kind] ?? []) {
      const { config, faults } = read(document(value));
      const own = faults.filter(({ message }) => message.startsWith(name));
      assert.is(config, undefined, `${name}: ${value}`);
      assert.ok(own.length > 0, `${name}: ${value}: ${JSON.stringify(faults)}`);
      for (const { place } of own) assert.match(place, /^etc\/c\.yaml:1:\d+$/);
      count += 1;
    }
  assert.ok(all.length > 45 && count > 200, `${all.length} settings, ${count} values`);
});

test("choices are named, with the one that was probably meant", () => {
  const table: readonly (readonly [string, string])[] = [
    [
      "mode: onlin",
      'etc/c.yaml:3:1 mode: expected one of "offline", "online", found the string "onlin"; did you mean "online"?',
    ],
    [
      "proxy: { failurePolicy: ignore }",
      'etc/c.yaml:3:10 proxy.failurePolicy: expected one of "Fail", "Ignore", found the string "ignore"; ' +
        'did you mean "Ignore"?',
    ],
    [
      "listeners: [{ address: ':1', serves: [metric] }]",
      'etc/c.yaml:3:39 listeners[0].serves[0]: expected one of "registry", "trust", "health", "metrics", ' +
        '"admission", found the string "metric"; did you mean "metrics"?',
    ],
  ];
  for (const [text, fault] of table) assert.equal(places(`${head}${text}\n`), [fault]);
});

test("unknown fields are faults at every level, with the nearest name", () => {
  const table: readonly (readonly [string, string])[] = [
    ["modus: online", "modus: unknown field; the fields here are apiVersion"],
    ["proxy: { refres: 5m }", 'proxy.refres: unknown field; did you mean "refresh"?'],
    ["proxy: { layers: { keep: true } }", "proxy.layers.keep: unknown field; the fields here are store, size"],
    [
      "upstreams: [{ host: a.io, credential: {} }]",
      'upstreams[0].credential: unknown field; did you mean "credentials"?',
    ],
    ["listeners: [{ address: ':1', tls: { cert: a } }]", "listeners[0].tls.cert: unknown field"],
  ];
  for (const [text, message] of table) {
    const found = read(`${head}${text}\n`).faults;
    assert.ok(found.some((fault) => fault.message.startsWith(message)) && found.length === 1, JSON.stringify(found));
  }
});

test("a file that is no configuration is a fault, not an error", () => {
  for (const text of [
    "",
    "a",
    "[]",
    "- 1",
    `${head}---\n${head}`,
    "kind: Config\n",
    `${head}mode: [`,
    "{",
    "\t",
    "a: b: c",
  ])
    assert.ok(read(text).faults.length > 0, JSON.stringify(text));
  assert.match(places("apiVersion: v1\nkind: Config\n")[0] ?? "", /^etc\/c\.yaml:1:1 apiVersion: expected one of/);
});

test("a flag wins over a variable, a variable over the file, the file over the default; each says so", () => {
  const text = `${head}log: { level: warn, format: json }\nstore: store\nproxy:\n`;
  const { config, shown, faults } = read(text, {
    flags: { "log-level": "error" },
    env: { SALLYPORT_LOG_LEVEL: "debug", SALLYPORT_PROXY_REFRESH: "1h", SALLYPORT_UPSTREAM: "ghcr.io, quay.io" },
  });
  assert.equal(faults, []);
  assert.equal(config?.log, { level: "error", format: "json" });
  assert.is(config?.proxy.refresh, 3_600_000);
  assert.is(config?.store, "etc/store");
  assert.equal(
    config?.upstreams.map(({ host }) => host),
    ["ghcr.io", "quay.io"],
  );
  const from = new Map(shown.map((one) => [one.name, one.from]));
  assert.is(from.get("log.level"), "--log-level");
  assert.is(from.get("log.format"), "etc/c.yaml:3");
  assert.is(from.get("proxy.refresh"), "SALLYPORT_PROXY_REFRESH");
  assert.is(from.get("upstreams[1].host"), "SALLYPORT_UPSTREAM");
  assert.is(from.get("upstreams[1].concurrency"), "default");
  assert.is(from.get("limits.drain"), "default");
  assert.is(from.get("listeners[0].address"), "default");
});

test("each flag and variable sets its setting, and refuses what the file would", () => {
  const good: Readonly<Record<string, string>> = { whole: "7", span: "7m", size: "8KiB", flag: "true" };
  for (const { path, setting, flag, variable } of namedSettings(settings)) {
    const values = "values" in setting ? setting.values : undefined;
    const value = values?.[0] ?? good[setting.kind] ?? (setting.kind === "items" ? "127.0.0.1:1" : "word");
    const name = path.join(".");
    for (const given of [{ flags: { [flag]: value } }, { env: { [variable]: value } }]) {
      const { shown } = read(undefined, given);
      const from = "flags" in given ? `--${flag}` : variable;
      assert.ok(
        shown.some((one) => one.name.startsWith(name) && one.from === from) || name === "proxy.noMatch",
        `${from} ${value}`,
      );
    }
    const bad = values !== undefined ? "nonsense" : good[setting.kind] === undefined ? "" : "nonsense";
    if (bad === "") continue;
    const { faults, config } = read(undefined, { env: { [variable]: bad } });
    assert.is(config, undefined, variable);
    assert.equal(
      faults.map(({ place }) => place),
      [variable],
    );
  }
});

test("secrets are not shown; one in the file is a warning", () => {
  const text = `${head}mode: offline\nupstreams:\n- { host: a.io, credentials: { username: bot, password: geheim } }\n`;
  const { shown, warnings } = read(text);
  assert.is(shown.find(({ name }) => name === "upstreams[0].credentials.password")?.value, "***");
  assert.not.match(JSON.stringify(shown), /geheim/);
  assert.equal(
    warnings.map(({ place }) => place),
    ["etc/c.yaml:5:47"],
  );
});

test("requireConfig throws the first fault with its place, and tells the others", () => {
  const found = throwsCode("invalid-config", () => requireConfig(read(`${head}mode: x\nlog: 1\n`)));
  assert.is(found.subject, "etc/c.yaml:3:1");
  assert.match(found.message, /1 more: etc\/c\.yaml:4:1/);
});

test("files that are read again are those that settings name, once, below the configuration's folder", () => {
  const listener = "address: ':1', tls: { from: files, certificate: tls/c, key: /k }, auth: { by: token, file: t }";
  const text = `${head}listeners: [{ ${listener} }]
upstreams: [{ host: a.io, ca: ../ca }, { host: b.io, ca: ../ca }]\n`;
  assert.equal(filesOf(requireConfig(read(text))), ["etc/tls/c", "/k", "etc/t", "ca"]);
});

test.run();
