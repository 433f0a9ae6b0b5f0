/** Commands that ask: a registry on loopback serves the documentation's images. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { openLayoutSource } from "../../../proxy/archive/open-source.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { serveKnowledge } from "../../support/knowledge-registry.ts";
import { serveApi } from "../../support/api-server.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { keepAnswer } from "../../../cli/input/open-online.ts";
import { throwsCode } from "../../support/assert.ts";
import { podFor } from "../demo-policy.ts";
import { runCli, testIO, type TestRun } from "../command-io.ts";

const test = suite("cli/input/open-online");
const fixtures = fileURLToPath(new URL("../../fixtures/documentation", import.meta.url));
const name = "kyverno/test-verify-image";
const files = Object.fromEntries(
  ["release.pub", "someone-else.pub"].map((file) => [file, readFileSync(join(fixtures, "trust", file))]),
);
const layout = openLayout(await openLayoutSource(join(fixtures, "layout"), defaultLimits), {
  limits: defaultLimits,
  complete: "host",
});

interface Scene {
  readonly host: string;
  readonly asked: () => readonly string[];
  readonly stop: () => Promise<void>;
  readonly run: (
    words: readonly string[],
    more?: Readonly<Record<string, string | Uint8Array>>,
    at?: Date,
  ) => Promise<TestRun>;
}

async function onStage(
  act: (scene: Scene) => Promise<void>,
  before?: (path: string, response: ServerResponse) => boolean,
): Promise<void> {
  const server = await serveKnowledge(layout, (path) => `ghcr.io/${path}`, before === undefined ? {} : { before });
  const host = new URL(server.url).host;
  const now = new Date();
  try {
    await act({
      host,
      asked: () => server.asked().filter((line) => !line.endsWith(" /v2/")),
      stop: () => server.close(),
      run: (words, more = {}, at = now) =>
        runCli(words, { files: { ...files, ...more }, env: {}, now: at.toISOString() }),
    });
  } finally {
    await server.close();
  }
}
/** Release's key must have signed what the pattern names. */
const onePolicy = (pattern: string, failurePolicy: "Fail" | "Ignore" = "Fail"): string =>
  JSON.stringify({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "release" },
    spec: {
      validationFailureAction: "Enforce",
      failurePolicy,
      rules: [
        {
          name: "release",
          match: { any: [{ resources: { kinds: ["Pod"] } }] },
          verifyImages: [
            {
              imageReferences: [pattern],
              mutateDigest: false,
              verifyDigest: false,
              attestors: [
                { entries: [{ keys: { publicKeys: String(files["release.pub"]), rekor: { ignoreTlog: true } } }] },
              ],
            },
          ],
        },
      ],
    },
  });

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const byKey = (key = "release"): readonly string[] => ["--key", `${key}.pub`, "--insecure-ignore-tlog"];
const verify = ["verify", "--online"];

test("verify asks for what it needs, nothing twice, and says what the registry says", () =>
  onStage(async ({ host, asked, run }) => {
    const image = `${host}/${name}`;
    assert.is((await run([...verify, ...byKey(), `${image}:signed`])).exit, 0);
    const requests = asked();
    assert.is(new Set(requests).size, requests.length, requests.join("\n"));
    assert.ok(requests.some((line) => line.includes("/referrers/")));
    for (const [tag, key, exit, code] of [
      ["signed", "someone-else", 12, "wrong-key"],
      ["unsigned", "release", 10, "no-signature"],
      ["missing", "release", 11, "image-not-found"],
    ] as const) {
      const { exit: found, err } = await run([...verify, ...byKey(key), `${image}:${tag}`]);
      assert.is(found, exit, err);
      assert.match(err, code);
    }
  }));

test("several images in one call share what was asked", () =>
  onStage(async ({ host, asked, run }) => {
    const image = `${host}/${name}:signed`;
    const { exit } = await run([...verify, ...byKey(), image, image, image]);
    assert.is(exit, 0);
    const requests = asked();
    assert.is(new Set(requests).size, requests.length);
  }));

