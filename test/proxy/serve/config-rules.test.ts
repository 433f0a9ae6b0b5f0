/** Settings that contradict, lack or need another: what is refused, what is warned of, and what is fine. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { type ConfigInput, readConfig } from "../../../proxy/serve/read-config.ts";

const test = suite("proxy/serve/config-rules");

const head = "apiVersion: sallyport.dev/v1alpha1\nkind: Config\n";
const read = (text: string, rest: Partial<ConfigInput> = {}) =>
  readConfig({ file: { name: "etc/c.yaml", text }, flags: {}, env: {}, limits: defaultLimits, ...rest });

/** Settings that contradict each other, or lack each other: text and the setting that is named. */
const together: readonly (readonly [string, string])[] = [
  ["listeners: []", "listeners"],
  ["listeners: [{ address: 127.0.0.1 }]", "listeners[0].address"],
  ["listeners: [{ address: '0.0.0.0:5000' }]", "listeners[0].address"],
  ["listeners: [{ address: ':5000' }]", "listeners[0].address"],
  ["listeners: [{ address: 'proxy.corp:5000' }]", "listeners[0].address"],
  ["listeners: [{ address: ':1', plainHTTP: true, tls: { from: own } }]", "listeners[0].plainHTTP"],
  ["listeners: [{ address: '127.0.0.1:1' }, { address: '127.0.0.1:1', name: b }]", "listeners[1].address"],
  ["listeners: [{ address: '127.0.0.1:1', name: a }, { address: '127.0.0.1:2', name: a }]", "listeners[1].name"],
  ["listeners: [{ address: ':1', tls: { from: files, key: k } }]", "listeners[0].tls.certificate"],
  ["listeners: [{ address: ':1', tls: { from: files, certificate: k } }]", "listeners[0].tls.key"],
  ["listeners: [{ address: ':1', tls: { from: own, key: k } }]", "listeners[0].tls.key"],
  ["listeners: [{ address: '127.0.0.1:1', tls: { names: [a] } }]", "listeners[0].tls.names"],
  ["listeners: [{ address: '127.0.0.1:1', auth: { by: token } }]", "listeners[0].auth.file"],
  ["listeners: [{ address: '127.0.0.1:1', auth: { file: f } }]", "listeners[0].auth.file"],
  [
    "listeners: [{ address: '127.0.0.1:1', auth: { by: token, file: f, subjects: [a] } }]",
    "listeners[0].auth.subjects",
  ],
  ["listeners: [{ address: '127.0.0.1:1', auth: { by: certificate, file: f } }]", "listeners[0].auth.by"],
  ["upstreams: [{ host: 'https://ghcr.io' }]", "upstreams[0].host"],
  ["upstreams: [{ host: ghcr.io/org }]", "upstreams[0].host"],
  ["upstreams: [{ host: a.io }, { host: a.io }]", "upstreams[1].host"],
  ["upstreams: [{ host: a.io, mirrors: [cache.corp] }]", "upstreams[0].mirrors[0]"],
  ["upstreams: [{ host: a.io, mirrors: ['https://u:p@cache.corp'] }]", "upstreams[0].mirrors[0]"],
  ["upstreams: [{ host: a.io, mirrors: ['ftp://cache.corp'] }]", "upstreams[0].mirrors[0]"],
  ["upstreams: [{ host: a.io, authoritative: true }]", "upstreams[0].authoritative"],
  ["upstreams: [{ host: a.io, clientKey: k }]", "upstreams[0].clientKey"],
  ["upstreams: [{ host: a.io, plainHTTP: true, ca: c }]", "upstreams[0].ca"],
  ["upstreams: [{ host: a.io, plainHTTP: true, insecure: true }]", "upstreams[0].insecure"],
  ["upstreams: [{ host: a.io, credentials: { username: u } }]", "upstreams[0].credentials.username"],
  ["upstreams: [{ host: a.io, credentials: { passwordFile: f } }]", "upstreams[0].credentials.passwordFile"],
  ["upstreams: [{ host: a.io, credentials: { tokenFile: f, tokenEnv: E } }]", "upstreams[0].credentials.tokenEnv"],
  ["mode: online", "mode"],
  ["sync: { lists: [images.txt] }", "sync.lists"],
  ["proxy: { admit: policies }", "proxy.admit"],
  ["proxy: { noMatch: deny }", "proxy.noMatch"],
  ["trust: { mode: pin, digest: 'sha256:12' }", "trust.digest"],
  [`trust: { digest: 'sha256:${"0".repeat(64)}' }`, "trust.digest"],
];

test("settings that contradict or lack each other are faults of one of them, each fault once", () => {
  for (const [text, name] of together) {
    const { faults, config } = read(`${head}${text}\n`);
    assert.is(config, undefined, text);
    assert.equal(
      faults.map(({ message }) => message.slice(0, message.indexOf(": "))),
      [name],
      text,
    );
    assert.match(faults[0]?.place ?? "", /^etc\/c\.yaml:3:\d+$/);
  }
});

