/** Layers of images, streamed into the mirror's folder and verified as they come. No decision reads them. */
import { EngineError } from "../../core/errors.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { Limits } from "../../core/limits.ts";
import { Flights } from "../flights.ts";
import type { LayerStore } from "../mirror/layer-store.ts";
import { outage } from "../upstream/outage.ts";
import type { RegistryContent } from "../upstream/registry/registry-part.ts";

/** How many bytes came; 0 where the layer was there. */
export type FetchLayer = (repository: string, layer: Descriptor) => Promise<number>;

export interface FetchLayerOptions {
  readonly layers: Pick<LayerStore, "size" | "addStream">;
  readonly content: Pick<RegistryContent, "openBlob">;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** A layer that several images have is fetched once. */
export function createLayerFetcher({ layers, content, limits, signal }: FetchLayerOptions): FetchLayer {
  const coming = new Flights<number>();
  const fetch = async (repository: string, { digest, size }: Descriptor): Promise<number> => {
    if (layers.size(digest) !== undefined) return 0;
    if (size > limits.layerBytes)
      throw new EngineError("over-limit", `a layer of ${size} bytes, at most ${limits.layerBytes} are kept`, {
        subject: digest,
      });
    const found = await content.openBlob(repository, digest, signal);
    if (found === undefined)
      throw new EngineError("upstream-error", "the registry names this layer, and says that it does not have it", {
        subject: digest,
      });
    try {
      await layers.addStream(digest, size, found.body);
    } catch (error) {
      throw outage(error, digest);
    }
    return size;
  };
  return (repository, layer) => {
    const held = coming.get(layer.digest);
    // Whoever asked first brought it.
    if (held !== undefined) return held.then(() => 0);
    return coming.join(layer.digest, () => fetch(repository, layer));
  };
}