test("without --online nothing is asked, and the message offers both ways", () =>
  onStage(async ({ host, asked, run }) => {
    for (const words of [[], ["--offline"]]) {
      const { exit, err } = await run(["verify", ...words, ...byKey(), `${host}/${name}:signed`]);
      assert.is(exit, 5);
      assert.match(err, /--store/);
      assert.match(err, /--online/);
    }
    assert.is((await run([...verify, "--offline", ...byKey(), `${host}/${name}:signed`])).exit, 2);
    assert.equal(asked(), []);
  }));

test("answers go into the mirror, and decide when the registry is gone", () =>
  onStage(async ({ host, run, stop }) => {
    const store = join(temporaryFolder(), "mirror");
    const image = `${host}/${name}`;
    const call = (words: readonly string[], tag: string) =>
      run(["verify", ...words, "--store", store, ...byKey(), `${image}:${tag}`]);
    assert.is((await call(["--online"], "signed")).exit, 0);
    assert.is((await call(["--online"], "unsigned")).exit, 10);
    await stop();
    assert.is((await call([], "signed")).exit, 0);
    assert.is((await call([], "unsigned")).exit, 10);
    assert.is((await call([], "missing")).exit, 5);
    // What was asked before stands while nobody can be asked.
    assert.is((await call(["--online", "--timeout", "20s"], "signed")).exit, 0);
  }));

test("what could not be asked is said, with the age of the answers that decided", () =>
  onStage(async ({ host, run, stop }) => {
    const store = join(temporaryFolder(), "mirror");
    const image = `${host}/${name}:signed`;
    const later = new Date(Date.now() + 17 * 60_000);
    const pod = { "pod.yaml": podFor("a", image) };
    const policy = { ...pod, "policy.yaml": onePolicy(`${host}/*`, "Ignore") };
    const how = ["--online", "--timeout", "30s", "--store", store];
    const commands = [
      { words: ["verify", ...how, ...byKey(), image], json: ["-o", "json"] },
      { words: ["explain", ...how, "-p", "policy.yaml", image], json: ["-o", "json"] },
      { words: ["apply", "policy.yaml", "-r", "pod.yaml", ...how], json: ["--output-format", "json"] },
    ];
    for (const { words, json } of commands) {
      const { exit, err, out } = await run([...words, ...json], policy);
      assert.equal([exit, /could not be asked/.test(err), JSON.parse(out).outages], [0, false, undefined], err);
    }
    await stop();
    for (const { words, json } of commands) {
      const text = await run(words, policy, later);
      assert.is(text.exit, 0, text.err);
      assert.is(text.err.match(new RegExp(`note: ${host} could not be asked`, "g"))?.length, 1, text.err);
      assert.match(text.err, "17 min ago");
      assert.not.match(text.out, "could not be asked");
      const { outages } = JSON.parse((await run([...words, ...json], policy, later)).out);
      assert.equal(
        outages.map(({ from, code }: { from: string; code: string }) => [from, code]),
        [[host, "unreachable"]],
      );
    }
    const strict = { ...pod, "policy.yaml": onePolicy(`${host}/*`) };
    for (const { words } of commands.slice(1)) {
      const { exit, err } = await run(words, strict, later);
      assert.equal([words[0], exit === 0], [words[0], false], `a tag that may have moved does not decide: ${err}`);
    }
    assert.not.match((await run(["verify", "--store", store, ...byKey(), image])).err, "could not be asked");
    const recent = await run([...(commands[0]?.words ?? []), "--refresh", "1h"], {}, later);
    assert.equal([recent.exit, /could not be asked/.test(recent.err)], [0, false], "nothing was to be asked");
  }));

