/**
 * The documentation's scenes, by one kubectl and one API server, decided first by real Kyverno and then by `serve`:
 * the same policies in the cluster, the same registry. A verdict that differs needs a row in
 * `docs/kyverno-differences.md`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { fixtureKnowledge, fixtureText } from "../support/fixture-images.ts";
import { image, policyText } from "../support/fixture-policies.ts";
import { serveKnowledge } from "../support/knowledge-registry.ts";
import { TufRepository } from "../lab/tuf-repository.ts";
import { serveTuf } from "../support/tuf-server.ts";
import { administrator, type ApiServer, definitionOf, listOf, object, startApiServer } from "./api-server.ts";
import { isReady } from "./admission.ts";
import { besidePage, besidePath, differenceRows, faultsOf, type Judged, type Verdict } from "./beside-page.ts";
import { onHost, scenePolicies, scenePolicy } from "./beside-policies.ts";
import { type BesideScene, besideScenes } from "./beside-scenes.ts";
import { defineKyverno, startKyverno, until } from "./kyverno-controller.ts";
import { freePort, type Outcome } from "./processes.ts";
import { exits, says, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

/** Characters of what each of them said. */
const shown = 300;
/** Kinds of others, of which only what policies read is known. */
const definitions = [
  definitionOf("TaskRun", "taskruns", "tekton.dev"),
  definitionOf("DataVolume", "datavolumes", "cdi.kubevirt.io", "v1beta1"),
];

const exception = {
  apiVersion: "kyverno.io/v2",
  kind: "PolicyException",
  metadata: { name: "exempt", namespace: "excepted" },
  spec: {
    exceptions: [{ policyName: "excepted", ruleNames: ["verify", "autogen-verify"] }],
    match: { any: [{ resources: { kinds: ["Pod"], namespaces: ["excepted"], names: ["exempt"] } }] },
  },
};

const secret = object("Secret", ["kyverno", "cosign"], {
  data: { "cosign.pub": Buffer.from(fixtureText("trust/release.pub")).toString("base64") },
});

interface Judgement {
  readonly verdict: Verdict;
  /** Why it was denied, with what it was warned of, in one line. */
  readonly text: string;
}
const missing: Judgement = { verdict: "nobody decided", text: "" };

type Kubectl = (words: readonly string[], input?: object) => Promise<Outcome>;

const isPinned = (out: string): boolean => {
  const images = [...out.matchAll(/"(?:image|url)": "([^"]+)"/g)].map(([, image = ""]) => image);
  return images.length > 0 && images.every((image) => image.includes("@sha256:"));
};

/** What kubectl does in this scene. */
function act(kubectl: Kubectl, { policy, asks }: BesideScene, host: string, ...more: readonly string[]) {
  const given = JSON.parse(onHost(JSON.stringify(asks), host)) as readonly string[] | object;
  return Array.isArray(given)
    ? kubectl(["-n", policy, ...(given as readonly string[]), "-o", "json", ...more])
    : kubectl(["create", "-f", "-", "-o", "json", ...more], given);
}

async function play(kubectl: Kubectl, scene: BesideScene, host: string): Promise<Judgement> {
  const outcome = await act(kubectl, scene, host);
  const text = outcome.err.replaceAll(`${host}/`, "").replaceAll(/\s+/g, " ").trim();
  if (outcome.exit === 0) return { verdict: isPinned(outcome.out) ? "admitted, by digest" : "admitted", text };
  // An API server that cannot call a webhook refuses, too, and so does one that lacks what is to be changed.
  if (!/denied the request/.test(outcome.err)) return { verdict: "nobody decided", text };
  return { verdict: "denied", text: text.replace(/^.*?denied the request: /, "") };
}

async function playAll(kubectl: Kubectl, host: string): Promise<readonly Judgement[]> {
  const verdicts: Judgement[] = [];
  // One after the other: some change what those before them made.
  for (const scene of besideScenes) verdicts.push(await play(kubectl, scene, host));
  return verdicts;
}

/** The API server takes a moment to know webhooks: until every policy denies. */
async function guards(kubectl: Kubectl, host: string): Promise<void> {
  for (const scene of besideScenes.filter(({ isProbe = false }) => isProbe))
    await until(`${scene.policy} guards: ${scene.what}`, async () => {
      const { exit } = await act(kubectl, scene, host, "--dry-run=server");
      return exit !== 0;
    });
}

/** Everything that scenes made, without the webhooks of those who judged it. */
async function clear({ kubectl }: ApiServer): Promise<void> {
  await kubectl(["delete", "mutatingwebhookconfigurations,validatingwebhookconfigurations", "--all"]);
  const kinds = "pods,deployments.apps,jobs.batch,cronjobs.batch,taskruns.tekton.dev,datavolumes.cdi.kubevirt.io";
  await kubectl(["delete", kinds, "--all", "--all-namespaces", "--force", "--wait=false"]);
}

