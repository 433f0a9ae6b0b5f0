/**
 * Layers from their registries: one pull for all clients, into the store or passing through. Source:
 * docs/spec/offline.md#registry-proxy.
 */
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { BlobSize, OpenBlob } from "../upstream/registry/registry-client.ts";
import type { RegistryContent } from "../upstream/registry/registry-part.ts";
import { Flights } from "../flights.ts";
import { untilDeadline } from "../until-deadline.ts";
import { LayerFlight } from "./layer-flight.ts";
import { Slabs } from "./layer-window.ts";
import { PassingFlight } from "./passing-flight.ts";
import type { PulledLayers } from "./pulled-layers.ts";
import type { Unknown } from "./pull-through.ts";
import type { Deadline } from "./shared-asker.ts";
import { steadySource } from "./steady-source.ts";

export interface LayerPlace {
  readonly repository: string;
  readonly host: string;
  readonly digest: Digest;
}

/** Why a registry gives nothing. */
export type Missing = Unknown | { readonly state: "absent"; readonly from: string };

/** A stream of one client alone; whoever has it ends it. */
export interface OwnStream {
  readonly size: number | undefined;
  readonly source: AsyncIterable<Uint8Array>;
  readonly end: () => void;
}

export type Flight = LayerFlight | PassingFlight;
export type Opened = { readonly flight: Flight } | { readonly own: OwnStream } | { readonly missing: Missing };

export interface LayerSourceOptions {
  readonly content: RegistryContent | undefined;
  /** Where layers are stored, if they are. */
  readonly layers: PulledLayers | undefined;
  readonly limits: Limits;
  /** Hears of content that does not have its digest, or of a disk that does not take it. */
  readonly failed: (place: LayerPlace, error: EngineError) => void;
  readonly report: (error: EngineError) => void;
}

/** A stream from a registry, and what ends it. */
interface Running {
  readonly size: number | undefined;
  readonly source: AsyncIterable<Uint8Array>;
  readonly end: () => void;
}

/** A request that waited in vain for another's opening opens the layer itself, if it has so much time left. */
const leastAgainMs = 1_000;

/** By host, too: a slow registry must not hold up those who get the same layer from another. */
const keyOf = ({ host, digest }: LayerPlace): string => `${host}@${digest}`;

const canJoin = (flight: Flight): boolean => !(flight instanceof PassingFlight) || flight.isWhole;

export class LayerSource {
  readonly #options: LayerSourceOptions;
  readonly #flights = new Map<string, Flight>();
  readonly #opening = new Flights<Opened>();
  readonly #streams = new Set<AbortController>();
  /** What the flights that are not stored may keep in memory. */
  #windows = 0;
  /** One window's worth is kept for the next flight. */
  readonly #slabs: Slabs;

  constructor(options: LayerSourceOptions) {
    this.#options = options;
    this.#slabs = new Slabs(options.limits.passingLayerBytes);
  }

  /** The pull that is under way, and that can be joined. */
  flight(place: LayerPlace): Flight | undefined {
    const flight = this.#flights.get(keyOf(place));
    return flight !== undefined && canJoin(flight) ? flight : undefined;
  }

