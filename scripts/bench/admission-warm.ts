/** Warm reviews through all of `serve`, beside a bare echo of the same bytes; each in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { defaultLimits } from "../../core/limits.ts";
import { addLayout } from "../../proxy/archive/add-layout.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { authorityFolder } from "../../proxy/serve/authority-folder.ts";
import { makeServerCertificate } from "../../proxy/serve/own-certificate.ts";
import { buildDist } from "../build.ts";
import { type Bench, median } from "./bench.ts";
import { buildBundled } from "./bundled.ts";
import { costOf, load, type Running, startServer, usedBy } from "./server-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const fixtures = join(root, "test/fixtures/documentation");

/** A review of some 8 KB, as an API server sends it of a Pod: most of it is what it notes about fields. */
function review(image: string): Buffer {
  const fields = {
    "f:metadata": { "f:labels": { ".": {}, "f:run": {} } },
    "f:spec": { "f:containers": { 'k:{"name":"app"}': { ".": {}, "f:image": {}, "f:name": {}, "f:resources": {} } } },
  };
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "shop",
      managedFields: Array.from({ length: 28 }, (_, index) => ({
        manager: `manager-${index}`,
        operation: "Update",
        fieldsV1: fields,
      })),
    },
    spec: { containers: [{ name: "app", image, resources: {} }], restartPolicy: "Always" },
  };
  const request = {
    uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
    kind: { group: "", version: "v1", kind: "Pod" },
    resource: { group: "", version: "v1", resource: "pods" },
    name: "web",
    namespace: "shop",
    operation: "CREATE",
    userInfo: { username: "system:serviceaccount:kube-system:replicaset-controller", groups: ["system:authenticated"] },
    object,
    oldObject: null,
    dryRun: false,
  };
  const body = JSON.stringify({ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request });
  return Buffer.from(
    "POST /mutate/fail?timeout=10s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The built program on a mirror of the documentation's images. */
async function startServe(folder: string, tls: Readonly<Record<"certificate" | "key", string>>): Promise<Running> {
  const store = join(folder, "mirror");
  const mirror = openMirror(store, { mode: "write", limits: defaultLimits });
  addLayout(mirror, join(fixtures, "layout"), { complete: "repository" });
  mirror.close();
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    store,
    listeners: [{ address: "127.0.0.1:0", serves: ["admission"], tls: { from: "files", ...tls } }],
    policies: { folders: [join(fixtures, "policies/13-ignore-tlog.yaml")] },
  };
  const file = join(folder, "serve.yaml");
  writeFileSync(file, JSON.stringify(config));
  const words = [join(root, "dist/sallyport.mjs"), "serve", "--config", file, "-o", "json"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", process.env.SEE ? "inherit" : "ignore"] });
  const [said] = (await once(child.stdout, "data")) as unknown as readonly [Buffer];
  const { listeners } = JSON.parse(said.toString()) as { readonly listeners: readonly { readonly url: string }[] };
  return {
    port: Number(new URL(listeners[0]?.url ?? "").port),
    use: async () => ({ cpu: usedBy(child.pid), most: 0 }),
    end: () => void child.kill(),
  };
}

/** What it says to one request. */
function answerOf(port: number, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.once("data", (bytes) => {
      socket.destroy();
      resolve(bytes.toString());
    });
    socket.once("error", reject);
    socket.write(request);
  });
}

export const admissionWarm: Bench = {
  name: "warm",
  says: "reviews whose images were verified before, beside a bare HTTPS echo; processor time of each",
  async run({ quick }) {
    if (process.platform !== "linux") return { skipped: "the processor's time of a process is read from /proc" };
    await buildDist(root);
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    try {
      const made = await makeServerCertificate(["127.0.0.1"], authorityFolder(folder), new Date());
      const tls = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
      writeFileSync(tls.certificate, made.certificate);
      writeFileSync(tls.key, made.key);
      const program = await buildBundled("echo-process");
      const servers = [await startServer(program, [tls.certificate, tls.key]), await startServe(folder, tls)];
      const request = review("ghcr.io/kyverno/test-verify-image:signed");
      const said = await answerOf(servers[1]?.port ?? 0, request);
      if (!said.includes('"allowed":true') || !said.includes('"patch"')) throw new Error(`it is not admitted: ${said}`);
      const count = quick ? 200 : 10_000;
      for (const server of servers) await load({ port: server.port, request, isTls: true }, quick ? 100 : 20_000);
      const costs = servers.map((): number[] => []);
      for (let round = 0; round < (quick ? 1 : 7); round++)
        for (const [index, server] of servers.entries())
          costs[index]?.push(await costOf(server, { request, isTls: true }, count));
      for (const server of servers) server.end();
      const [echo = 0, serve = Number.NaN] = costs.map(median);
      return [
        {
          what: `warm reviews of ${request.length} bytes a second of one processor, times a bare echo's`,
          ratio: echo / serve,
          ...(quick ? {} : { atLeast: 0.5 }),
        },
        { what: "microseconds of the processor for a review, and of the echo", ratio: serve },
        { what: "", ratio: echo },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