/** Nobody else is there to be asked; loopback is asked without a proxy. */
const nobody = "http://127.0.0.1:1";
const alone = { HTTP_PROXY: nobody, HTTPS_PROXY: nobody, NO_PROXY: "127.0.0.1,localhost" };

async function judgeTheirs(tools: Tools, kubectl: Kubectl, host: string): Promise<readonly Judgement[]> {
  const repository = new TufRepository({ seed: "beside", now: new Date() });
  // As in Sigstore's repository: its client finds older keys by their names, and wants every target that is listed.
  const targets = {
    "trusted_root.json": "trusted-root.json",
    "rekor.pub": "rekor.pub",
    "ctfe.pub": "ct.pub",
    "fulcio.crt.pem": "fulcio.pem",
  };
  for (const [target, file] of Object.entries(targets))
    repository.addTarget(target, Buffer.from(fixtureText(`trust/${file}`)));
  repository.publishRoot();
  repository.publish();
  tools.stage.write("tuf-root.json", Buffer.from(repository.rootHistory[0] ?? []).toString("utf8"));
  const tuf = await serveTuf(repository.files);
  try {
    const { kill } = await startKyverno(
      tools,
      {
        enableTuf: true,
        tufMirror: tuf.url,
        tufRoot: join(tools.stage.folder, "tuf-root.json"),
        enablePolicyException: true,
        exceptionNamespace: "*",
      },
      { ...alone, TUF_ROOT: join(tools.stage.folder, "tuf"), KUBECONFIG: "administrator.conf" },
    );
    // Its webhook for policies answers a moment after it is ready.
    for (const name of scenePolicies) {
      let last: Outcome | undefined;
      await until("its policies are taken", async () => {
        last = await kubectl(["apply", "-f", "-"], scenePolicy(name, host));
        return !/failed calling webhook/.test(last.err);
      });
      if (last?.exit !== 0) throw new Error(`${name}: ${last?.err}`);
    }
    await until("the exception is taken", async () => (await kubectl(["apply", "-f", "-"], exception)).exit === 0);
    await guards(kubectl, host);
    const verdicts = await playAll(kubectl, host);
    kill("SIGKILL");
    return verdicts;
  } finally {
    await tuf.close();
  }
}

