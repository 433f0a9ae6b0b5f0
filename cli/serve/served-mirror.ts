/**
 * The mirror that a server reads. Where its folder has a snapshot, a newer one takes its place while the server runs:
 * requests in work end with the one they began with. Source: docs/spec/snapshot.md#reading.
 */
import type { Limits } from "../../core/limits.ts";
import { findCurrentSnapshot } from "../../proxy/mirror/current-snapshot.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";

interface Held {
  readonly mirror: Mirror;
  uses: number;
}

/** A mirror that is in use until it is let go of. */
export interface TakenMirror {
  readonly mirror: Mirror;
  /** It is in force from now on; the one before is closed once nobody uses it. */
  adopt(): void;
  release(): void;
}

export class ServedMirror {
  readonly #open: () => Mirror;
  readonly #limits: Limits;
  #now: Held;

  /** @throws EngineError as `open`. */
  constructor(open: () => Mirror, limits: Limits) {
    this.#open = open;
    this.#limits = limits;
    this.#now = { mirror: open(), uses: 0 };
  }

  /** The one in force. */
  get mirror(): Mirror {
    return this.#now.mirror;
  }

  /** The statement of a snapshot that is in the folder and not in force. @throws EngineError `mirror-corrupt` */
  newer(): string | undefined {
    const { folder, currentSnapshot } = this.mirror;
    if (currentSnapshot === undefined) return undefined;
    const found = findCurrentSnapshot(folder, this.#limits)?.statement;
    return found === currentSnapshot.statement ? undefined : found;
  }

  /** The newest one. @throws EngineError as `open`. */
  take(): TakenMirror {
    const held = this.newer() === undefined ? this.#now : { mirror: this.#open(), uses: 0 };
    held.uses += 1;
    return {
      mirror: held.mirror,
      adopt: () => {
        const before = this.#now;
        this.#now = held;
        this.#closeUnused(before);
      },
      release: () => {
        held.uses -= 1;
        this.#closeUnused(held);
      },
    };
  }

  close(): void {
    this.mirror.close();
  }

  #closeUnused(held: Held): void {
    if (held !== this.#now && held.uses === 0) held.mirror.close();
  }
}
