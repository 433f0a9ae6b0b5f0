/**
 * Layers from their registries: one pull for all clients where layers are stored, else one each. Source:
 * docs/spec/offline.md#registry-proxy.
 */
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { BlobSize, OpenBlob } from "../upstream/registry/registry-client.ts";
import type { RegistryContent } from "../upstream/registry/registry-part.ts";
import { Flights } from "../flights.ts";
import { LayerFlight } from "./layer-flight.ts";
import type { PulledLayers } from "./pulled-layers.ts";
import type { Unknown } from "./pull-through.ts";
import type { Deadline } from "./shared-asker.ts";

export interface LayerPlace {
  readonly repository: string;
  readonly host: string;
  readonly digest: Digest;
}

/** Why a registry gives nothing. */
export type Missing = Unknown | { readonly state: "absent"; readonly from: string };

/** A stream of one client alone; whoever has it ends it. */
export interface OwnStream {
  readonly blob: OpenBlob;
  readonly end: () => void;
}

export type Opened = { readonly flight: LayerFlight } | { readonly own: OwnStream } | { readonly missing: Missing };

export interface LayerSourceOptions {
  readonly content: RegistryContent | undefined;
  /** Where layers are stored, if they are. */
  readonly layers: PulledLayers | undefined;
  readonly limits: Limits;
  /** Hears of content that does not have its digest, or of a disk that does not take it. */
  readonly failed: (place: LayerPlace, error: EngineError) => void;
  readonly report: (error: EngineError) => void;
}

/** Layers that come from registries at the same time. */
const mostStreams = 512;

export class LayerSource {
  readonly #options: LayerSourceOptions;
  readonly #flights = new Map<Digest, LayerFlight>();
  readonly #opening = new Flights<Opened>();
  readonly #streams = new Set<AbortController>();

  constructor(options: LayerSourceOptions) {
    this.#options = options;
  }

  /** The pull into the store that is under way. */
  flight(digest: Digest): LayerFlight | undefined {
    return this.#flights.get(digest);
  }

  async size(place: LayerPlace, deadline: Deadline): Promise<BlobSize | Missing> {
    const found = await this.#ask(place, deadline, (content, signal) =>
      content.blobSize(place.repository, place.digest, signal),
    );
    return "value" in found ? found.value : found;
  }

  /** Begins to pull, or joins a pull that began. @throws EngineError `over-limit` */
  async open(place: LayerPlace, deadline: Deadline): Promise<Opened> {
    if (this.#options.layers === undefined) return this.#begin(place, deadline);
    const key = `${place.repository}@${place.digest}`;
    const begun = this.#opening.get(key);
    if (begun !== undefined) {
      const joined = await begun;
      return "own" in joined ? this.#begin(place, deadline) : joined;
    }
    return this.#opening.join(key, () => this.#begin(place, deadline));
  }

  /** Ends all pulls. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.abort();
    await Promise.all([...this.#flights.values()].map(({ ended }) => ended));
  }

  async #begin(place: LayerPlace, deadline: Deadline): Promise<Opened> {
    const { layers, limits } = this.#options;
    if (this.#streams.size >= mostStreams) return { missing: tooMany };
    const found = await this.#ask(place, deadline, (content, signal) =>
      content.openBlob(place.repository, place.digest, signal),
    );
    if (!("value" in found)) return { missing: found };
    const { value: blob, stop } = found;
    this.#streams.add(stop);
    const end = (): void => {
      this.#streams.delete(stop);
      // Undici reports the end as an error, too.
      blob.body.on("error", () => undefined).destroy();
    };
    const { size } = blob;
    if (size !== undefined && size > limits.layerBytes) {
      end();
      throw new EngineError("over-limit", `more than ${limits.layerBytes} bytes`, { subject: place.digest });
    }
    if (layers === undefined || size === undefined || !layers.fits(size)) return { own: { blob, end } };
    const begun = this.#flights.get(place.digest);
    if (begun !== undefined) {
      end();
      return { flight: begun };
    }
    const flight = new LayerFlight(layers, place.digest, size, blob.body);
    this.#flights.set(place.digest, flight);
    void flight.ended.then((error) => {
      this.#flights.delete(place.digest);
      end();
      if (error !== undefined) this.#options.failed(place, error);
    });
    return { flight };
  }

  /** Asks registries within the time of a request; the stream that begins may take longer. */
  async #ask<Value>(
    { host }: LayerPlace,
    deadline: Deadline,
    ask: (content: RegistryContent, signal: AbortSignal) => Promise<Value | undefined>,
  ): Promise<{ readonly value: Value; readonly stop: AbortController } | Missing> {
    const { content, report } = this.#options;
    const stop = new AbortController();
    const late = new DOMException("no answer in time", "TimeoutError");
    const timer = setTimeout(() => stop.abort(late), Math.max(0, deadline - performance.now()));
    try {
      const value = content === undefined ? undefined : await ask(content, stop.signal);
      return value === undefined ? { state: "absent", from: host } : { value, stop };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      report(error);
      const { code, message } = error;
      const isDenied = code === "access-denied";
      const why = isDenied
        ? `${host} refuses the proxy; the proxy's log says more`
        : `asking ${host} failed: ${message}`;
      return { state: "unknown", code, why, mayPass: !isDenied };
    } finally {
      clearTimeout(timer);
    }
  }
}

const tooMany: Unknown = {
  state: "unknown",
  code: "overloaded",
  why: `more than ${mostStreams} layers are being pulled`,
  mayPass: true,
};
