/**
 * How many images a mirror holds, and whether a signature is stored beside them, for the metrics of a server. As
 * stored: nothing is verified. A mirror is gone through image by image with pauses between them, so that a large one
 * takes a few percent of a processor, and nobody else's answer waits for it.
 */
import { EngineError } from "../../core/errors.ts";
import type { MirrorImage } from "./list-mirror.ts";
import type { Mirror } from "./mirror.ts";

/** `unknown`: no signature is stored, and not every place was asked, or a bundle does not say what it holds. */
export type Signed = "yes" | "no" | "unknown";
export type SignedCounts = Readonly<Record<Signed, number>>;

export interface ImageCountsOptions {
  readonly mirror: Pick<Mirror, "eachImage" | "knowledge">;
  readonly now: () => Date;
  /** Calls back after a pause. */
  readonly later?: ((step: () => void) => void) | undefined;
  /** Told why there is no count. */
  readonly failed: (error: EngineError) => void;
}

/** A mirror that changes is counted again no sooner than this. */
const keptMs = 5 * 60_000;
const pauseMs = 2;
const afterPause = (step: () => void): void => void setTimeout(step, pauseMs).unref();

const signedOf = ({ signatures, untypedBundles = 0, unasked }: MirrorImage): Signed =>
  signatures > 0 ? "yes" : unasked.length === 0 && untypedBundles === 0 ? "no" : "unknown";

export class ImageCounts {
  readonly #options: ImageCountsOptions;
  #counts: SignedCounts | undefined;
  /** When the newest count began, and of which version of the mirror it is. */
  #begun: { readonly at: number; readonly version: string | undefined } | undefined;
  #isCounting = false;
  #isClosed = false;

  constructor(options: ImageCountsOptions) {
    this.#options = options;
    this.#begin();
  }

  /** The newest count; a new one begins where the mirror has changed since. Undefined before the first has ended. */
  look(): SignedCounts | undefined {
    this.#begin();
    return this.#counts;
  }

  /** The mirror may be closed from now on. */
  close(): void {
    this.#isClosed = true;
  }

  #begin(): void {
    const { mirror, now } = this.#options;
    if (this.#isClosed || this.#isCounting) return;
    const at = now().getTime();
    const before = this.#begun;
    if (before !== undefined && Math.abs(at - before.at) < keptMs) return;
    this.#orFail(() => {
      this.#begun = { at, version: before?.version };
      const { version } = mirror.knowledge().state();
      if (before !== undefined && version === before.version) return;
      this.#begun = { at, version };
      this.#isCounting = true;
      const counts = { yes: 0, no: 0, unknown: 0 };
      const images = mirror.eachImage();
      const step = (): void => {
        if (!this.#isClosed) this.#orFail(() => this.#count(images, counts, step));
      };
      this.#later(step);
    });
  }

  #count(images: Iterator<MirrorImage>, counts: Record<Signed, number>, next: () => void): void {
    const { value, done } = images.next();
    if (done === true) {
      this.#counts = counts;
      this.#isCounting = false;
      return;
    }
    counts[signedOf(value)] += 1;
    this.#later(next);
  }

  #later(step: () => void): void {
    const { later = afterPause } = this.#options;
    later(step);
  }

  /** What is damaged now may be whole later: it is counted again then. */
  #orFail(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#counts = undefined;
      this.#isCounting = false;
      this.#options.failed(error);
    }
  }
}
