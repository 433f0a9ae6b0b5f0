/**
 * Keeps the webhook configurations of an API server as the policies are. One instance of several does: the leader.
 * Never while the glass is broken. Source: docs/decisions/056-serve-in-a-cluster.md.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";
import {
  exemptAnnotation,
  type Marker,
  markerAddress,
  namespaceAnnotation,
  ownLabels,
  readMarker,
  removeWebhooks,
  webhookAddresses,
} from "./break-glass.ts";

export interface WriterOptions {
  readonly cluster: Pick<Cluster, "read" | "write">;
  /** Of the marker. */
  readonly namespace: string;
  /** How long this instance may write without asking again. */
  readonly leftMs: () => number;
  /** What is to be there, by the policies in force; nothing before they are loaded. */
  readonly wanted: (signal: AbortSignal) => Promise<readonly JsonObject[] | undefined>;
  /** What nobody verifies by them. */
  readonly exempt: () => readonly string[];
  readonly now: () => Date;
}

/** What became of one look. */
export type Outcome =
  | { readonly state: "follows" | "waits" | "written" | "unchanged" }
  | { readonly state: "broken-glass"; readonly marker: Marker };

/** A server that never restarts must not be held back for ever by an uninstallation that was not carried out. */
const uninstallMs = 10 * 60_000;

export class WebhookWriter {
  readonly #options: WriterOptions;
  readonly #started: Date;
  /** What was written last, and how the API server kept it. */
  #last = "";

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#started = options.now();
  }

  /** @throws EngineError as the API server's answers, and `invalid-config` for objects of somebody else. */
  async look(signal: AbortSignal): Promise<Outcome> {
    const { cluster, namespace, leftMs, wanted } = this.#options;
    if (leftMs() <= 0) return { state: "follows" };
    const marker = await this.#markerInForce(signal);
    if (marker !== undefined) {
      this.#last = "";
      return { state: "broken-glass", marker };
    }
    const objects = await wanted(signal);
    if (objects === undefined) return { state: "waits" };
    const left = leftMs();
    if (left <= 0) return { state: "follows" };
    // What takes longer than this instance leads is given up.
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(left)]);
    const kept: JsonObject[] = [];
    for (const [index, object] of objects.entries()) kept.push(await this.#write(index, object, inTime));
    // Who broke the glass meanwhile found nothing to remove, or what was there before.
    const broken = await readMarker(cluster, namespace, signal);
    if (broken !== undefined && this.#holdsBack(broken)) {
      await removeWebhooks(cluster, signal);
      return { state: "broken-glass", marker: broken };
    }
    const text = JSON.stringify(kept);
    const isSame = text === this.#last;
    this.#last = text;
    return { state: isSame ? "unchanged" : "written" };
  }

  async #write(index: number, object: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const { cluster } = this.#options;
    const at = webhookAddresses[index];
    if (at === undefined) throw new Error("there are two webhook configurations");
    const before = await cluster.read(at, signal);
    if (before !== undefined && !isOurs(before))
      throw new EngineError(
        "invalid-config",
        "webhook configurations of this name were not written by serve: remove them, and it writes its own",
        { subject: `${at.resource}/${at.name}` },
      );
    const metadata = isObject(object.metadata) ? object.metadata : {};
    const annotations = {
      ...(isObject(metadata.annotations) ? metadata.annotations : {}),
      [namespaceAnnotation]: this.#options.namespace,
      [exemptAnnotation]: this.#exemptText(),
    };
    const own = { ...object, metadata: { ...metadata, labels: ownLabels, annotations } };
    const written = await cluster.write.apply(at, own, signal);
    if (written.state === "done") return withoutTimes(written.object);
    const why = written.state === "conflict" ? written.why : "it is not there";
    throw new EngineError("upstream-error", `the webhook configuration was not written: ${why}`, { subject: at.name });
  }

  #exemptText(): string {
    return JSON.stringify(this.#options.exempt());
  }

  /** An uninstallation that is over left its marker behind, which is removed. */
  async #markerInForce(signal: AbortSignal): Promise<Marker | undefined> {
    const { cluster, namespace } = this.#options;
    const marker = await readMarker(cluster, namespace, signal);
    if (marker === undefined || this.#holdsBack(marker)) return marker;
    await cluster.write.remove(markerAddress(namespace), signal);
    return undefined;
  }

  #holdsBack({ isUninstall, since }: Marker): boolean {
    if (!isUninstall) return true;
    const at = Date.parse(since);
    return this.#started.getTime() < at && this.#options.now().getTime() < at + uninstallMs;
  }
}

const isOurs = ({ metadata }: JsonObject): boolean => {
  const labels = isObject(metadata) && isObject(metadata.labels) ? metadata.labels : {};
  return labels["app.kubernetes.io/managed-by"] === ownLabels["app.kubernetes.io/managed-by"];
};

/** Without who wrote it when. */
function withoutTimes({ metadata, ...object }: JsonObject): JsonObject {
  const { name, uid, labels, annotations } = isObject(metadata) ? metadata : {};
  return {
    ...object,
    metadata: { name: name ?? "", uid: uid ?? "", labels: labels ?? {}, annotations: annotations ?? {} },
  };
}