  async size(place: LayerPlace, deadline: Deadline): Promise<BlobSize | Missing> {
    const found = await this.#ask(place, deadline, (content, signal) =>
      content.blobSize(place.repository, place.digest, signal),
    );
    return "value" in found ? found.value : found;
  }

  /** Begins to pull, or joins a pull that began; each waits as long as it has time. @throws EngineError `over-limit` */
  async open(place: LayerPlace, deadline: Deadline): Promise<Opened> {
    const key = `${place.repository}@${place.digest}`;
    const begun = this.#opening.get(key);
    if (begun === undefined) return this.#opening.join(key, () => this.#begin(place, deadline));
    const joined = await untilDeadline(begun, deadline);
    if (joined === "late") return { missing: noAnswer(place.host) };
    const isOthersTime =
      "missing" in joined && joined.missing.state === "unknown" && joined.missing.code === "timed-out";
    if (isOthersTime && deadline - performance.now() >= leastAgainMs) return this.open(place, deadline);
    const isGone = "flight" in joined && !canJoin(joined.flight);
    if (isGone) return this.open(place, deadline);
    return "own" in joined ? this.#begin(place, deadline) : joined;
  }

  /** Ends all pulls. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.abort();
    await Promise.all([...this.#flights.values()].map(({ ended }) => ended));
  }

  async #begin(place: LayerPlace, deadline: Deadline): Promise<Opened> {
    const { layers, limits } = this.#options;
    if (this.#streams.size >= limits.layerStreams) return { missing: tooMany(limits.layerStreams) };
    const found = await this.#ask(place, deadline, (content, signal) =>
      content.openBlob(place.repository, place.digest, signal),
    );
    if (!("value" in found)) return { missing: found };
    const running = this.#run(place, found.value, found.stop);
    const { size, source, end } = running;
    if (size !== undefined && size > limits.layerBytes) {
      end();
      throw new EngineError("over-limit", `more than ${limits.layerBytes} bytes`, { subject: place.digest });
    }
    const begun = this.flight(place);
    if (begun !== undefined) {
      end();
      return { flight: begun };
    }
    if (layers !== undefined && size !== undefined && layers.fits(size))
      return { flight: this.#fly(place, running, new LayerFlight(layers, place.digest, size, source)) };
    const { passingLayerBytes: windowBytes, passingBytes } = limits;
    if (this.#windows + windowBytes > passingBytes) return { own: running };
    this.#windows += windowBytes;
    const alone = (from: number): AsyncIterable<Uint8Array> => this.#alone(place, from);
    const { digest } = place;
    const flight = new PassingFlight({ digest, size, source, windowBytes, slabs: this.#slabs, alone });
    void flight.ended.then(() => {
      this.#windows -= windowBytes;
    });
    return { flight: this.#fly(place, running, flight) };
  }

  #fly(place: LayerPlace, { end }: Running, flight: Flight): Flight {
    const key = keyOf(place);
    this.#flights.set(key, flight);
    void flight.ended.then((error) => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      end();
      if (error !== undefined) this.#options.failed(place, error);
    });
    return flight;
  }

  #run({ repository, digest }: LayerPlace, blob: OpenBlob, stop: AbortController, at = 0): Running {
    const { content, limits } = this.#options;
    this.#streams.add(stop);
    // Its end reaches the client as an error of its own; undici reports it here, too.
    blob.body.on("error", () => undefined);
    return {
      size: blob.size,
      source: steadySource(blob, at, {
        subject: digest,
        open: async (from) => content?.openBlob(repository, digest, stop.signal, from),
        limits,
      }),
      end: () => {
        this.#streams.delete(stop);
        blob.body.destroy();
        stop.abort();
      },
    };
  }

  /** The rest of a layer for one client. @throws EngineError why it cannot be had. */
  async *#alone(place: LayerPlace, from: number): AsyncGenerator<Uint8Array> {
    const { content, limits } = this.#options;
    if (this.#streams.size >= limits.layerStreams)
      throw new EngineError("overloaded", tooMany(limits.layerStreams).why, { subject: place.digest });
    const stop = new AbortController();
    const blob = await content?.openBlob(place.repository, place.digest, stop.signal, from);
    if (blob === undefined) throw new EngineError("upstream-error", "the layer is gone", { subject: place.digest });
    const { source, end } = this.#run(place, blob, stop, from);
    try {
      yield* source;
    } finally {
      end();
    }
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

const tooMany = (most: number): Unknown => ({
  state: "unknown",
  code: "overloaded",
  why: `more than ${most} layers are being pulled`,
  mayPass: true,
});

const noAnswer = (host: string): Unknown => ({
  state: "unknown",
  code: "timed-out",
  why: `asking ${host} takes too long; the proxy goes on asking: try again`,
  mayPass: true,
});
