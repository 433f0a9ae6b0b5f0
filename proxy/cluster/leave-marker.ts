/**
 * Leaves the marker that says that the webhooks are out of force on purpose. Whoever was first stays in it, and others
 * are added: the first one's reason may still hold when the second is done. Source:
 * docs/spec/command-line.md#break-glass.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, textOr } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";
import type { Expected } from "../upstream/cluster/write-objects.ts";
import { linesText, type Marker, markerAddress, markerObject, markerOf } from "./break-glass.ts";
import { adopted } from "./own-account.ts";

export interface Leaving {
  readonly namespace: string;
  readonly reason: string;
  readonly by: string;
  readonly isUninstall: boolean;
  /** The marker is removed with them. */
  readonly owners: readonly JsonObject[];
  /** When the line says that it was added. */
  readonly now: Date;
}

/** `stood`: the marker of somebody who broke the glass before is in force; `notAdded`: why nothing was added to it. */
export type Left =
  | { readonly state: "made" | "no-namespace" }
  | { readonly state: "stood"; readonly before: Marker; readonly notAdded?: EngineError };

/** Two who break it at once take turns. */
const mostTurns = 8;
/** A ConfigMap has room for so many; the first of all is not among them. */
const mostOthers = 50;
const longestLine = 2000;

const lineOf = ({ since, by, reason }: Pick<Marker, "since" | "by" | "reason">): string =>
  `${since} ${by}: ${reason}`.replaceAll(/\s+/g, " ").slice(0, longestLine);

const bounded = (lines: readonly string[]): readonly string[] =>
  lines.slice(-mostOthers).map((line) => line.slice(0, longestLine));

/** @throws EngineError as the API server's answers. */
export async function leaveMarker(
  cluster: Pick<Cluster, "read" | "write">,
  leaving: Leaving,
  signal: AbortSignal,
): Promise<Left> {
  const { namespace, isUninstall, owners } = leaving;
  let others: readonly string[] = [];
  for (let turn = 0; turn < mostTurns; turn++) {
    const object = markerObject(namespace, { ...leaving, others }, adopted({}, owners));
    const made = await cluster.write.create({ apiVersion: "v1", resource: "configmaps", namespace }, object, signal);
    if (made.state === "done") return { state: "made" };
    if (made.state === "absent") return { state: "no-namespace" };
    const found = await cluster.read(markerAddress(namespace), signal);
    if (found === undefined) continue;
    const before = markerOf(found);
    // An installation that goes takes the marker along. Until it is gone, whoever broke the glass is obeyed.
    if (!before.isUninstall && (!isUninstall || owners.length > 0)) {
      const added = await addTo(cluster, found, before, leaving, signal);
      if (added instanceof EngineError) return { state: "stood", before, notAdded: added };
      if (added) return { state: "stood", before };
      continue;
    }
    others = before.isUninstall ? before.others : [lineOf(before), ...bounded(before.others)];
    // It is made anew: one of an uninstallation holds back a server for a time that begins when it was made.
    await cluster.write.remove(markerAddress(namespace), signal, versionOf(found));
  }
  throw new EngineError("upstream-error", "the marker is changed by others again and again", {
    subject: markerAddress(namespace).name,
  });
}

/** False where the marker was changed or removed meanwhile; the error where this user may not change it. */
async function addTo(
  cluster: Pick<Cluster, "write">,
  found: JsonObject,
  { others }: Marker,
  { namespace, by, reason, now, owners }: Leaving,
  signal: AbortSignal,
): Promise<boolean | EngineError> {
  const line = lineOf({ since: now.toISOString().replace(/\.\d+Z$/, "Z"), by, reason });
  const { ownerReferences } = adopted(isObject(found.metadata) ? found.metadata : {}, owners);
  const patch: JsonObject = {
    metadata: { ...versionOf(found), ...(ownerReferences === undefined ? {} : { ownerReferences }) },
    data: { others: linesText(bounded([...others, line])) },
  };
  try {
    return (await cluster.write.merge(markerAddress(namespace), patch, signal)).state === "done";
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error;
  }
}

function versionOf({ metadata }: JsonObject): Expected {
  const { uid, resourceVersion } = isObject(metadata) ? metadata : {};
  const said = Object.entries({ uid: textOr(uid), resourceVersion: textOr(resourceVersion) });
  return Object.fromEntries(said.filter(([, text]) => text !== ""));
}
