/** Real Kyverno's admission controller on loopback, beside a real API server. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, request } from "undici";
import { type ApiServer, listOf, object } from "./api-server.ts";
import { freePort } from "./processes.ts";
import { succeeds } from "./registry-actions.ts";
import type { Tools } from "./scenario.ts";

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let times = 0; times < 300; times++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`it never came to this: ${what}`);
}

/** Its certificate is in a Secret, and who answers is all that is asked here. */
export const insecure = new Agent({ connect: { rejectUnauthorized: false } });
const kyvernoModule = fileURLToPath(new URL("kyverno", import.meta.url));

/** Kyverno's own definitions and its settings, in the cluster. */
export async function defineKyverno({ stage, program }: Tools, cluster: ApiServer): Promise<void> {
  const words = ["-C", kyvernoModule, "list", "-m", "-f", "{{.Dir}}", "github.com/kyverno/kyverno"];
  const crds = join(succeeds(await stage.run("go", words)).out.trim(), "config/crds");
  const folders = ["kyverno", "policies.kyverno.io", "policyreport", "reports"].flatMap((one) => [
    "-f",
    join(crds, one),
  ]);
  await cluster.kubectl(["apply", "--server-side", ...folders]);
  const established = ["--kubeconfig", "administrator.conf", "wait", "--for=condition=Established", "crd", "--all"];
  await until("the definitions are there", async () => (await stage.run(program("kubectl"), established)).exit === 0);
  const maps = [
    object("ConfigMap", ["kyverno", "kyverno"], { data: { resourceFilters: "[*/*,kyverno,*][*/*,kube-system,*]" } }),
    object("ConfigMap", ["kyverno", "kyverno-metrics"], { data: { namespaces: '{"exclude":[],"include":[]}' } }),
  ];
  await cluster.kubectl(["apply", "-f", "-"], listOf(object("Namespace", [undefined, "kyverno"]), ...maps));
}

export interface Kyverno {
  readonly port: number;
  readonly pid: number;
  readonly kill: (signal: "SIGKILL") => void;
}

/** Starts it with these flags, besides those that a controller outside of a cluster needs. */
export async function startKyverno(
  { stage, program }: Tools,
  more: Readonly<Record<string, string | boolean>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Kyverno> {
  const [port, host] = [await freePort(), "127.0.0.1"];
  const flags = {
    kubeconfig: join(stage.folder, "administrator.conf"),
    serverIP: `${host}:${port}`,
    webhookServerHost: host,
    webhookServerPort: port,
    enableTuf: false,
    allowInsecureRegistry: true,
    disableMetrics: true,
    // It listens all the same.
    metricsHost: host,
    metricsPort: await freePort(),
    disableLogColor: true,
    admissionReports: false,
    controllerRuntimeMetricsAddress: "0",
    caSecretName: "kyverno-ca",
    tlsSecretName: "kyverno-pair",
    backgroundServiceAccountName: "system:serviceaccount:kyverno:background",
    reportsServiceAccountName: "system:serviceaccount:kyverno:reports",
    ...more,
  };
  const listens = (): Promise<boolean> =>
    request(`https://${host}:${port}/health/readiness`, { dispatcher: insecure }).then(async ({ statusCode, body }) => {
      await body.dump();
      return statusCode === 200;
    });
  const { pid, kill } = await stage.serve(
    program("kyverno-controller"),
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    listens,
    {
      KYVERNO_NAMESPACE: "kyverno",
      KYVERNO_POD_NAME: "kyverno",
      KYVERNO_DEPLOYMENT: "kyverno",
      KYVERNO_SERVICEACCOUNT_NAME: "kyverno",
      KYVERNO_ROLE_NAME: "kyverno",
      KYVERNO_SVC: "kyverno-svc",
      INIT_CONFIG: "kyverno",
      METRICS_CONFIG: "kyverno-metrics",
      ...env,
    },
  );
  return { port, pid, kill };
}