test("what is asked with credentials is not given to strangers, unless that was said", () => {
  const upstreams = "upstreams: [{ host: a.io, credentials: { tokenFile: t } }]\n";
  const config = (listener: string, more = "mode: online\n"): string =>
    `${head}${more}listeners: [${listener}]\n${upstreams}`;
  const open = "{ address: ':1', tls: { from: own } }";
  assert.is(read(config(open)).faults.length, 1);
  assert.match(read(config(open)).faults[0]?.message ?? "", /^listeners\[0\]\.auth\.by: .*a\.io/);
  for (const fine of [
    config(open, "mode: online\nallowAnonymousPrivate: true\n"),
    config(open, "mode: offline\n"),
    config("{ address: '127.0.0.1:1' }"),
    config("{ address: ':1', tls: { from: own }, auth: { by: token, file: f } }"),
    config("{ address: ':1', plainHTTP: true, serves: [health] }"),
  ])
    assert.equal(read(fine).faults, [], fine);
});

const admits = (listener: string): string =>
  `policies: { cluster: true }\nlisteners: [{ address: '127.0.0.1:1', serves: [admission]${listener} }]\n`;
const writes = `${admits("")}webhooks: { write: true, `;
const writesOfFiles = `${admits(", tls: { from: files, certificate: c, key: k }")}webhooks: { write: true, `;
const loggedIn = "mode: online\nupstreams: [{ host: a.io, clientCertificate: c";
/** What is said of further settings, in the order in which it is said; of some there is nothing to say. */
const said: readonly (readonly [string, readonly string[]])[] = [
  ["aliases: [nonsense]", ["aliases[0]"]],
  ["aliases: ['a.io=b.io', 'a.io=c.io']", ["aliases[0] (warning)", "aliases[1] (warning)"]],
  ["aliases: ['a.io=b.io']", ["aliases[0] (warning)"]],
  ["aliases: ['*=b.io']", ["aliases[0]"]],
  ["aliases: ['ghcr.io=cache.corp/ghcr']", ["aliases[0] (warning)"]],
  ["snapshot: { keys: [k] }", ["snapshot.keys"]],
  ["snapshot: { acceptPins: [x], keys: [k], from: 'oci://a.io/m:1' }", ["snapshot.acceptPins[0]"]],
  ["snapshot: { from: 'http://a.io', keys: [k] }", ["snapshot.from"]],
  ["snapshot: { from: 'oci://a.io/m:1' }", ["snapshot.keys"]],
  ["mode: online\nupstreams: [{ host: a.io }]\nsnapshot: { from: 'oci://a.io/m:1', keys: [k] }", ["snapshot.from"]],
  [
    "snapshot: { from: 'oci://a.io/m:1', keys: [k] }\nproxy: { layers: { store: true } }",
    ["proxy.layers.store (warning)"],
  ],
  ["snapshot: { from: 'oci://a.io/m:1', keys: [k] }\nupstreams: [{ host: a.io }]", []],
  ["listeners: [{ address: '127.0.0.1:1', serves: [admission] }]", ["listeners[0].serves"]],
  ["listeners: [{ address: '127.0.0.1:1', serves: [admission] }]\npolicies: { cluster: true }", []],
  ["policies: { objects: [o] }\nproxy: { admit: policies }", ["policies.objects", "proxy.admit"]],
  ["policies: { objects: [o], folders: [p] }\nproxy: { admit: policies }", ["policies.objects"]],
  ["policies: { folders: [p] }\nproxy: { admit: policies, noMatch: deny }", []],
  ["admission: { events: true }", ["admission.events"]],
  ["policies: { exceptionNamespaces: [a] }", ["policies.exceptionNamespaces"]],
  ["policies: { mayAsk: ['*'] }", ["policies.mayAsk[0]"]],
  ["cluster: { kubeconfig: k }", ["cluster.kubeconfig"]],
  ["cluster: { context: c }", ["cluster.context"]],
  ["cluster: { imagePullSecrets: [A] }", ["cluster.imagePullSecrets[0]"]],
  ["cluster: { imagePullSecrets: [a/b/c] }", ["cluster.imagePullSecrets[0]"]],
  ["cluster: { imagePullSecrets: [a, b/c], kubeconfig: k, context: c }", []],
  ["webhooks: { write: true }", ["webhooks.write", "webhooks.service"]],
  ["webhooks: { service: a/b }", ["webhooks.service"]],
  ["webhooks: { ca: c }", ["webhooks.ca"]],
  ["webhooks: { url: 'https://a' }", ["webhooks.url"]],
  ["webhooks: { exemptNamespaces: [a] }", ["webhooks.exemptNamespaces"]],
  ["webhooks: { exemptLabelled: true }", ["webhooks.exemptLabelled"]],
  ["webhooks: { ownLabels: ['a=b'] }", ["webhooks.ownLabels"]],
  [`${writes}service: a/b }`, []],
  [`${writes}service: a/b, url: 'https://a' }`, ["webhooks.service"]],
  [`${writes}url: 'http://a' }`, ["webhooks.url"]],
  [`${writes}service: x }`, ["webhooks.service"]],
  [`${writes}service: a/b, exemptNamespaces: [A_] }`, ["webhooks.exemptNamespaces[0]"]],
  [`${writes}service: a/b, exemptNamespaces: [a] }`, []],
  [`${writes}service: a/b, ownLabels: [a] }`, ["webhooks.ownLabels[0]"]],
  [`${writes}service: a/b, ownLabels: ['a=b', 'a/b='] }`, []],
  [`${writes} }`, ["webhooks.service"]],
  [`${writesOfFiles}service: a/b }`, ["webhooks.ca"]],
  [`${writesOfFiles}service: a/b, ca: c }`, []],
  ["trust: { mode: pin, digest: 'sha256:0000000000000000000000000000000000000000000000000000000000000000' }", []],
  ["trust: { tufRootRaw: '!' }", ["trust.tufRootRaw"]],
  ["trust: { tufRootRaw: 'e30=' }", ["trust.tufRootRaw"]],
  ["trust: { tufRootRaw: 'e30=', tufRoot: r }", ["trust.tufRootRaw", "trust.tufRootRaw"]],
  ["trust: { tufMirror: relative }", ["trust.tufMirror", "trust.tufMirror (warning)"]],
  ["trust: { tufMirror: 'https://u@a.io' }", ["trust.tufMirror", "trust.tufMirror (warning)"]],
  ["trust: { tufMirror: 'file://a' }", ["trust.tufMirror", "trust.tufMirror (warning)"]],
  ["trust: { tufMirror: /a }", ["trust.tufMirror (warning)"]],
  ["trust: { tufMirror: 'file:///a' }", ["trust.tufMirror (warning)"]],
  ["trust: { tufMirror: 'https://a.io', trustedRoot: r }", ["trust.tufMirror", "trust.tufMirror (warning)"]],
  ["mode: offline\ntrust: { tufMirror: 'https://a.io' }", []],
  ["mode: online\ntrust: { tufMirror: 'https://a.io' }", []],
  ["mode: online\nupstreams: [{ host: a.io }]", []],
  ["mode: online\nupstreams: [{ host: a.io }]\nsync: { lists: [l] }", []],
  ["listeners: [{ address: '127.0.0.1:0' }, { address: '127.0.0.1:0', name: b }]", []],
  ["listeners: [{ address: '127.0.0.1:1' }, { address: '127.0.0.1:2' }]", []],
  ["listeners: [{ address: '127.0.0.1:1', tls: { from: own, names: [a] } }]", []],
  ["listeners: [{ address: '127.0.0.1:1', tls: { from: cluster, names: [a] } }]", []],
  [
    "listeners: [{ address: '127.0.0.1:1', tls: { from: files, certificate: c, key: k, names: [a] } }]",
    ["listeners[0].tls.names"],
  ],
  ["listeners: [{ address: '127.0.0.1:1', tls: { from: own, certificate: k } }]", ["listeners[0].tls.certificate"]],
  [
    "listeners: [{ address: '127.0.0.1:1', tls: { from: own }, auth: { by: certificate, file: f, subjects: [a] } }]",
    [],
  ],
  ["listeners: [{ address: ':1', plainHTTP: true }]", []],
  [`${loggedIn} }]\nlisteners: [{ address: ':1', plainHTTP: true }]`, ["listeners[0].auth.by"]],
  [
    `${loggedIn}, clientKey: k }]\nlisteners: [{ address: ':1', plainHTTP: true, serves: [registry] }]`,
    ["listeners[0].auth.by"],
  ],
  [`${loggedIn} }]\nlisteners: [{ address: ':1', plainHTTP: true, serves: [health] }]`, []],
  ["mode: online\nupstreams: [{ host: a.io, mirrors: ['http://c.io', 'https://c.io/a'], authoritative: true }]", []],
  ["mode: online\nupstreams: [{ host: a.io, mirrors: ['https://c.io?a=b'] }]", ["upstreams[0].mirrors[0]"]],
  ["mode: online\nupstreams: [{ host: a.io, mirrors: ['https://c.io#a'] }]", ["upstreams[0].mirrors[0]"]],
  ["mode: online\nupstreams: [{ host: a.io, mirrors: ['https://:p@c.io'] }]", ["upstreams[0].mirrors[0]"]],
  [
    "mode: online\nupstreams: [{ host: a.io, plainHTTP: true, clientCertificate: c }]",
    ["upstreams[0].clientCertificate"],
  ],
  ["mode: online\nupstreams: [{ host: a.io, credentials: { username: u, passwordFile: f } }]", []],
  [
    "mode: online\nupstreams: [{ host: a.io, credentials: { username: u, passwordFile: f, tokenFile: t } }]",
    ["upstreams[0].credentials.tokenFile"],
  ],
  [
    "mode: online\nupstreams: [{ host: a.io, credentials: { token: t } }]",
    ["upstreams[0].credentials.token (warning)"],
  ],
  [`${admits("")}policies: { folders: [p], objects: [o] }`.replace("policies: { cluster: true }\n", ""), []],
  ["aliases: ['ghcr.io/org=mirror.corp/ghcr.io/org']", []],
  ["aliases: ['a.io/x=b.io/x', 'c.io/x=b.io/x']", ["aliases[1]"]],
  ["mode: online\nupstreams: [{ host: a.io }]\nlisteners: [{ address: ':1', plainHTTP: true }]", []],
  [`snapshot: { acceptPins: ['sha256:${"0".repeat(64)}'], keys: [k], from: 'oci://a.io/m:1' }`, []],
  ["policies: { mayAsk: ['https://rekor.corp'] }", []],
  [
    "policies: { cluster: true, exceptionNamespaces: [a] }\nproxy: { admit: policies }\n" +
      "admission: { events: true, reports: openreports.io/v1alpha1 }",
    [],
  ],
  [`${writes}service: a/b }\ncluster: { kubeconfig: k }`.replace("cluster: true", "folders: [p]"), []],
  ["admission: { reports: wgpolicyk8s.io/v1alpha2 }", ["admission.reports"]],
  ["cluster: { kubeconfig: k }\npolicies: { cluster: true }\nproxy: { admit: policies }", []],
  ["cluster: { kubeconfig: k }\nlisteners: [{ address: '127.0.0.1:1', tls: { from: cluster } }]", []],
  ["policies: { cluster: true }", ["policies.cluster (warning)"]],
  ["policies: { folders: [p] }", ["policies.folders (warning)"]],
];

