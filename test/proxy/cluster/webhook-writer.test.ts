import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { markerObject, removeWebhooks, webhookAddresses } from "../../../proxy/cluster/break-glass.ts";
import { WebhookWriter } from "../../../proxy/cluster/webhook-writer.ts";
import { openStub } from "../../support/api-server.ts";
import { rejectsCode } from "../../support/assert.ts";
import { type ClusterServer, serveCluster } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/webhook-writer");

const { signal } = new AbortController();
const kinds = {
  mutatingwebhookconfigurations: "MutatingWebhookConfiguration",
  validatingwebhookconfigurations: "ValidatingWebhookConfiguration",
  configmaps: "ConfigMap",
};
const object = (kind: string, timeout: number): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind,
  metadata: { name: "x", annotations: { "admissions.enforcer/disabled": "true" } },
  webhooks: [{ name: "a", timeoutSeconds: timeout }],
});
const start = Date.parse("2026-11-30T12:00:00Z");

interface Stage {
  readonly served: ClusterServer;
  readonly writer: WebhookWriter;
  readonly cluster: ReturnType<typeof openStub>;
  leads: boolean;
  timeout: number | undefined;
  now: number;
  readonly written: () => readonly (number | undefined)[];
}

async function writing(act: (stage: Stage) => Promise<void>): Promise<void> {
  const served = await serveCluster(kinds);
  const cluster = openStub(served);
  const stage = { leads: true, timeout: 5 as number | undefined, now: start };
  const writer = new WebhookWriter({
    cluster,
    namespace: "sallyport",
    leftMs: () => (stage.leads ? 10_000 : 0),
    wanted: () =>
      Promise.resolve(
        stage.timeout === undefined
          ? undefined
          : [kinds.mutatingwebhookconfigurations, kinds.validatingwebhookconfigurations].map((kind) =>
              object(kind, stage.timeout ?? 0),
            ),
      ),
    exempt: () => ["namespace kube-system"],
    now: () => new Date(stage.now),
  });
  const written = (): readonly (number | undefined)[] =>
    webhookAddresses.map(({ resource, name }) => {
      const found = served.find(resource, name) as { webhooks?: { timeoutSeconds: number }[] } | undefined;
      return found?.webhooks?.[0]?.timeoutSeconds;
    });
  try {
    await act(Object.assign(stage, { served, writer, cluster, written }));
  } finally {
    await cluster.close();
    await served.close();
  }
}

test("only the leader writes, what the policies ask for, and again what others change", () =>
  writing(async (stage) => {
    const { writer, written, served } = stage;
    stage.leads = false;
    assert.equal(await writer.look(signal), { state: "follows" });
    stage.leads = true;
    stage.timeout = undefined;
    assert.equal(await writer.look(signal), { state: "waits" });
    assert.equal(written(), [undefined, undefined]);
    stage.timeout = 5;
    assert.equal(await writer.look(signal), { state: "written" });
    assert.equal(written(), [5, 5]);
    const labels = JSON.stringify(served.find("mutatingwebhookconfigurations", "sallyport-mutate")?.metadata.labels);
    assert.match(labels, '"app.kubernetes.io/managed-by":"sallyport"');
    assert.equal(served.find("mutatingwebhookconfigurations", "sallyport-mutate")?.metadata.annotations, {
      "admissions.enforcer/disabled": "true",
      "sallyport.dev/namespace": "sallyport",
      "sallyport.dev/exempt": '["namespace kube-system"]',
    });
    stage.timeout = 9;
    assert.equal(await writer.look(signal), { state: "written" });
    assert.equal(written(), [9, 9]);
    served.remove("validatingwebhookconfigurations", "sallyport-validate");
    assert.equal(await writer.look(signal), { state: "written" });
    assert.equal(written(), [9, 9]);
  }));

test("who stops leading while it finds out what to write writes nothing", () =>
  writing(async (stage) => {
    let asked = 0;
    Object.defineProperty(stage, "leads", { get: () => asked++ === 0 });
    assert.equal(await stage.writer.look(signal), { state: "follows" });
    assert.equal(
      stage.served.asked().filter((line) => line.startsWith("PATCH")),
      [],
    );
    assert.equal(stage.written(), [undefined, undefined]);
  }));

test("what somebody else wrote under this name is left alone, and said", () =>
  writing(async ({ writer, served, written }) => {
    served.put("mutatingwebhookconfigurations", {
      ...object(kinds.mutatingwebhookconfigurations, 1),
      metadata: { name: "sallyport-mutate" },
    });
    const { message } = await rejectsCode("invalid-config", () => writer.look(signal));
    assert.match(message, "were not written by serve");
    assert.equal(written(), [1, undefined]);
  }));

const marker = (isUninstall: boolean, at: number) => {
  const made = markerObject("sallyport", { reason: "locked out", by: "alice", isUninstall });
  return { ...made, metadata: { ...(made.metadata as object), creationTimestamp: new Date(at).toISOString() } };
};

test("while the glass is broken nothing is written; afterwards it is again", () =>
  writing(async ({ writer, served, cluster, written }) => {
    await writer.look(signal);
    served.put("configmaps", marker(false, start));
    assert.is(await removeWebhooks(cluster, signal), 2);
    served.asked();
    const found = await writer.look(signal);
    // Not written and then removed: between the two nothing would start.
    assert.equal(
      served.asked().filter((line) => !line.startsWith("GET ")),
      [],
    );
    assert.equal(found, {
      state: "broken-glass",
      marker: { reason: "locked out", by: "alice", since: "2026-11-30T12:00:00.000Z", isUninstall: false, others: [] },
    });
    assert.equal(written(), [undefined, undefined]);
    served.remove("configmaps", "sallyport-break-glass", "sallyport");
    assert.equal(await writer.look(signal), { state: "written" });
    assert.equal(written(), [5, 5]);
  }));

test("who broke the glass while the server was writing finds nothing there afterwards", () =>
  writing(async ({ writer, served, written }) => {
    let isBroken = false;
    served.instead = (method) => {
      if (method === "PATCH" && !isBroken) {
        isBroken = true;
        served.put("configmaps", marker(false, start));
      }
      return undefined;
    };
    assert.is((await writer.look(signal)).state, "broken-glass");
    assert.equal(written(), [undefined, undefined]);
  }));

test("an uninstallation holds back who runs, and not who is installed later, nor for ever", () =>
  writing(async (stage) => {
    const { writer, served, written } = stage;
    served.put("configmaps", marker(true, start + 60_000));
    stage.now = start + 61_000;
    assert.is((await writer.look(signal)).state, "broken-glass");
    stage.now = start + 60_000 + 11 * 60_000;
    assert.equal(await writer.look(signal), { state: "written" });
    assert.is(served.all("configmaps").length, 0);
    served.put("configmaps", marker(true, start - 60_000));
    assert.equal(await writer.look(signal), { state: "unchanged" });
    assert.is(served.all("configmaps").length, 0);
    assert.equal(written(), [5, 5]);
  }));

test.run();
