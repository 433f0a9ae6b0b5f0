import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { kubeconfigOf } from "../../support/api-server.ts";
import { type ClusterServer, serveCluster } from "../../support/cluster-server.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/break-glass");

const kinds = {
  mutatingwebhookconfigurations: "MutatingWebhookConfiguration",
  validatingwebhookconfigurations: "ValidatingWebhookConfiguration",
  configmaps: "ConfigMap",
  events: "Event",
  pods: "Pod",
};
const layout = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));
const now = "2026-11-30T12:00:00Z";

async function locked(
  act: (served: ClusterServer, run: (...words: string[]) => ReturnType<typeof runCli>) => Promise<void>,
) {
  const served = await serveCluster(kinds);
  for (const [resource, name] of [
    ["mutatingwebhookconfigurations", "sallyport-mutate"],
    ["validatingwebhookconfigurations", "sallyport-validate"],
    ["validatingwebhookconfigurations", "other"],
  ] as const)
    served.put(resource, { metadata: { name, annotations: { "sallyport.dev/namespace": "gate" } } });
  const files = { "admin.conf": kubeconfigOf(served.url) };
  const run = (...words: string[]) => runCli(["break-glass", "--kubeconfig", "admin.conf", ...words], { now, files });
  try {
    await act(served, run);
  } finally {
    await served.close();
  }
}

test("without a reason nothing is asked", () =>
  locked(async (served, run) => {
    for (const words of [[], ["--reason", " "], ["--reason", "x".repeat(501)]]) {
      const { exit, err } = await run(...words);
      assert.is(exit, 2);
      assert.match(err, "--reason");
    }
    assert.equal(served.asked(), []);
  }));

test("the webhooks go, others stay; who and why is kept; --off ends it", () =>
  locked(async (served, run) => {
    served.instead = (method, path) =>
      path.endsWith("selfsubjectreviews") && method === "POST"
        ? { status: 201, body: { kind: "SelfSubjectReview", status: { userInfo: { username: "alice" } } } }
        : undefined;
    const broken = await run("--reason", "INC-1: no Pod starts");
    assert.is(broken.exit, 0, broken.err);
    assert.match(broken.out, "2 webhook configurations removed");
    assert.match(broken.out, "sallyport break-glass --off --namespace gate");
    assert.equal(
      served.all("validatingwebhookconfigurations").map(({ metadata }) => metadata.name),
      ["other"],
    );
    assert.equal(served.all("mutatingwebhookconfigurations"), []);
    const marker = served.find("configmaps", "sallyport-break-glass", "gate");
    assert.equal(marker?.data, { reason: "INC-1: no Pod starts", by: "alice", kind: "break-glass" });
    const [event] = served.all("events");
    assert.is(event?.message, "alice took the admission webhooks out of force: INC-1: no Pod starts");
    assert.is(event?.metadata.namespace, "gate");

    const again = await run("--reason", "INC-2", "--namespace", "gate", "-o", "json");
    assert.is(again.exit, 0, again.err);
    const first = { since: "2026-11-30T11:00:00Z", by: "alice", reason: "INC-1: no Pod starts" };
    const said = JSON.parse(again.out);
    assert.equal([said.removed, said.reason, said.already], [0, "INC-2", first]);
    assert.match(String(served.all("events").at(-1)?.message), ": INC-2; already out of force since 2026-11-30T11:");

    const metadata = { namespace: "shop", name: "web", creationTimestamp: "2026-11-30T12:00:00Z" };
    served.put("pods", { metadata, spec: { containers: [{ name: "web", image: "a.example/web:1" }] } });
    const off = await run("--off", "--namespace", "gate");
    assert.is(off.exit, 0, off.err);
    assert.match(off.out.replaceAll(/\s+/g, " "), "1 Pod was made meanwhile, verified by nobody");
    assert.match(off.out, "shop/web of 2026-11-30T12:00:00Z: a.example/web:1");
    assert.match(off.out, /in no\s+list; find\s+them/);
    assert.match(off.out, "kubectl get pods -A --sort-by=.metadata.creationTimestamp");
    assert.is(served.find("configmaps", "sallyport-break-glass", "gate"), undefined);
    assert.match(String(served.all("events").at(-1)?.message), "alice lets the server write");
    const nothing = await run("--off", "--namespace", "gate");
    assert.is(nothing.exit, 2);
    assert.match(nothing.err, "the glass is not broken in namespace gate");
  }));

