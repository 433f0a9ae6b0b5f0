/** Credentials that policies and Pods name, for a registry on loopback that wants a user. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { openLayoutSource } from "../../../proxy/archive/open-source.ts";
import { serveKnowledge } from "../../support/knowledge-registry.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { runCli, type TestRun } from "../command-io.ts";

const test = suite("cli/input/policy-registries");
const fixtures = fileURLToPath(new URL("../../fixtures/documentation", import.meta.url));
const key = readFileSync(join(fixtures, "trust/release.pub"), "utf8");
const layout = openLayout(await openLayoutSource(join(fixtures, "layout"), defaultLimits), {
  limits: defaultLimits,
  complete: "host",
});
const password = "a good password";
const basic = Buffer.from(`bot:${password}`).toString("base64");

interface Scene {
  readonly secretIn: string;
  readonly credentials?: object;
  readonly podSecrets?: readonly string[];
  readonly references?: readonly string[];
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Further Secrets. */
  readonly more?: readonly object[];
  /** The Secret has another password. */
  readonly wrongSecret?: boolean;
  /** Docker's file of this user has the right one. */
  readonly userFile?: boolean;
  /** Further Pods with the same image, by name, and what each pulls with. They come first. */
  readonly others?: Readonly<Record<string, readonly string[]>>;
}

/** `apply --registry` on a Pod, with a Secret in a file. */
async function applied({
  secretIn,
  credentials,
  podSecrets,
  references,
  words = [],
  env = {},
  more = [],
  wrongSecret = false,
  userFile = false,
  others = {},
}: Scene): Promise<TestRun> {
  const server = await serveKnowledge(layout, (path) => `ghcr.io/${path}`, {
    before: (_, response) => {
      if (response.req.headers.authorization === `Basic ${basic}`) return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
      return true;
    },
  });
  const host = new URL(server.url).host;
  const [namespace, name] = secretIn.split("/");
  const configOf = (auth: string): string => JSON.stringify({ auths: { [host]: { auth } } });
  const config = configOf(wrongSecret ? Buffer.from("bot:another").toString("base64") : basic);
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, name },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
  };
  const podOf = (podName: string, secrets: readonly string[]) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: podName, namespace: "apps" },
    spec: {
      containers: [{ name: "c", image: `${host}/kyverno/test-verify-image:signed` }],
      ...(secrets.length === 0 ? {} : { imagePullSecrets: secrets.map((one) => ({ name: one })) }),
    },
  });
  const pods = [...Object.entries(others).map(([one, secrets]) => podOf(one, secrets)), podOf("a", podSecrets ?? [])];
  const pod = pods.length === 1 ? pods[0] : { apiVersion: "v1", kind: "List", items: pods };
  const policy = {
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "p" },
    spec: {
      rules: [
        {
          name: "r",
          match: { any: [{ resources: { kinds: ["Pod"] } }] },
          verifyImages: [
            {
              imageReferences: references ?? [`${host}/*`],
              failureAction: "Enforce",
              attestors: [{ entries: [{ keys: { publicKeys: key, rekor: { ignoreTlog: true } } }] }],
              ...(credentials === undefined ? {} : { imageRegistryCredentials: credentials }),
            },
          ],
        },
      ],
    },
  };
  const files = Object.fromEntries(
    Object.entries({ secret, pod, policy, more: { apiVersion: "v1", kind: "List", items: more } }).map(
      ([file, value]) => [`${file}.json`, JSON.stringify(value)],
    ),
  );
  try {
    const also = more.length === 0 ? [] : ["--cluster-resource", "more.json"];
    const given = ["--cluster-resource", "secret.json", ...also, "--registry", ...words];
    const own = userFile ? { "/home/me/.docker/config.json": configOf(basic) } : {};
    return await runCli(["apply", "policy.json", "-r", "pod.json", ...given], {
      files: { ...files, ...own },
      env: { HOME: "/home/me", ...env },
    });
  } finally {
    await server.close();
  }
}
const shown = ({ out, err }: TestRun): string => out + err;

test("a Secret of the policy, by namespace and name, and alone in Kyverno's own namespace", async () => {
  for (const [secretIn, name] of [
    ["ci/regcred", "ci/regcred"],
    ["kyverno/regcred", "regcred"],
  ] as const) {
    const run = await applied({ secretIn, credentials: { secrets: [name] } });
    assert.is(run.exit, 0, shown(run));
    assert.not.match(shown(run), basic);
  }
});

