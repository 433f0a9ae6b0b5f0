/**
 * Layers of images, streamed into the mirror's folder and verified as they come. What a sync was stopped at is gone on
 * from, in the next one. No decision reads them.
 */
import { Readable } from "node:stream";
import { EngineError } from "../../core/errors.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { Limits } from "../../core/limits.ts";
import { Flights } from "../flights.ts";
import type { LayerStore } from "../mirror/layer-store.ts";
import { outage } from "../upstream/outage.ts";
import type { RegistryContent } from "../upstream/registry/registry-part.ts";

export interface FetchedLayer {
  /** That came now, for this image. */
  readonly bytes: number;
  /** Whether all of it, or a part, was here before this run. */
  readonly wasHere: boolean;
}

export type FetchLayer = (repository: string, layer: Descriptor) => Promise<FetchedLayer>;

export interface FetchLayerOptions {
  readonly layers: Pick<LayerStore, "size" | "partial" | "addStream">;
  readonly content: Pick<RegistryContent, "openBlob">;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** A layer that several images have is fetched once. */
export function createLayerFetcher({ layers, content, limits, signal }: FetchLayerOptions): FetchLayer {
  const coming = new Flights<FetchedLayer>();
  /** Whether something of each that came was here. */
  const brought = new Map<string, boolean>();

  /** The rest after `from` bytes, or all of it where the registry sends that. Returns the bytes that came. */
  const bring = async (repository: string, { digest, size }: Descriptor, from: number): Promise<number> => {
    if (from === size) {
      await layers.addStream(digest, size, Readable.from([]), from);
      return 0;
    }
    const found = await content.openBlob(repository, digest, signal, from);
    if (found === undefined)
      throw new EngineError("upstream-error", "the registry names this layer, and says that it does not have it", {
        subject: digest,
      });
    const { body, from: first } = found;
    try {
      await layers.addStream(digest, size, body, first);
    } catch (error) {
      throw outage(error, digest);
    }
    return size - first;
  };

  const fetch = async (repository: string, layer: Descriptor): Promise<FetchedLayer> => {
    const { digest, size } = layer;
    if (layers.size(digest) !== undefined) return { bytes: 0, wasHere: brought.get(digest) ?? true };
    if (size > limits.layerBytes)
      throw new EngineError("over-limit", `a layer of ${size} bytes, at most ${limits.layerBytes} are kept`, {
        subject: digest,
      });
    const held = layers.partial(digest);
    const from = held > size ? 0 : held;
    let bytes: number;
    try {
      bytes = await bring(repository, layer, from);
    } catch (error) {
      // What was here may be what is wrong, since a power cut leaves files half written; or the registry gives no rest.
      if (from === 0 || !(error instanceof EngineError) || error.code !== "upstream-error") throw error;
      bytes = await bring(repository, layer, 0);
    }
    const wasHere = bytes < size;
    brought.set(digest, wasHere);
    return { bytes, wasHere };
  };

  return (repository, layer) => {
    const held = coming.get(layer.digest);
    // Whoever asked first brought it.
    if (held !== undefined) return held.then(({ wasHere }) => ({ bytes: 0, wasHere }));
    return coming.join(layer.digest, () => fetch(repository, layer));
  };
}
