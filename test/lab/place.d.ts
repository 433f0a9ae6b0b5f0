import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import type { Making } from "./recipe.ts";
import type { Store } from "./store.ts";
interface Kept {
  readonly making: Making;
  readonly image: Descriptor & {
    readonly bytes: Uint8Array;
  };
  readonly repository: string;
}
export declare function keepLayer(
  store: Store,
  {
    making,
    image,
    repository,
    entries,
    timestamps,
  }: Kept & {
    readonly entries: readonly LogEntry[];
    readonly timestamps: readonly Uint8Array[];
  },
): void;
export declare function keepBundle(
  store: Store,
  {
    making,
    image,
    repository,
    bundle,
  }: Kept & {
    readonly bundle: string;
  },
): void;