test("a Secret of the policy that is not there is said, and is no outage", async () => {
  const run = await applied({ secretIn: "ci/regcred", credentials: { secrets: ["ci/other"] } });
  assert.is(run.exit, 1);
  assert.match(shown(run), /access-denied.*there is no such Secret/s);
});

test("what a Pod pulls with, in its namespace; one that is not there is none", async () => {
  assert.is((await applied({ secretIn: "apps/pull", podSecrets: ["gone", "pull"] })).exit, 0);
  const elsewhere = await applied({ secretIn: "other/pull", podSecrets: ["pull"] });
  assert.is(elsewhere.exit, 1);
  assert.match(shown(elsewhere), "access-denied");
});

test("a Pod that names what cannot be used takes no credentials from others, and is told of once", async () => {
  const bad = { kind: "Secret", apiVersion: "v1", metadata: { namespace: "apps", name: "bad" }, data: {} };
  const broken = { ...bad, metadata: { namespace: "apps", name: "broken" }, stringData: { ".dockercfg": "no JSON" } };
  const run = await applied({
    secretIn: "apps/pull",
    podSecrets: ["bad", "broken", "pull"],
    more: [bad, broken],
  });
  assert.is(run.exit, 0, shown(run));
  for (const name of ["bad", "broken"])
    assert.is(run.err.split(`warning: the pull secret apps/${name} is not used`).length, 2, run.err);
});

test("without any, nobody's; with a user on the command line, that user", async () => {
  assert.is((await applied({ secretIn: "ci/regcred" })).exit, 1);
  const words = ["--registry-username", "bot", "--registry-password", password];
  assert.is((await applied({ secretIn: "ci/regcred", credentials: { secrets: ["ci/other"] }, words })).exit, 0);
});

test("a user of the command line is for hosts that a policy or the configuration names: Pods name any", async () => {
  const words = ["--registry-username", "bot", "--registry-password", password];
  const stranger = await applied({ secretIn: "ci/regcred", references: ["*/kyverno/*", "evil.example/*"], words });
  assert.is(stranger.exit, 1);
  assert.match(shown(stranger), /\[access-denied\]/);
  assert.match(
    stranger.err,
    /warning: the credentials of the command line are not sent to 127\.0\.0\.1:\d+: no policy/,
  );
  assert.not.match(shown(stranger), password);
  const own = await applied({ secretIn: "apps/pull", references: ["*"], podSecrets: ["pull"], words });
  assert.is(own.exit, 0, "what the Pod pulls with is asked for the Pod's host");
});

test("allowInsecureRegistry is for hosts that the references name; for others a warning tells of it", async () => {
  const credentials = { secrets: ["ci/regcred"], allowInsecureRegistry: true };
  const named = await applied({ secretIn: "ci/regcred", credentials });
  assert.is(named.exit, 0, shown(named));
  assert.not.match(named.err, "allowInsecureRegistry");
  const wild = await applied({ secretIn: "ci/regcred", credentials, references: ["*/kyverno/*"] });
  assert.match(wild.err, /allowInsecureRegistry has no effect for \*\/kyverno\/\*/);
});

test("a Pod's Secret does not come before this user's own credentials", async () => {
  const scene = { secretIn: "apps/pull", podSecrets: ["pull"], wrongSecret: true };
  const run = await applied({ ...scene, userFile: true });
  assert.is(run.exit, 0, shown(run));
  assert.is((await applied(scene)).exit, 1);
});

const others = { shadow: ["bad"], nobody: [] };
const bad = {
  ...{ kind: "Secret", apiVersion: "v1", metadata: { namespace: "apps", name: "bad" } },
  stringData: { ".dockerconfigjson": JSON.stringify({ auths: { "127.0.0.*": { username: "bot", password: "x" } } }) },
};

for (const store of [false, true])
  test(`each Pod's images are asked for with its own Secrets${store ? ", also beside a mirror" : ""}`, async () => {
    const words = ["--detailed-results", ...(store ? ["--store", join(temporaryFolder(), "mirror")] : [])];
    const run = await applied({ secretIn: "apps/pull", podSecrets: ["pull"], more: [bad], others, words });
    assert.match(run.out, /pass: 2, fail: 0, warn: 0, error: 4, skip: 0/, shown(run));
    assert.match(shown(run), "access-denied");
  });

test("this user's own credentials are for every Pod", async () => {
  const run = await applied({ secretIn: "apps/pull", podSecrets: ["pull"], more: [bad], others, userFile: true });
  assert.match(run.out, /pass: 6, fail: 0, warn: 0, error: 0, skip: 0/, shown(run));
});

test.run();