async function judgeOurs(tools: Tools, kubectl: Kubectl, host: string): Promise<readonly Judgement[]> {
  const { stage, main } = tools;
  const root = fileURLToPath(new URL("../fixtures/documentation/trust/trusted-root.json", import.meta.url));
  exits(0, await tools.sallyport(["trust", "import", root, "--store", "mirror"]));
  const [port, health] = [await freePort(), await freePort()];
  const url = `https://127.0.0.1:${port}`;
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    mode: "online",
    store: "mirror",
    listeners: [
      { address: `127.0.0.1:${port}`, serves: ["admission"], tls: { from: "cluster" } },
      { address: `127.0.0.1:${health}`, serves: ["health"] },
    ],
    policies: { cluster: true, exceptionNamespaces: ["*"] },
    cluster: { kubeconfig: "gate.conf" },
    webhooks: { write: true, url },
    upstreams: [{ host }],
  };
  stage.write("serve.yaml", JSON.stringify(config));
  const ready = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${health}/readyz`);
    const text = await answer.text();
    assert.not.match(text, /does not load/);
    return answer.ok;
  };
  await stage.serve(process.execPath, [main, "serve", "--config", "serve.yaml"], ready, alone);
  await guards(kubectl, host);
  return playAll(kubectl, host);
}

const beside: Scenario = {
  name: "beside Kyverno: the documentation's scenes, decided by real Kyverno and by serve",
  needs: ["api-server", "kubectl", "kyverno-controller"],
  async run(tools) {
    const { stage, program } = tools;
    const registry = await serveKnowledge(fixtureKnowledge, (path) => path);
    try {
      const { host } = new URL(registry.url);
      const cluster = await startApiServer(tools);
      cluster.config("gate", administrator, { namespace: "sallyport" });
      const kubectl: Kubectl = (words, input) =>
        stage.run(program("kubectl"), ["--kubeconfig", "administrator.conf", ...words], {
          input: input === undefined ? "" : JSON.stringify(input),
        });
      await cluster.kubectl(["apply", "-f", "-"], listOf(...definitions));
      await defineKyverno(tools, cluster);
      const names = ["sallyport", ...scenePolicies].map((name) => object("Namespace", [undefined, name]));
      await cluster.kubectl(["apply", "-f", "-"], listOf(...names, secret));
      const theirs = await judgeTheirs(tools, kubectl, host);
      await clear(cluster);
      const ours = await judgeOurs(tools, kubectl, host);
      const judged = besideScenes.map((scene, place): Judged => {
        const [left, right] = [theirs[place] ?? missing, ours[place] ?? missing];
        console.log(`     ${scene.policy}: ${scene.what}`);
        console.log(`       Kyverno: ${left.verdict}: ${left.text.slice(0, shown)}`);
        console.log(`       serve:   ${right.verdict}: ${right.text.slice(0, shown)}`);
        return { scene, theirs: left.verdict, ours: right.verdict };
      });
      const rows = differenceRows();
      assert.equal(
        judged.flatMap((one) => faultsOf(one, rows)),
        [],
        "verdicts that differ and have no row in docs/kyverno-differences.md, or differ no longer",
      );
      const page = besidePage(judged, rows);
      if (page === readFileSync(besidePath, "utf8")) return;
      writeFileSync(besidePath, page);
      throw new Error(`${besidePath} was another and is now as Kyverno and serve decided: look at the difference`);
    } finally {
      await registry.close();
    }
  },
};

const layout = fileURLToPath(new URL("../fixtures/documentation/layout", import.meta.url));
const page = readFileSync(fileURLToPath(new URL("../../docs/guides/coming-from-kyverno.md", import.meta.url)), "utf8");

/** The guide's third step: Kyverno decides, and `serve` reports, with copies of the policies that the guide makes. */
const sideBySide: Scenario = {
  name: "beside Kyverno: both at one API server, as the guide begins: Kyverno decides, and serve only reports",
  needs: ["api-server", "kubectl", "kyverno-controller"],
  async run(tools) {
    const { stage, program, main } = tools;
    const registry = await serveKnowledge(fixtureKnowledge, (path) => path);
    try {
      const { host } = new URL(registry.url);
      const cluster = await startApiServer(tools);
      const kubectl: Kubectl = (words, input) =>
        stage.run(program("kubectl"), ["--kubeconfig", "administrator.conf", ...words], {
          input: input === undefined ? "" : JSON.stringify(input),
        });
      await defineKyverno(tools, cluster);
      await cluster.kubectl(["apply", "-f", "-"], object("Namespace", [undefined, "shop"]));
      await startKyverno(tools);
      // Else it fetches trusted roots from Sigstore's own address.
      const known = '$1rekor: { ignoreTlog: true, url: "http://127.0.0.1:1" }\n$1ctlog: { ignoreSCT: true }';
      const theirs = policyText({ name: "check-image", references: `["${host}/*"]` }).replaceAll(
        /( +)rekor: \{ ignoreTlog: true \}/g,
        known,
      );
      stage.write("policy.yaml", theirs);
      await until("its policy is taken", async () => (await kubectl(["apply", "-f", "policy.yaml"])).exit === 0);
      const [, sed = ""] = /cat > audit\.sed <<'EOF'\n([\s\S]*?)\nEOF\n/.exec(page) ?? [];
      stage.write("audit.sed", sed);
      stage.write("audit.yaml", succeeds(await stage.run("sed", ["-f", "audit.sed", "policy.yaml"])).out);
      // A mirror that lacks what runs here.
      exits(0, await tools.sallyport(["mirror", "add", layout, "--complete=repository", "--store", "mirror"]));
      const port = await freePort();
      const url = `https://127.0.0.1:${port}`;
      const config = {
        apiVersion: "sallyport.dev/v1alpha1",
        kind: "Config",
        store: "mirror",
        listeners: [{ address: `127.0.0.1:${port}`, serves: ["admission", "health"], tls: { from: "own" } }],
        policies: { folders: ["audit.yaml"] },
      };
      stage.write("serve.yaml", JSON.stringify(config));
      const authority = (): string => readFileSync(join(stage.folder, "mirror/tls/ca.pem"), "utf8");
      const ready = async (): Promise<boolean> => isReady(url, authority());
      await stage.serve(process.execPath, [main, "serve", "--config", "serve.yaml"], ready);
      const printed = await tools.sallyport(["serve", "print-webhooks", "--config", "serve.yaml", "--url", url]);
      exits(0, printed);
      await cluster.kubectl(["apply", "-f", "-"], printed.out);
      const run = (name: string, tag: string, ...more: readonly string[]): Promise<Outcome> =>
        kubectl(["-n", "shop", "run", name, `--image=${host}/${image(tag)}`, "-o", "json", ...more]);
      await until("Kyverno is asked", async () => (await run("try", "unsigned", "--dry-run=server")).exit !== 0);
      await until("serve is asked", async () =>
        /not-in-mirror/.test((await run("try", "signed", "--dry-run=server")).err),
      );
      // The mirror knows none of them: what Kyverno admits stays admitted, and pinned.
      for (const tag of ["signed", "signed-by-both", "signed-platforms"]) {
        const admitted = succeeds(await run(tag, tag));
        assert.ok(isPinned(admitted.out), admitted.out);
        assert.match(admitted.err, /Warning: policy check-image\.verify .*\[not-in-mirror\]/);
      }
      const denied = await run("unsigned", "unsigned");
      assert.match(says(denied), /admission webhook "mutate\.kyverno\.svc-fail" denied the request/);
    } finally {
      await registry.close();
    }
  },
};

export const besideScenarios: readonly Scenario[] = [beside, sideBySide];
