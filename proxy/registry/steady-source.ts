/**
 * A layer as it comes from its registry. Where the connection breaks in the middle, the rest is asked for; where hardly
 * anything comes, whoever waits is told instead of being held. Source: RFC 9110 (Range).
 */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { untilDeadline } from "../until-deadline.ts";
import { outage } from "../upstream/outage.ts";
import type { OpenBlob } from "../upstream/registry/registry-client.ts";
import { bodyPieces } from "./body-pieces.ts";

export interface SteadyOptions {
  readonly subject: string;
  /** The content from a byte on, or from its beginning; `undefined`: it cannot be had. */
  readonly open: (from: number) => Promise<OpenBlob | undefined>;
  readonly limits: Pick<Limits, "layerResumes" | "leastLayerRate">;
  /** How long the first piece may take. */
  readonly firstMs?: number;
  /** Over which time the rate is measured: that of waiting for the registry, not for clients. */
  readonly rateMs?: number;
}

const defaultFirstMs = 5_000;
const defaultRateMs = 20_000;

/** Codes of a connection that may be better the next time. */
const isBroken = ({ code }: EngineError): boolean => code === "unreachable" || code === "timed-out";

/**
 * The pieces of `blob` from the byte `at` on, each to be used until the one after the next is asked for.
 * @throws EngineError `timed-out` for a registry that gives next to nothing, the codes of an outage.
 */
export async function* steadySource(blob: OpenBlob, at: number, options: SteadyOptions): AsyncGenerator<Uint8Array> {
  const { subject, open, limits } = options;
  let current = blob;
  let next = at;
  for (let breaks = 0; ; breaks++) {
    const began = next;
    try {
      for await (const piece of measured(fromByte(current, next), next === at, options)) {
        next += piece.length;
        yield piece;
      }
      return;
    } catch (error) {
      const broken = outage(error, subject);
      // A source that breaks again before it gave a byte will not recover.
      if (!isBroken(broken) || next === began || breaks >= limits.layerResumes) throw broken;
      leave(current);
      const rest = await open(next);
      if (rest === undefined || rest.size !== blob.size) {
        leave(rest);
        throw broken;
      }
      current = rest;
    }
  }
}

/** Its pieces from a byte on; what comes before, from a registry that gives no parts, is left out. */
const fromByte = ({ body, from }: OpenBlob, wanted: number): AsyncGenerator<Uint8Array> =>
  bodyPieces(body, Math.max(0, wanted - from));

/** Undici reports the end as an error, too. */
const leave = (blob: OpenBlob | undefined): void => void blob?.body.on("error", () => undefined).destroy();

async function* measured(
  source: AsyncGenerator<Uint8Array>,
  isFirst: boolean,
  { subject, limits, firstMs = defaultFirstMs, rateMs = defaultRateMs }: SteadyOptions,
): AsyncGenerator<Uint8Array> {
  const least = (limits.leastLayerRate * rateMs) / 1000;
  let waited = 0;
  let got = 0;
  let isStarted = !isFirst;
  let isEnded = false;
  try {
    for (;;) {
      const before = performance.now();
      const piece = await inTime(source.next(), isStarted ? rateMs : firstMs, subject);
      if (piece.done === true) {
        isEnded = true;
        return;
      }
      isStarted = true;
      waited += performance.now() - before;
      got += piece.value.length;
      if (waited >= rateMs) {
        if (got < least) throw tooSlow(`${got} bytes in ${Math.round(waited / 1000)} seconds`, subject);
        [waited, got] = [0, 0];
      }
      yield piece.value;
    }
  } finally {
    // Nobody waits for a source that gives nothing.
    if (!isEnded) source.return(undefined).catch(() => undefined);
  }
}

const tooSlow = (what: string, subject: string): EngineError =>
  new EngineError("timed-out", `the registry gives too little: ${what}`, { subject });

async function inTime<T>(coming: Promise<T>, ms: number, subject: string): Promise<T> {
  // Where time is up, what comes of it later is nobody's.
  coming.catch(() => undefined);
  const value = await untilDeadline(coming, performance.now() + ms);
  if (value === "late") throw tooSlow(`nothing in ${Math.round(ms / 1000)} seconds`, subject);
  return value;
}
