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
import { beforeAbort, dropBody, readBounded } from "./read-bounded.ts";

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

/** While there is none, every review is denied: it is asked for again sooner. */
const longestWithout = 10_000;
/**
 * Whoever waits for a try waits a little longer than it may take. A worker that ends a request may end what it waited
 * for, too: that try has no end, and nobody else's review must hang on it.
 */
const patience = 1_000;

/** Errors are read by whoever is denied, and a query is often what gives access. */
const withoutQueries = (text: string): string => text.replace(/(https?:[^\s?#"')]*)[?#][^\s"')]*/gi, "$1");

/** @throws EngineError `invalid-usage`, without the text: it may hold a password. */
function requireCapsule(capsule: HeldCapsuleOptions["capsule"]): void {
  if (typeof capsule !== "string") {
    // JavaScript gives what it has: nothing where an option is misspelt, or an ArrayBuffer.
    if (ArrayBuffer.isView(capsule)) return;
    throw new EngineError("invalid-usage", "neither a Uint8Array nor an address", { subject: "capsule" });
  }
  const url = URL.canParse(capsule) ? new URL(capsule) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw new EngineError("invalid-usage", "not an https address", { subject: "capsule" });
  if (url.username !== "" || url.password !== "")
    throw new EngineError("invalid-usage", "an address with a password: give a fetch that has it", {
      subject: "capsule",
    });
}

const lateBy = (ms: number, subject: string | undefined, cause?: unknown): EngineError =>
  new EngineError("timed-out", `no capsule within ${ms} ms`, { subject, cause });

export class HeldCapsule {
  readonly #options: HeldCapsuleOptions;
  #held: Deciding | undefined;
  /** Why the newest try failed; undefined after one that did not. */
  #fault: EngineError | undefined;
  #tried: number | undefined;
  #etag: string | undefined;
  #flight: Promise<void> | undefined;

  /** @throws EngineError `invalid-usage` for an address that nobody can fetch, and what is no bytes. */
  constructor(options: HeldCapsuleOptions) {
    requireCapsule(options.capsule);
    this.#options = options;
  }

  get fault(): EngineError | undefined {
    return this.#fault;
  }

  /** What decides now. @throws EngineError while there has never been a good one: why the last try failed. */
  async current(): Promise<Deciding> {
    const isDue = this.#isDue();
    if (isDue || this.#flight !== undefined) {
      // Whoever comes meanwhile waits for the same try only while there is nothing to decide by.
      const flight = this.#flight ?? this.#start();
      if (this.#held === undefined || isDue) await this.#await(flight);
    }
    if (this.#held === undefined) throw this.#fault ?? new EngineError("unreachable", "no capsule was opened yet");
    return this.#held;
  }

  #isDue(): boolean {
    const { capsule, refreshMs, now } = this.#options;
    if (this.#tried === undefined) return true;
    if (typeof capsule !== "string") return false;
    // A clock that was put back is no reason to wait until it is where it was.
    const sinceTried = now().getTime() - this.#tried;
    return sinceTried < 0 || sinceTried >= (this.#held === undefined ? Math.min(refreshMs, longestWithout) : refreshMs);
  }

  #start(): Promise<void> {
    const flight = this.#renew().finally(() => this.#end(flight));
    this.#flight = flight;
    return flight;
  }

  #end(flight: Promise<void>): void {
    if (this.#flight === flight) this.#flight = undefined;
  }

  async #await(flight: Promise<void>): Promise<void> {
    const { timeoutMs } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs + patience);
    try {
      await beforeAbort(flight, signal);
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
      if (this.#flight !== flight) return;
      this.#end(flight);
      this.#fail(lateBy(timeoutMs, this.#subject));
    }
  }

  get #subject(): string | undefined {
    const { capsule } = this.#options;
    return typeof capsule === "string" ? withoutQueries(capsule) : undefined;
  }

  #fail(error: EngineError): void {
    this.#fault = error;
    this.#options.failed(error);
  }

  async #renew(): Promise<void> {
    const { capsule, now } = this.#options;
    this.#tried = now().getTime();
    try {
      const { bytes, etag } = typeof capsule === "string" ? await this.#fetch(capsule) : { bytes: capsule };
      if (bytes !== undefined) this.#open(bytes, etag);
      this.#fault = undefined;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#fail(error);
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
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const asked = ask(url, { headers, signal });
      const response = await beforeAbort(asked, signal).catch((error: unknown) => {
        asked.then(dropBody, () => undefined);
        throw error;
      });
      if (response.status !== 200) dropBody(response);
      if (response.status === 304 && this.#held !== undefined) return {};
      if (response.status !== 200)
        throw new EngineError("upstream-error", `the server answered ${response.status}`, { subject });
      const bytes = await readBounded(response, limits.capsuleBytes, subject, signal);
      return { bytes, etag: response.headers.get("etag") ?? undefined };
    } catch (error) {
      if (error instanceof EngineError) throw error;
      if ((error as { readonly name?: unknown } | null)?.name === "TimeoutError")
        throw lateBy(timeoutMs, subject, error);
      throw new EngineError("unreachable", `the capsule cannot be fetched: ${withoutQueries(String(error))}`, {
        subject,
        cause: error,
      });
    }
  }
}