test("once the webhooks are gone, the marker says where serve is: again, status, and --off need no --namespace", () =>
  locked(async (served, run) => {
    const files = { "admin.conf": kubeconfigOf(served.url) };
    const world = { now, files, width: 80 };
    const broken = await runCli(["break-glass", "--kubeconfig", "admin.conf", "--reason", "INC-1"], world);
    assert.is(broken.exit, 0, broken.err);
    for (const line of broken.out.split("\n")) assert.ok(line.length <= 80, line);
    const again = await run("--reason", "INC-2");
    assert.is(again.exit, 0, again.err);
    assert.match(again.out, /^the glass is broken already, since 2026-11-30T11:00:00Z by somebody whose/);
    const data = served.find("configmaps", "sallyport-break-glass", "gate")?.data as Record<string, string>;
    assert.is(data.reason, "INC-1");
    assert.match(data.others ?? "", /^2026-11-30T12:00:00Z somebody whose [^\n]*: INC-2\n$/);
    const store = tempFolder();
    assert.is((await runCli(["mirror", "add", layout, "--store", store], world)).exit, 0);
    const words = ["status", "--store", store, "--cluster", "--kubeconfig", "admin.conf", "-o", "json"];
    const status = await runCli(words, world);
    assert.match(status.out, "sallyport break-glass --off --namespace gate");
    assert.match(status.out, /: INC-1; also 2026-11-30T12:00:00Z somebody whose [^"]*: INC-2"/);

    const marker = { data: { reason: "INC-3", by: "bob", kind: "break-glass" } };
    served.put("configmaps", { ...marker, metadata: { name: "sallyport-break-glass", namespace: "other" } });
    const both = await run("--off");
    assert.is(both.exit, 2);
    assert.match(both.err, /in several namespaces: gate, other[\s\S]*--namespace/);
    served.remove("configmaps", "sallyport-break-glass", "other");

    served.instead = (_, path) =>
      path === "/api/v1/configmaps" ? { status: 403, body: { kind: "Status", code: 403, message: "no" } } : undefined;
    assert.match((await run("--off")).err, "the glass is not broken in namespace sallyport");
    served.instead = undefined;
    served.instead = (_, path) =>
      path.startsWith("/api/v1/pods") ? { status: 403, body: { kind: "Status", code: 403, message: "no" } } : undefined;
    const off = await run("--off");
    assert.is(off.exit, 0, off.err);
    assert.match(off.err, /the Pods that were made since \S* ?cannot be listed: \[access-denied\]/);
    assert.is(served.find("configmaps", "sallyport-break-glass", "gate"), undefined);
  }));

test("of more Pods than are named, how many there are besides is said", () =>
  locked(async (served, run) => {
    assert.is((await run("--reason", "INC-1")).exit, 0);
    for (let index = 0; index < 203; index++)
      served.put("pods", {
        metadata: { namespace: "shop", name: `web-${index}`, creationTimestamp: "2026-11-30T12:00:00Z" },
        spec: { containers: [{ name: "web", image: "a.example/web:1" }] },
      });
    const { exit, out, err } = await run("--off", "--namespace", "gate");
    assert.is(exit, 0, err);
    assert.match(out.replaceAll(/\s+/g, " "), "203 Pods were made meanwhile, verified by nobody");
    assert.is(out.match(/^shop\/web-/gm)?.length, 200);
    assert.match(out, "\n… and 3 more\n");
  }));

test("a namespace that is not there is said with the flag that names another", () =>
  locked(async (served, run) => {
    served.instead = (method, path) =>
      method === "POST" && path.endsWith("/configmaps")
        ? { status: 404, body: { kind: "Status", code: 404, message: "namespaces not found" } }
        : undefined;
    const { exit, err } = await run("--reason", "INC-1", "--namespace", "nowhere");
    assert.is(exit, 2);
    assert.match(err, /there is no namespace nowhere: say where serve runs[\s\S]*--namespace/);
    assert.is(served.all("mutatingwebhookconfigurations").length, 1, "serve would write again what was removed");
    assert.is(served.all("validatingwebhookconfigurations").length, 2);
  }));

test("a webhook that keeps the marker out is removed first; an Event that cannot be written is said", () =>
  locked(async (served, run) => {
    served.instead = (method, path) => {
      const isGuarded = served.all("validatingwebhookconfigurations").length > 1;
      if (method === "POST" && path.endsWith("/configmaps") && isGuarded)
        return { status: 500, body: { kind: "Status", code: 500, message: "failed calling webhook" } };
      return path.endsWith("/events") ? { status: 403, body: { kind: "Status", code: 403, message: "no" } } : undefined;
    };
    const { exit, err } = await run("--reason", "every kind is matched");
    assert.is(exit, 0, err);
    assert.match(err, "the server is not told yet: [upstream-error] answered 500: failed calling webhook");
    assert.match(err, "no Event was written: [access-denied]");
    assert.is(served.all("mutatingwebhookconfigurations").length, 0);
    assert.ok(served.find("configmaps", "sallyport-break-glass", "gate"));
  }));

test("an uninstallation leaves a marker of its own, in the namespace of the caller", () =>
  locked(async (served, run) => {
    const userInfo = { username: "system:serviceaccount:apps:sallyport", uid: "u-1" };
    served.instead = (_, path) =>
      path.endsWith("selfsubjectreviews")
        ? { status: 201, body: { kind: "SelfSubjectReview", status: { userInfo } } }
        : undefined;
    const { exit, err } = await run("--uninstall");
    assert.is(exit, 0, err);
    assert.is(served.all("mutatingwebhookconfigurations").length, 0);
    const marker = served.find("configmaps", "sallyport-break-glass", "apps");
    const data = marker?.data as Record<string, string>;
    assert.equal([data.reason, data.kind], ["uninstalled", "uninstall"]);
    assert.equal(marker?.metadata.ownerReferences, [
      { apiVersion: "v1", kind: "ServiceAccount", name: "sallyport", uid: "u-1" },
    ]);
  }));

test("an uninstallation by a person leaves its marker where the server is, whatever the kubeconfig names", () =>
  locked(async (served, run) => {
    served.instead = (_, path) =>
      path.endsWith("selfsubjectreviews")
        ? { status: 201, body: { kind: "SelfSubjectReview", status: { userInfo: { username: "alice" } } } }
        : undefined;
    const { exit, out } = await run("--uninstall");
    assert.is(exit, 0);
    assert.match(out, "sallyport break-glass --off --namespace gate");
    assert.ok(served.find("configmaps", "sallyport-break-glass", "gate"));
    assert.is(served.find("configmaps", "sallyport-break-glass", "apps"), undefined);
  }));

test("who may not add to the marker of another is let out all the same, and told", () =>
  locked(async (served, run) => {
    served.put("configmaps", {
      metadata: { name: "sallyport-break-glass", namespace: "gate" },
      data: { reason: "INC-1", by: "alice" },
    });
    served.instead = (method) =>
      method === "PATCH" ? { status: 403, body: { kind: "Status", code: 403, message: "no" } } : undefined;
    const { exit, out, err } = await run("--reason", "INC-2");
    assert.is(exit, 0, err);
    assert.match(out, "since 2026-11-30T11:00:00Z by alice: INC-1");
    assert.match(err, "warning: the marker of who broke the glass before stays as it is: [access-denied]");
    assert.equal(served.all("mutatingwebhookconfigurations"), []);
  }));

test("who may not remove them is told so", () =>
  locked(async (served, run) => {
    served.instead = (method) =>
      method === "DELETE" ? { status: 403, body: { kind: "Status", code: 403, message: "no" } } : undefined;
    const { exit, err } = await run("--reason", "x");
    assert.is(exit, 4);
    assert.match(err, "may not delete validatingwebhookconfigurations.admissionregistration.k8s.io sallyport-validate");
  }));

test("status says what is exempt, that the glass is broken, and that nobody is asked", () =>
  locked(async (served) => {
    const store = tempFolder();
    const world = { now, files: { "admin.conf": kubeconfigOf(served.url) } };
    assert.is((await runCli(["mirror", "add", layout, "--store", store], world)).exit, 0);
    const status = async (): Promise<readonly string[]> => {
      const words = ["status", "--store", store, "--cluster", "--kubeconfig", "admin.conf", "-o", "json"];
      const { out } = await runCli(words, world);
      const { items } = JSON.parse(out) as { items: { name: string; state: string; text: string }[] };
      return items
        .filter(({ name }) => ["webhooks", "break-glass", "exempt"].includes(name))
        .map(({ name, state, text }) => `${name} ${state} ${text}`);
    };
    const annotations = { "sallyport.dev/namespace": "gate", "sallyport.dev/exempt": '["namespace kube-system"]' };
    served.put("mutatingwebhookconfigurations", { metadata: { name: "sallyport-mutate", annotations } });
    assert.equal(await status(), [
      "break-glass ok the glass is whole",
      "webhooks ok sallyport-mutate, sallyport-validate",
      "exempt warning not verified: namespace kube-system",
    ]);
    served.remove("mutatingwebhookconfigurations", "sallyport-mutate");
    served.put("configmaps", {
      metadata: { name: "sallyport-break-glass", namespace: "gate", creationTimestamp: now },
      data: { reason: "INC-1", by: "alice" },
    });
    assert.match(
      (await status())[0] ?? "",
      "critical images are admitted unverified since 2026-11-30T12:00:00Z: alice",
    );
    served.instead = () => ({ status: 403, body: {} });
    assert.match((await status()).join(), "webhooks failed");
  }));

test.run();
