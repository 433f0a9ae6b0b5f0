/**
 * What `status --cluster` says of the gate: whether the API server asks it, what nobody verifies, and whether the glass
 * is broken. Loaded where that was asked for: it dials. Source: docs/spec/command-line.md#status-and-doctor.
 */
import { EngineError } from "../../core/errors.ts";
import { type Marker, namespaceOf, readMarker, readWebhooks } from "../../proxy/cluster/break-glass.ts";
import type { CommandIO } from "../command.ts";
import type { Item } from "../health/item.ts";
import { failedItem } from "../health/machine-items.ts";
import { type BreakGlassOptions, openOwnCluster } from "./change-glass.ts";

/** For all of it. */
const mostMs = 30_000;

/** Before webhooks are restored, everybody who had them removed should be asked. */
function alsoBy({ others }: Marker): string {
  const last = others.at(-1);
  if (last === undefined) return "";
  return `; also ${last}${others.length > 1 ? `, and ${others.length - 1} before` : ""}`;
}

export async function gateItems(
  options: Pick<BreakGlassOptions, "kubeconfig" | "context">,
  io: CommandIO,
): Promise<readonly Item[]> {
  const cluster = openOwnCluster(options, io);
  const signal = AbortSignal.timeout(mostMs);
  try {
    const webhooks = await readWebhooks(cluster, signal);
    const namespace = await namespaceOf(cluster, webhooks, signal);
    const marker = await readMarker(cluster, namespace, signal);
    const exempt = [...new Set(webhooks.flatMap((one) => one.exempt))];
    const first = marker === undefined ? "" : `${marker.since}: ${marker.by}: ${marker.reason}`;
    return [
      marker === undefined || marker.isUninstall
        ? { name: "break-glass", state: "ok", text: "the glass is whole" }
        : {
            name: "break-glass",
            state: "critical",
            text: `images are admitted unverified since ${first}${alsoBy(marker)}`,
            fix: `sallyport break-glass --off --namespace ${namespace}`,
          },
      webhooks.length === 0
        ? { name: "webhooks", state: "critical", text: "the API server asks nobody: serve has written no webhooks" }
        : { name: "webhooks", state: "ok", text: webhooks.map(({ name }) => name).join(", ") },
      ...exempt.map((what): Item => ({ name: "exempt", state: "warning", text: `not verified: ${what}` })),
    ];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [failedItem("webhooks", error, "kubectl config view --minify")];
  } finally {
    await cluster.close();
  }
}
