/**
 * Asks a log for the proof that its tree of one size became the one of another. A log of Rekor v1 answers by itself;
 * that of one that is made of tiles is computed from them. Nothing is verified here: who asks has both roots. Source:
 * Rekor v1 OpenAPI, `/api/v1/log/proof`; C2SP tlog-tiles, rekor-tiles' `/api/v2`; RFC 9162 §2.1.4.1.
 */
import { decodeHex } from "../../../core/encoding/hex.ts";
import { readArray, readObject, readString } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { hashLength, hashNode, maxTreeSize } from "../../../core/tlog/merkle-hash.ts";
import { type BoundedResponse, type Fetcher, shownUrl } from "../fetch-bounded.ts";
import { addressBelow, asUpstreamError, readJsonAnswer } from "../json-answer.ts";
import { codeOfStatus } from "../outage.ts";

export interface GrowthQuestion {
  /** Address of the log. */
  readonly log: string;
  /** As its checkpoints have it: of Rekor v1 with the number of the tree. */
  readonly origin: string;
  readonly firstSize: bigint;
  readonly secondSize: bigint;
}

/** @throws EngineError the outage's code, or `upstream-error` for an answer that is no proof. */
export type AskGrowth = (question: GrowthQuestion, signal: AbortSignal) => Promise<readonly Uint8Array[]>;

export interface GrowthOptions {
  readonly fetcher: Fetcher;
  readonly limits: Limits;
}

/** No path between trees of 64 bits is longer. */
const longestPath = 128;
const answerBytes = 64 * 1024;

export const askGrowth =
  (options: GrowthOptions): AskGrowth =>
  (question, signal) => {
    const { firstSize, secondSize } = question;
    if (firstSize < 1n || firstSize >= secondSize || secondSize > maxTreeSize)
      throw new EngineError("malformed", `a tree of ${firstSize} entries does not become one of ${secondSize}`);
    const treeId = / - ([0-9]+)$/.exec(question.origin)?.[1];
    return treeId === undefined
      ? new Tiles(question, options, signal).path()
      : askServer(question, treeId, options, signal);
  };

async function get(url: URL, maxBytes: number, { fetcher }: GrowthOptions, signal: AbortSignal) {
  const headers = { accept: "application/json, application/octet-stream" };
  return fetcher.fetch({ method: "GET", url, headers, maxBytes }, signal);
}

function requireAnswer(response: BoundedResponse): void {
  if (response.status !== 200)
    throw new EngineError(codeOfStatus(response.status), `answered ${response.status}`, {
      subject: shownUrl(response.url),
    });
}

async function askServer(
  { log, firstSize, secondSize }: GrowthQuestion,
  treeId: string,
  options: GrowthOptions,
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const url = addressBelow(log, "/api/v1/log/proof", "malformed");
  url.search = `firstSize=${firstSize}&lastSize=${secondSize}&treeID=${treeId}`;
  const response = await get(url, answerBytes, options, signal);
  requireAnswer(response);
  return asUpstreamError(shownUrl(url), "its proof cannot be read", () => {
    const hashes = readArray(readObject(readJsonAnswer(response, options.limits), "").hashes, "/hashes");
    if (hashes.length > longestPath) throw new EngineError("malformed", "a path that is too long");
    return hashes.map((hash, index) => decodeHex(readString(hash, `/hashes/${index}`)));
  });
}

/** Hashes of one tile, by two powers: 256. */
const tileBits = 8n;
const tileWidth = 256n;

/** `x001/x234/067`, and `.p/W` for a tile of fewer than 256 hashes. */
function tilePath(index: bigint, width: bigint): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? [];
  const path = groups.map((group, place) => (place < groups.length - 1 ? `x${group}` : group)).join("/");
  return width === tileWidth ? path : `${path}.p/${width}`;
}

/** The largest power of two below `size`, which is two or more. */
function splitOf(size: bigint): bigint {
  let power = 1n;
  while (power * 2n < size) power *= 2n;
  return power;
}

/** The tree of the second size, as its tiles have it. */
class Tiles {
  readonly #question: GrowthQuestion;
  readonly #options: GrowthOptions;
  readonly #signal: AbortSignal;
  readonly #tiles = new Map<string, Promise<Uint8Array>>();

  constructor(question: GrowthQuestion, options: GrowthOptions, signal: AbortSignal) {
    this.#question = question;
    this.#options = options;
    this.#signal = signal;
  }

  async path(): Promise<readonly Uint8Array[]> {
    const { firstSize, secondSize } = this.#question;
    return this.#subproof(firstSize, 0n, secondSize, true);
  }

  /** Of the first `size` leaves of those from `start` up to `end`. */
  async #subproof(size: bigint, start: bigint, end: bigint, isWhole: boolean): Promise<readonly Uint8Array[]> {
    if (size === end - start) return isWhole ? [] : [await this.#root(start, end)];
    const at = splitOf(end - start);
    return size <= at
      ? [...(await this.#subproof(size, start, start + at, isWhole)), await this.#root(start + at, end)]
      : [...(await this.#subproof(size - at, start + at, end, false)), await this.#root(start, start + at)];
  }

  /** The root of the leaves from `start` up to `end`, which begin at a multiple of the power of two that holds them. */
  async #root(start: bigint, end: bigint): Promise<Uint8Array> {
    const size = end - start;
    if ((size & (size - 1n)) === 0n) return this.#complete(start, size);
    const at = splitOf(size);
    return hashNode(await this.#root(start, start + at), await this.#root(start + at, end));
  }

  /** A power of two of leaves: some hashes beside each other in one tile. */
  async #complete(start: bigint, size: bigint): Promise<Uint8Array> {
    let level = 0n;
    let span = 1n;
    for (; span * tileWidth <= size; span *= tileWidth) level += 1n;
    const first = start / span;
    const tile = await this.#tile(level, first / tileWidth);
    const from = Number(first % tileWidth);
    let hashes = Array.from({ length: Number(size / span) }, (_, index) =>
      tile.subarray((from + index) * hashLength, (from + index + 1) * hashLength),
    );
    while (hashes.length > 1)
      hashes = Array.from({ length: hashes.length / 2 }, (_, index) =>
        hashNode(hashes[2 * index] as Uint8Array, hashes[2 * index + 1] as Uint8Array),
      );
    return hashes[0] as Uint8Array;
  }

  #tile(level: bigint, index: bigint): Promise<Uint8Array> {
    const key = `${level} ${index}`;
    const found = this.#tiles.get(key) ?? this.#fetch(level, index);
    this.#tiles.set(key, found);
    return found;
  }

  /** As wide as the tree makes it. A log may keep only the whole one, once there is one. */
  async #fetch(level: bigint, index: bigint): Promise<Uint8Array> {
    const { log, secondSize } = this.#question;
    const hashes = secondSize >> (tileBits * level);
    const left = hashes - index * tileWidth;
    const width = left < tileWidth ? left : tileWidth;
    const widths = width === tileWidth ? [width] : [width, tileWidth];
    let response: BoundedResponse | undefined;
    for (const asked of widths) {
      const url = addressBelow(log, `/api/v2/tile/${level}/${tilePath(index, asked)}`, "malformed");
      response = await get(url, Number(tileWidth) * hashLength, this.#options, this.#signal);
      if (response.status !== 404) break;
    }
    requireAnswer(response as BoundedResponse);
    const { bytes, url } = response as BoundedResponse;
    if (bytes.length < Number(width) * hashLength)
      throw new EngineError("upstream-error", `a tile of ${bytes.length} bytes, ${width} hashes belong there`, {
        subject: shownUrl(url),
      });
    return bytes;
  }
}
