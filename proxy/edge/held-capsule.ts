/**
 * The capsule that an edge decides by: embedded, or fetched and renewed. The last good one is kept: what cannot be
 * fetched, is too large, badly signed or older changes nothing. Source: docs/spec/bundles.md#edge.
 */
import { openCapsule } from "../../core/capsule/open-capsule.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { type Deciding, decidingBy } from "../../core/entry/deciding.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { readBounded } from "./read-bounded.ts";

export interface HeldCapsuleOptions {
  /** Its bytes, or where it is fetched. */
  readonly capsule: Uint8Array | string;
  readonly keys: readonly PublicKey[];
  readonly floor?: number | undefined;
  readonly allowUnsigned?: boolean | undefined;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
  /** A fetched capsule is asked for again after so long. */
  readonly refreshMs: number;
  readonly timeoutMs: number;
  readonly now: () => Date;
  readonly fetch: typeof fetch;
  /** Told of a capsule that could not be had. */
  readonly failed: (error: EngineError) => void;
}

/** Errors are read by whoever is denied, and a query is often what gives access. */
const withoutQueries = (text: string): string => text.replace(/(https?:[^\s?#"')]*)[?#][^\s"')]*/gi, "$1");

/** @throws EngineError `invalid-usage`, without the text: it may hold a password. */
function requireAddress(capsule: HeldCapsuleOptions["capsule"]): void {
  if (typeof capsule !== "string") return;
  const url = URL.canParse(capsule) ? new URL(capsule) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw new EngineError("invalid-usage", "not an https address", { subject: "capsule" });
  if (url.username !== "" || url.password !== "")
    throw new EngineError("invalid-usage", "an address with a password: give a fetch that has it", {
      subject: "capsule",
    });
}

export class HeldCapsule {
  readonly #options: HeldCapsuleOptions;
  #held: Deciding | undefined;
  /** Why the newest try failed; undefined after one that did not. */
  #fault: EngineError | undefined;
  #tried: number | undefined;
  #etag: string | undefined;
  #flight: Promise<void> | undefined;

  /** @throws EngineError `invalid-usage` for an address that nobody can fetch. */
  constructor(options: HeldCapsuleOptions) {
    requireAddress(options.capsule);
    this.#options = options;
  }

  get fault(): EngineError | undefined {
    return this.#fault;
  }

  /** What decides now. @throws EngineError while there has never been a good one: why the last try failed. */
  async current(): Promise<Deciding> {
    const { capsule, refreshMs, now } = this.#options;
    // A clock that was put back is no reason to wait until it is where it was.
    const sinceTried = now().getTime() - (this.#tried ?? 0);
    const isDue =
      this.#tried === undefined || (typeof capsule === "string" && (sinceTried >= refreshMs || sinceTried < 0));
    if (isDue || this.#flight !== undefined) {
      // Whoever comes meanwhile waits for the same try only while there is nothing to decide by.
      this.#flight ??= this.#renew().finally(() => {
        this.#flight = undefined;
      });
      if (this.#held === undefined || isDue) await this.#flight;
    }
    if (this.#held === undefined) throw this.#fault ?? new EngineError("unreachable", "no capsule was opened yet");
    return this.#held;
  }

  async #renew(): Promise<void> {
    const { capsule, now, failed } = this.#options;
    this.#tried = now().getTime();
    try {
      const { bytes, etag } = typeof capsule === "string" ? await this.#fetch(capsule) : { bytes: capsule };
      if (bytes !== undefined) this.#open(bytes, etag);
      this.#fault = undefined;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#fault = error;
      failed(error);
    }
  }

  #open(bytes: Uint8Array, etag: string | undefined): void {
    const { keys, allowUnsigned, floor = 0, verifier, limits } = this.#options;
    const opened = openCapsule(bytes, {
      keys,
      allowUnsigned,
      floor: Math.max(floor, this.#held?.capsule.sequence ?? 0),
      verifier,
      limits,
    });
    this.#held = decidingBy(opened, verifier);
    // Not before: with the tag of one that was refused, "not modified" would look as if all were well.
    this.#etag = etag;
  }

  /** No bytes where the one that is held is still the newest. */
  async #fetch(url: string): Promise<{ readonly bytes?: Uint8Array; readonly etag?: string | undefined }> {
    const { fetch: ask, limits, timeoutMs } = this.#options;
    const subject = withoutQueries(url);
    const headers: Record<string, string> =
      this.#held === undefined || this.#etag === undefined ? {} : { "if-none-match": this.#etag };
    try {
      const response = await ask(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
      if (response.status === 304 && this.#held !== undefined) return {};
      if (response.status !== 200)
        throw new EngineError("upstream-error", `the server answered ${response.status}`, { subject });
      const bytes = await readBounded(response, limits.capsuleBytes, subject);
      return { bytes, etag: response.headers.get("etag") ?? undefined };
    } catch (error) {
      if (error instanceof EngineError) throw error;
      const isLate = (error as { readonly name?: unknown } | null)?.name === "TimeoutError";
      throw new EngineError(
        isLate ? "timed-out" : "unreachable",
        isLate
          ? `no capsule within ${timeoutMs} ms`
          : `the capsule cannot be fetched: ${withoutQueries(String(error))}`,
        { subject, cause: error },
      );
    }
  }
}