test("a login that is refused is no outage: what was answered before does not decide", () => {
  let refuses = false;
  return onStage(
    async ({ host, run }) => {
      const store = join(temporaryFolder(), "mirror");
      const words = ["verify", "--online", "--store", store, ...byKey(), `${host}/${name}:signed`];
      assert.is((await run(words)).exit, 0);
      refuses = true;
      const { exit, err } = await run(words, {}, new Date(Date.now() + 60_000));
      assert.is(exit, 4, err);
      assert.match(err, "error access-denied");
      assert.is((await run(words.filter((word) => word !== "--online"))).exit, 0, "offline the mirror decides");
    },
    (_, response) => {
      if (refuses) response.writeHead(403).end();
      return refuses;
    },
  );
});

test("content that is not what its digest says is no answer, and is never kept", () => {
  let isOther = true;
  return onStage(
    async ({ host, run }) => {
      const store = join(temporaryFolder(), "mirror");
      const words = ["verify", "--store", store, ...byKey(), `${host}/${name}:signed`];
      const { exit, err } = await run([...words, "--online"]);
      assert.is(exit, 5, err);
      assert.match(err, "error upstream-error");
      assert.match(err, "another digest");
      assert.is((await run(words)).exit, 5, "offline nobody knows it either");
      isOther = false;
      assert.is((await run([...words, "--online"])).exit, 0);
    },
    (path, response) => {
      if (!isOther || !path.includes("/blobs/")) return false;
      response.writeHead(200).end("other content");
      return true;
    },
  );
});

