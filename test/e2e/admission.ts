/**
 * A real API server asks `serve` about each Pod: what kubectl shows, what is stored, and what happens without evidence.
 * No kubelet runs, so controllers are judged and not started.
 */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { image, policyText } from "../support/fixture-policies.ts";
import { type ApiServer, definitionOf, listOf, object, pod, startApiServer } from "./api-server.ts";
import { freePort, type Outcome } from "./processes.ts";
import { exits, says, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

const layout = fileURLToPath(new URL("../fixtures/documentation/layout", import.meta.url));
const enforce = "validationFailureAction: Enforce";
const strict = policyText({ name: "check-image" });
const lenient = policyText({
  name: "lenient",
  spec: `${enforce}\nfailurePolicy: Ignore`,
  references: '["registry.example/*"]',
});
const tasks = policyText({
  name: "tasks",
  match: "any: [{ resources: { kinds: [tekton.dev/v1/TaskRun] } }]",
  fields: "mutateDigest: false\nverifyDigest: false",
  rule: "imageExtractors:\n  TaskRun: [{ path: /spec/steps/*/image }]",
});

const taskRuns = definitionOf("TaskRun", "taskruns", "tekton.dev");

interface Gate {
  readonly cluster: ApiServer;
  /** kubectl with input; its outcome, good or bad. */
  readonly kubectl: (words: readonly string[], input?: object) => Promise<Outcome>;
}

export const isReady = (url: string, ca: string): Promise<boolean> =>
  new Promise((resolve) => {
    request(`${url}/readyz`, { ca }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", () => resolve(false))
      .end();
  });

interface GateParts {
  /** By names of files, which are the order in which they are decided. */
  readonly policies: Readonly<Record<string, string>>;
  readonly namespaces: readonly string[];
  /** Is denied as soon as the API server asks. */
  readonly denied: object;
}

/** A mirror of the documentation's images, `serve` beside the API server, and its webhooks applied. */
export async function openGate(tools: Tools, { policies, namespaces, denied }: GateParts): Promise<Gate> {
  const { stage, program, main } = tools;
  exits(0, await tools.sallyport(["mirror", "add", layout, "--complete=repository", "--store", "mirror"]));
  for (const [name, text] of Object.entries(policies)) stage.write(`policy-${name}.yaml`, text);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    store: "mirror",
    listeners: [{ address: `127.0.0.1:${port}`, serves: ["admission", "health"], tls: { from: "own" } }],
    policies: { folders: Object.keys(policies).map((name) => `policy-${name}.yaml`) },
  };
  stage.write("serve.yaml", JSON.stringify(config));
  const authority = join(stage.folder, "mirror/tls/ca.pem");
  const answers = async (): Promise<boolean> => {
    try {
      return await isReady(url, readFileSync(authority, "utf8"));
    } catch {
      return false;
    }
  };
  await stage.serve(process.execPath, [main, "serve", "--config", "serve.yaml"], answers);
  const cluster = await startApiServer(tools);
  const printed = await tools.sallyport(["serve", "print-webhooks", "--config", "serve.yaml", "--url", url]);
  exits(0, printed);
  const named = namespaces.map((name) => object("Namespace", [undefined, name]));
  await cluster.kubectl(["apply", "-f", "-"], listOf(taskRuns, ...named));
  await cluster.kubectl(["wait", "--for=condition=Established", "crd", taskRuns.metadata.name]);
  await cluster.kubectl(["apply", "-f", "-"], printed.out);
  const kubectl: Gate["kubectl"] = async (words, input) =>
    stage.run(program("kubectl"), ["--kubeconfig", "administrator.conf", ...words], {
      input: input === undefined ? "" : JSON.stringify(input),
    });
  const gate = { cluster, kubectl };
  // The API server takes a moment to know its webhooks.
  for (let times = 0; times < 100; times++) {
    const tried = await kubectl(["create", "--dry-run=server", "-f", "-"], denied);
    if (tried.exit !== 0) return gate;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the API server never asked the webhook");
}

export const words = (outcome: Outcome): string => says(outcome).replaceAll(/\s+/g, " ");
export const digest = /@sha256:[0-9a-f]{64}$/;

const judged: Scenario = {
  name: "admission: an API server asks serve, and kubectl shows the documentation's sentences",
  needs: ["api-server", "kubectl"],
  async run(tools) {
    const denied = pod("shop", "try", image("unsigned"));
    const { cluster, kubectl } = await openGate(tools, {
      policies: { strict, lenient, tasks },
      namespaces: ["shop"],
      denied,
    });
    const stored = async (...path: readonly string[]): Promise<string> =>
      (await cluster.kubectl(["-n", "shop", "get", ...path])).out;
    const run = (name: string, tag: string, ...more: readonly string[]) =>
      kubectl(["-n", "shop", "run", name, `--image=${image(tag)}`, ...more]);

    succeeds(await run("signed", "signed"));
    assert.match(await stored("pod", "signed", "-o", "jsonpath={.spec.containers[0].image}"), digest);
    assert.match(await stored("pod", "signed", "-o", "jsonpath={.metadata.annotations}"), /verify-images.*pass/);

    for (const [tag, sentence] of [
      ["unsigned", "signature not found"],
      ["signed-by-someone-else", "invalid signature"],
    ] as const) {
      const denied = await run(tag, tag);
      assert.is(denied.exit, 1);
      const said = words(denied);
      assert.ok(
        said.includes('Error from server: admission webhook "mutate.sallyport.svc-fail" denied the request: '),
        said,
      );
      assert.ok(
        said.includes(`resource Pod/shop/${tag} was blocked due to the following policies check-image: `),
        said,
      );
      assert.ok(said.includes(`image verification failed for ${image(tag)}: ${sentence};`), said);
      assert.is(said.split(sentence).length, 2, "said once, and in no warning");
    }

    // A change of labels is not decided again; a debugging container is.
    succeeds(await kubectl(["-n", "shop", "label", "pod", "signed", "seen=yes"]));
    const debug = { spec: { ephemeralContainers: [{ name: "debug", image: image("unsigned") }] } };
    const debugged = await kubectl([
      "-n",
      "shop",
      "patch",
      "pod",
      "signed",
      "--subresource=ephemeralcontainers",
      "-p",
      JSON.stringify(debug),
    ]);
    assert.is(debugged.exit, 1);
    assert.match(words(debugged), /signature not found/);
    succeeds(await run("dry", "signed", "--dry-run=server"));
    assert.is((await run("dry", "unsigned", "--dry-run=server")).exit, 1);

    // Controllers by generated rules, and a kind that only an extractor knows.
    succeeds(await kubectl(["-n", "shop", "create", "deployment", "good", `--image=${image("signed")}`]));
    const template = "jsonpath={.spec.template.spec.containers[0].image}";
    assert.match(await stored("deployment", "good", "-o", template), digest);
    const controller = await kubectl(["-n", "shop", "create", "deployment", "bad", `--image=${image("unsigned")}`]);
    assert.match(words(controller), /resource Deployment\/shop\/bad was blocked.*autogen-verify/);
    succeeds(await kubectl(["-n", "shop", "scale", "deployment", "good", "--replicas=3"]));
    const cron = ["-n", "shop", "create", "cronjob", "nightly", "--schedule=0 0 * * *"];
    assert.match(words(await kubectl([...cron, `--image=${image("unsigned")}`])), /autogen-cronjob-verify/);
    succeeds(await kubectl([...cron, `--image=${image("signed")}`]));
    const task = (name: string, tag: string) => ({
      apiVersion: "tekton.dev/v1",
      kind: "TaskRun",
      metadata: { name, namespace: "shop" },
      spec: { steps: [{ image: image(tag) }] },
    });
    succeeds(await kubectl(["create", "-f", "-"], task("good", "signed")));
    assert.match(
      words(await kubectl(["create", "-f", "-"], task("bad", "unsigned"))),
      /TaskRun\/shop\/bad was blocked/,
    );

    // Ignore: what nobody can know is admitted with one warning.
    const overlooked = await kubectl(["create", "-f", "-"], pod("shop", "other", "registry.example/never/seen:1"));
    succeeds(overlooked);
    assert.is(overlooked.err.split("Warning:").length, 2, overlooked.err);
    assert.match(words(overlooked), /Warning: policy lenient\.verify.*\[not-in-mirror\]/);
    succeeds(await kubectl(["-n", "shop", "delete", "pod", "signed", "other", "--wait=false", "--force"]));

    // What a user makes deep is refused by the webhook: without its answer, an API server would admit it under Ignore.
    let fields: object = {};
    for (let depth = 0; depth < 120; depth++) fields = { [`f:a${depth}`]: fields };
    const time = "2026-01-01T00:00:00Z";
    const manager = { manager: "me", operation: "Update", apiVersion: "v1", time, fieldsType: "FieldsV1" };
    const deep = pod("shop", "deep", "registry.example/never/seen:1");
    const metadata = { ...deep.metadata, managedFields: [{ ...manager, fieldsV1: fields }] };
    const nested = await kubectl(["create", "--validate=false", "-f", "-"], { ...deep, metadata });
    assert.is(nested.exit, 1);
    assert.match(words(nested), /denied the request: \[over-limit\]/);

    // Nobody answers: the API server decides by the failure policy.
    await tools.stage.stopServers();
  },
};

export const admissionScenarios: readonly Scenario[] = [judged];