test("each rule between settings speaks of its own setting, and only where it is broken", () => {
  const names = (list: readonly { readonly message: string }[]): readonly string[] =>
    list.map(({ message }) => message.slice(0, message.indexOf(": ")));
  for (const [text, expected] of said) {
    const { faults, warnings } = read(`${head}${text}\n`);
    assert.equal([...names(faults), ...names(warnings).map((name) => `${name} (warning)`)], expected, text);
  }
});

test("a login that API servers do not send is a warning, on a listener of admission alone", () => {
  const withLogin = (serves: string) =>
    read(
      `${head}store: store\npolicies: { folders: [p.yaml] }\nproxy: { admit: policies }\nlisteners:\n` +
        `- { address: "127.0.0.1:8443", serves: [${serves}], auth: { by: token, file: tokens } }\n`,
    ).warnings;
  assert.equal(
    withLogin("admission").map(({ place }) => place.split(":").slice(0, 2).join(":")),
    ["etc/c.yaml:7"],
  );
  assert.match(withLogin("admission")[0]?.message ?? "", "--admission-control-config-file");
  assert.equal(withLogin("registry"), []);
});

test("policies by which nobody is asked are a warning, wherever they come from", () => {
  const warned = (text: string, flags = {}) =>
    read(`${head}store: store\n${text}`, { flags }).warnings.map(({ place, message }) => `${place} ${message}`);
  const file = "policies: { folders: [p] }\n";
  assert.match(warned(file).join("\n"), /:4.* no image is judged by these policies: no listener serves admission/);
  assert.match(warned("", { cluster: true }).join("\n"), /^--cluster .*no image is judged by these policies/);
  assert.equal(warned(`${file}proxy: { admit: policies }\n`), []);
  assert.equal(warned(`${file}listeners: [{ address: "127.0.0.1:0", serves: [admission] }]\n`), []);
  assert.equal(warned(""), []);
});

test("upstreams that nobody asks, because no mode is said, are a warning; said to be offline they are none", () => {
  const upstreams = "upstreams: [{ host: ghcr.io }]\n";
  const warned = (text: string, flags = {}) => read(`${head}${text}`, { flags }).warnings;
  assert.match(warned(upstreams)[0]?.message ?? "", "nobody is asked, since the mode is offline");
  assert.equal(warned("", { upstream: ["ghcr.io"] })[0]?.place, "--upstream");
  assert.equal(warned(upstreams, { mode: "offline" }), []);
  assert.equal(warned(`mode: offline\n${upstreams}`), []);
  assert.equal(warned(`mode: online\n${upstreams}`), []);
});

test.run();