test("without TLS: the mirror keeps that with where answers came from, and a host elsewhere is warned of", async () => {
  const server = createServer((_, response) => void response.writeHead(404).end());
  server.on("connect", (_, socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    server.emit("connection", socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const env = { HTTP_PROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  try {
    const images = ["a", "b"].map((path) => `registry.corp/org/${path}:1`);
    const words = [...verify, "--plain-http", "registry.corp", ...byKey(), ...images];
    const { exit, err } = await runCli(words, { files, env });
    assert.is(exit, 11, err);
    assert.is(err.match(/registry\.corp was asked without TLS/g)?.length, 1, err);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  await onStage(async ({ host, run }) => {
    const store = join(temporaryFolder(), "mirror");
    const { err } = await run([...verify, "--store", store, ...byKey(), `${host}/${name}:signed`]);
    assert.not.match(err, "without TLS", "this machine itself");
    const { images } = JSON.parse((await run(["mirror", "ls", "--store", store, "-o", "json"])).out);
    assert.equal(
      images.map(({ from }: { from: string }) => from),
      [`${host} (without TLS)`],
    );
  });
});

test("what was added decides on, also after the registry said that it does not exist", async () => {
  let hasIt = true;
  await onStage(
    async ({ host, run }) => {
      const store = join(temporaryFolder(), "mirror");
      const image = `${host}/${name}:signed`;
      const folder = join(temporaryFolder(), "layout");
      cpSync(join(fixtures, "layout"), folder, { recursive: true });
      const index = join(folder, "index.json");
      writeFileSync(index, readFileSync(index, "utf8").replaceAll("ghcr.io/", `${host}/`));
      assert.is((await run(["mirror", "add", "--store", store, folder])).exit, 0);
      const words = ["verify", "--store", store, ...byKey(), image];
      assert.is((await run(words)).exit, 0);
      hasIt = false;
      for (const more of [["--online"], ["--online"], []]) {
        const { exit, err } = await run([...words, ...more]);
        assert.is(exit, 0, err);
        assert.is(/warning: drifted: /.test(err), more.length > 0, err);
      }
    },
    (path, response) => {
      if (hasIt || path === "/v2/") return false;
      response.writeHead(404).end();
      return true;
    },
  );
});

test("--k8s-keychain: beside a cluster, what its default service account pulls with", async () => {
  const secret = base64("bot:a password");
  await onStage(
    async ({ host, run }) => {
      const config = base64(JSON.stringify({ auths: { [host]: { auth: secret } } }));
      const api = await serveApi({
        "/api/v1/namespaces/apps/serviceaccounts/default": { imagePullSecrets: [{ name: "pull" }] },
        "/api/v1/namespaces/apps/secrets/pull": { data: { ".dockerconfigjson": config } },
      });
      const kubeconfig = JSON.stringify({
        clusters: [{ name: "c", cluster: { server: api.url } }],
        users: [{ name: "u", user: { token: "t" } }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "apps" } }],
        "current-context": "x",
      });
      try {
        const words = [...verify, "--cluster", "--kubeconfig", "kube.json", ...byKey(), `${host}/${name}:signed`];
        assert.is((await run(words, { "kube.json": kubeconfig })).exit, 4);
        const found = await run([...words, "--k8s-keychain"], { "kube.json": kubeconfig });
        assert.is(found.exit, 0, found.err);
      } finally {
        await api.close();
      }
    },
    (path, response) => {
      if (path === "/v2/" || response.req.headers.authorization === `Basic ${secret}`) return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      return true;
    },
  );
});

test("a claim that an answer ends is named", () =>
  onStage(async ({ host, run }) => {
    const store = join(temporaryFolder(), "mirror");
    const mirror = openMirror(store, { mode: "write", limits: defaultLimits });
    mirror.writer().setComplete(host, { at: "2026-01-01T00:00:00Z", from: "mirror add" });
    mirror.close();
    const words = ["--store", store, ...byKey(), `${host}/${name}:signed`];
    const before = await run(["verify", ...words]);
    assert.is(before.exit, 11, "the claim says that there is no such tag");
    const { exit, err } = await run([...verify, ...words]);
    assert.is(exit, 0, err);
    assert.match(err, `warning: not true any more: ${host} complete as of 2026-01-01T00:00:00Z: mirror add`);
    assert.not.match((await run([...verify, ...words])).err, "no longer");
  }));

test("what is larger than the mirror's rows is not kept, with a warning; secrets are not, without one", () => {
  const limits = { ...defaultLimits, jsonBytes: 100 };
  const mirror = openMirror(join(temporaryFolder(), "mirror"), { mode: "write", limits });
  const { io, seen } = testIO();
  const answer = { state: "present", value: "x".repeat(101), at: "2026-01-01T00:00:00Z", from: "a host" } as const;
  const key = { kind: "key", reference: "k8s://ns/large\u001b" } as const;
  const secret = { kind: "cluster", verb: "get", apiVersion: "v1", resource: "secrets", name: "small" } as const;
  try {
    keepAnswer(key, answer, mirror, io);
    assert.match(seen.err, /^warning: not kept in the mirror: .*large\\u\{1b\}/);
    keepAnswer(secret, { ...answer, value: {} }, mirror, io);
    assert.is(seen.err.match(/warning/g)?.length, 1);
    for (const question of [key, secret]) assert.is(mirror.knowledge().answer(question), undefined);
    const defect = { ...answer, value: new Uint8Array(1) };
    const digest = `sha256:${"0".repeat(64)}` as const;
    throwsCode("malformed", () => keepAnswer({ kind: "blob", repository: "ghcr.io/a", digest }, defect, mirror, io));
  } finally {
    mirror.close();
  }
});

test("a mirror that another program writes is read, and not written", () =>
  onStage(async ({ host, run }) => {
    const store = join(temporaryFolder(), "mirror");
    const other = openMirror(store, { mode: "write", limits: defaultLimits });
    try {
      const words = [...verify, "--store", store, ...byKey(), `${host}/${name}:signed`];
      assert.is((await run(words)).exit, 0);
    } finally {
      other.close();
    }
    const offline = ["verify", "--store", store, ...byKey(), `${host}/${name}:signed`];
    assert.is((await run(offline)).exit, 5);
  }));

test("a mirror that nobody can write is read, and a note says that answers are not kept", () =>
  onStage(async ({ host, run }) => {
    const store = join(temporaryFolder(), "mirror");
    openMirror(store, { mode: "write", limits: defaultLimits }).close();
    // In the place of the writer's lock, which can then be taken by nobody, whatever rights this test has.
    const lock = join(store, "writer.lock");
    rmSync(lock, { force: true });
    mkdirSync(lock);
    const words = [...verify, "--store", store, ...byKey(), `${host}/${name}:signed`];
    const { exit, err } = await run(words);
    assert.is(exit, 0, err);
    assert.match(err, "note: answers are not kept");
    assert.is((await run(["verify", "--store", store, ...byKey(), `${host}/${name}:signed`])).exit, 5);
    // Where there is no mirror to read, the first failure is the one to be told of.
    rmSync(join(store, "mirror.db"));
    assert.is((await run(words)).exit, 2);
  }));

test("--refresh: an answer of the mirror that is young enough is not asked for again", () =>
  onStage(async ({ host, asked, run }) => {
    const words = [...verify, "--store", join(temporaryFolder(), "mirror"), ...byKey(), `${host}/${name}:signed`];
    await run(words);
    asked();
    await run([...words, "--refresh", "1h"]);
    assert.equal(asked(), []);
    await run(words, {}, new Date(Date.now() + 60_000));
    const requests = asked();
    assert.ok(requests.length > 0);
    assert.not.match(requests.join(), "/blobs/", "content never changes");
  }));

const outages: readonly (readonly [status: number, exit: number, code: string])[] = [
  [401, 4, "access-denied"],
  [403, 4, "access-denied"],
  [429, 5, "rate-limited"],
  [500, 5, "upstream-error"],
  [503, 5, "upstream-error"],
];
for (const [status, exit, code] of outages)
  test(`${status} for the signatures is an outage, not their absence`, () =>
    onStage(
      async ({ host, run }) => {
        const found = await run([...verify, ...byKey(), `${host}/${name}:unsigned`]);
        assert.is(found.exit, exit, found.err);
        assert.match(found.err, code);
      },
      (path, response) => {
        if (!path.endsWith(".sig")) return false;
        response.writeHead(status, { "retry-after": "3600" }).end();
        return true;
      },
    ));

test("past its time a call ends", () =>
  onStage(
    async ({ host, run }) => {
      const { exit, err } = await run([...verify, "-t", "1s", ...byKey(), `${host}/${name}:signed`]);
      assert.is(exit, 5, err);
      assert.match(err, "timed-out");
    },
    (path) => path.includes("/manifests/"),
  ));

test("apply, explain, tree and download ask, too", () =>
  onStage(async ({ host, asked, run }) => {
    const image = `${host}/${name}:signed`;
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
      spec: { containers: [{ name: "c", image }] },
    };
    const rule = {
      name: "check",
      match: { any: [{ resources: { kinds: ["Pod"] } }] },
      verifyImages: [
        {
          imageReferences: ["127.0.0.1*/*"],
          failureAction: "Enforce",
          attestors: [
            { entries: [{ keys: { publicKeys: String(files["release.pub"]), rekor: { ignoreTlog: true } } }] },
          ],
        },
      ],
    };
    const policy = {
      apiVersion: "kyverno.io/v1",
      kind: "ClusterPolicy",
      metadata: { name: "p" },
      spec: { rules: [rule] },
    };
    const given = { "pod.json": JSON.stringify(pod), "policy.json": JSON.stringify(policy) };
    for (const words of [
      ["apply", "policy.json", "-r", "pod.json", "--registry"],
      ["apply", "policy.json", "-r", "pod.json", "--online"],
      ["explain", "-p", "policy.json", "-r", "pod.json", "--online"],
      ["tree", "--online", image],
      ["download", "signature", "--online", image],
    ]) {
      const { exit, out, err } = await run(words, given);
      assert.is(exit, 0, `${words.join(" ")}\n${out}\n${err}`);
      assert.ok(asked().length > 0, words.join(" "));
    }
    assert.is((await run(["apply", "policy.json", "-r", "pod.json"], given)).exit, 1);
    assert.equal(asked(), []);
  }));

test.run();
