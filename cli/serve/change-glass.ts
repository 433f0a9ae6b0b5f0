/**
 * What `break-glass` does at the API server of a kubeconfig. Loaded when it is called: it dials. Source:
 * docs/spec/command-line.md#break-glass.
 */
import { once } from "../../core/cosign/signed-entity.ts";
import { EngineError } from "../../core/errors.ts";
import {
  markerAddress,
  namespaceOf,
  readMarker,
  readWebhooks,
  removeWebhooks,
  tellEvent,
} from "../../proxy/cluster/break-glass.ts";
import { leaveMarker } from "../../proxy/cluster/leave-marker.ts";
import { ownersIn, whoAsks } from "../../proxy/cluster/own-account.ts";
import { type UnjudgedPods, unjudgedPods } from "../../proxy/cluster/unjudged-pods.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import { type Cluster, openCluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import type { CommandIO } from "../command.ts";
import { usage } from "../input/given-file.ts";
import { filesOf } from "../input/tool-files.ts";

export interface BreakGlassOptions {
  readonly reason?: string;
  readonly off?: boolean;
  readonly uninstall?: boolean;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** What the command did. */
export interface BreakGlassReport {
  readonly state: "on" | "off";
  readonly server: string;
  readonly namespace: string;
  readonly by: string;
  readonly reason: string;
  /** Where the glass was broken already: who broke it first, when and why. */
  readonly already?: Readonly<Record<"since" | "by" | "reason", string>>;
  /** Webhook configurations that were removed. */
  readonly removed: number;
  /** With `off`: Pods that were made meanwhile. Absent where they could not be listed. */
  readonly unjudged?: UnjudgedPods & {
    /** When they were listed, by the clock of who asked. Until the webhooks are called again others may be made. */
    readonly until: string;
  };
}

const whenAndWho = ({ since, by, reason }: NonNullable<BreakGlassReport["already"]>): string =>
  `${since} by ${by}: ${reason}`;

/** For all of it. */
const mostMs = 60_000;
const mostReason = 500;
const nobody = "somebody whose name the API server does not say";

/** A kubeconfig's API server, which alone is asked. */
export function openOwnCluster(
  { kubeconfig, context }: Pick<BreakGlassOptions, "kubeconfig" | "context">,
  io: CommandIO,
): Cluster {
  const { env, limits } = io;
  const files = filesOf(io);
  return openCluster({
    env,
    files,
    limits,
    now: () => io.now(),
    kubeconfig,
    context,
    authorities: once(() => readAuthorities({ env, files, added: undefined })),
    log: undefined,
  });
}

/**
 * Does one step of several. If it fails, that is said and the next step is still done, because somebody is locked out.
 * Wrong usage ends all of it: without a marker the server would write again what was removed.
 */
async function attempt(what: string, act: () => Promise<unknown>, io: CommandIO): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === "invalid-usage") throw error;
    sayFault(what, error, io);
    return false;
  }
}

const sayFault = (what: string, { code, message }: EngineError, io: CommandIO): void =>
  io.err(`warning: ${what}: [${code}] ${message}\n`);

async function breakGlass(cluster: Cluster, options: BreakGlassOptions, io: CommandIO): Promise<BreakGlassReport> {
  const { uninstall: isUninstall = false } = options;
  const { reason = isUninstall ? "uninstalled" : "" } = options;
  if (reason.trim() === "") throw usage("say why: --reason TEXT is kept in the cluster, with your name", "--reason");
  if (reason.length > mostReason) throw usage(`--reason has ${mostReason} characters at most`, "--reason");
  const signal = AbortSignal.timeout(mostMs);
  const webhooks = await readWebhooks(cluster, signal);
  const asking = await whoAsks(cluster, signal);
  // The Job of an uninstallation is where the server is. A person's kubeconfig may name any other namespace.
  const own = isUninstall ? asking.account?.namespace : undefined;
  const namespace = options.namespace ?? own ?? (await namespaceOf(cluster, webhooks, signal));
  const by = asking.name || nobody;
  // Of an uninstallation nothing stays: the marker goes with the service account that it removes.
  const owners = isUninstall ? ownersIn(namespace, asking) : [];
  let already: BreakGlassReport["already"];
  const mark = async (): Promise<void> => {
    const leaving = { namespace, reason, by, isUninstall, owners, now: io.now() };
    const left = await leaveMarker(cluster, leaving, signal);
    if (left.state === "no-namespace")
      throw usage(`there is no namespace ${namespace}: say where serve runs`, "--namespace");
    if (left.state !== "stood") return;
    const { before, notAdded } = left;
    already = { since: before.since, by: before.by, reason: before.reason };
    if (notAdded !== undefined) sayFault("the marker of who broke the glass before stays as it is", notAdded, io);
  };
  // Before the webhooks go, so that the server does not write them again; but a policy for every kind may be what
  // keeps the marker out.
  const marked = await attempt("the server is not told yet", mark, io);
  const removed = await removeWebhooks(cluster, signal);
  if (!marked) {
    await mark();
    await removeWebhooks(cluster, signal);
  }
  const before = already === undefined ? "" : `; already out of force since ${whenAndWho(already)}`;
  const message = `${by} took the admission webhooks out of force: ${reason}${before}`;
  const event = { namespace, reason: "BreakGlass", message, now: io.now() };
  await attempt("no Event was written", () => tellEvent(cluster, event, signal), io);
  const stood = already === undefined ? {} : { already };
  return { state: "on", server: cluster.server(), namespace, by, reason, removed, ...stood };
}

async function restore(cluster: Cluster, options: BreakGlassOptions, io: CommandIO): Promise<BreakGlassReport> {
  const { reason = "" } = options;
  const signal = AbortSignal.timeout(mostMs);
  const namespace = options.namespace ?? (await namespaceOf(cluster, [], signal));
  const marker = await readMarker(cluster, namespace, signal);
  if (marker === undefined)
    throw new EngineError("invalid-usage", `the glass is not broken in namespace ${namespace}`, { subject: "--off" });
  const by = (await whoAsks(cluster, signal)).name || nobody;
  await cluster.write.remove(markerAddress(namespace), signal);
  const message = `${by} lets the server write the admission webhooks again; out of force since ${marker.since}`;
  const event = { namespace, reason: "BreakGlassOff", message, now: io.now() };
  await attempt("no Event was written", () => tellEvent(cluster, event, signal), io);
  let unjudged: BreakGlassReport["unjudged"];
  const list = async (): Promise<void> => {
    const until = io.now().toISOString();
    unjudged = { ...(await unjudgedPods(cluster, marker.since, io.limits, signal)), until };
  };
  await attempt(`the Pods that were made since ${marker.since} cannot be listed`, list, io);
  const listed = unjudged === undefined ? {} : { unjudged };
  return { state: "off", server: cluster.server(), namespace, by, reason, removed: 0, ...listed };
}

/** @throws EngineError as the API server's answers, and `invalid-usage`. */
export async function changeGlass(options: BreakGlassOptions, io: CommandIO): Promise<BreakGlassReport> {
  const cluster = openOwnCluster(options, io);
  try {
    return await (options.off === true ? restore : breakGlass)(cluster, options, io);
  } finally {
    await cluster.close();
  }
}
