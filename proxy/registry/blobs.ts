/**
 * Blobs by digest: configurations and signed material from the mirror; layers from where they are stored, else as they
 * come from their registry. Whatever comes is hashed on its way. Source: OCI distribution 1.1 (pulling blobs);
 * docs/spec/offline.md#registry-proxy.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { BoundedMap } from "../bounded-map.ts";
import { type ByteRange, parseByteRange } from "./byte-range.ts";
import { type Flight, LayerSource, type Missing } from "./layer-source.ts";
import { findNaming } from "./named-blobs.ts";
import type { Refusal } from "./oci-error.ts";
import { PassingFlight } from "./passing-flight.ts";
import { absent, type RegistryParts, unavailable } from "./parts.ts";
import { piecesOf } from "./piece-reader.ts";
import type { PulledLayers } from "./pulled-layers.ts";
import { matchesEtag, refuse, type Sent, warning } from "./respond.ts";
import { isPlainText } from "./signed-material.ts";
import type { Target } from "./target.ts";
import { pumpVerified, written } from "./verified-pump.ts";

type BlobTarget = Extract<Target, { kind: "blob" }>;

export interface BlobServerOptions extends RegistryParts {
  readonly layers: PulledLayers | undefined;
}

/** How long a client may take nothing. */
const silenceMs = 60_000;
/** How long a content that proved wrong may not be resumed. */
const wrongMs = 5 * 60_000;

/** One request, and what is sent with its content. */
interface Exchange {
  readonly target: BlobTarget;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fields: readonly string[];
}

/** What a client gets of a content: all of it without a range. */
interface Part {
  readonly range: ByteRange | undefined;
  /** Sends the header. */
  readonly begin: () => void;
}

export class BlobServer {
  readonly #options: BlobServerOptions;
  readonly #source: LayerSource;
  /** Contents that proved wrong, by repository and digest: until when. */
  readonly #wrong: BoundedMap<string, number>;
  /** Stored layers whose bytes were hashed by this process. */
  readonly #sound = new Set<Digest>();

  constructor(options: BlobServerOptions) {
    this.#options = options;
    const { content, layers, limits, mirror, report } = options;
    this.#wrong = new BoundedMap(limits.wrongContents);
    this.#source = new LayerSource({
      content,
      layers: mirror.isWritable ? layers : undefined,
      limits,
      report,
      failed: ({ repository, digest }, error) => {
        if (isWrongContent(error)) this.#markWrong(repository, digest);
        report(error);
      },
    });
  }

  async serve(target: BlobTarget, request: IncomingMessage, response: ServerResponse): Promise<Sent> {
    const { pull, mayAsk, keeper, names, waitMs } = this.#options;
    const { repository, digest, host } = target;
    const deadline = performance.now() + waitMs;
    const passage = await keeper?.blob(repository, digest, deadline);
    if (passage?.refusal !== undefined) return refuse(request, response, passage.refusal);
    const exchange: Exchange = {
      target,
      request,
      response,
      fields: passage?.warning === undefined ? [] : ["Warning", warning(passage.warning)],
    };
    const condition = request.headers["if-none-match"];
    const isMaterial = passage?.reach === "material";
    const asks = mayAsk(host);
    const question = { kind: "blob", repository, digest } as const;
    const held = pull.held(question, asks);
    const known =
      held?.state === "present"
        ? held
        : isMaterial || (asks && this.#isKept(names.find(repository, digest)))
          ? await pull.read(question, asks, deadline)
          : held;
    if (known?.state === "present") {
      if (isMaterial && !isPlainText(known.value)) return refuse(request, response, noMaterial);
      return this.#sendBytes(exchange, known.value);
    }
    if (isMaterial) return this.#missing(exchange, known);
    if (condition !== undefined && matchesEtag(condition, `"${digest}"`) && this.#stored(target) !== undefined)
      return notModified(exchange);
    if (request.headers.range !== undefined && this.#isWrong(repository, digest))
      return refuse(request, response, proveWrong);
    const stored = this.#stored(target);
    if (stored !== undefined) return this.#sendFile(exchange, stored);
    if (!asks || known !== undefined) return this.#missing(exchange, known);
    const flight = this.#source.flight(target);
    if (flight !== undefined) return this.#sendFlight(exchange, flight);
    return request.method === "HEAD" ? this.#head(exchange, deadline) : this.#pull(exchange, deadline);
  }

  /** Ends all pulls. */
  close(): Promise<void> {
    return this.#source.close();
  }

  #isKept(named: ReturnType<BlobServerOptions["names"]["find"]>): boolean {
    return named !== undefined && !named.isLayer && named.size <= this.#options.limits.keptBlobBytes;
  }

  /** Refuses a blob that is not here: 404 where it is known not to exist, else 503. */
  #missing({ target, request, response }: Exchange, known: Missing | undefined): Sent {
    const { mirror, limits } = this.#options;
    const { repository, digest } = target;
    const question = { kind: "blob", repository, digest } as const;
    const unknown = known?.state === "unknown" ? known : undefined;
    const said = known?.state === "absent" ? known : undefined;
    const [claim] = mirror.knowledge().claims({ kind: "manifest", repository, digest });
    const mayBeAbsent = said !== undefined || (claim !== undefined && (unknown === undefined || !unknown.mayPass));
    const isNamed = mayBeAbsent && findNaming(mirror, repository, digest, limits).length > 0;
    // Never 404 for what a served manifest names: podman would fail there, and at a 503 it asks the next host.
    if (mayBeAbsent && !isNamed)
      return refuse(request, response, absent(question, "BLOB_UNKNOWN", said?.from ?? claim?.from ?? ""));
    return refuse(
      request,
      response,
      unavailable(
        unknown ?? {
          state: "unknown",
          code: said === undefined ? "not-in-mirror" : "upstream-error",
          why:
            said === undefined
              ? `the blob ${repository}@${digest} is not stored here, and no registry may be asked for it`
              : `a manifest names the blob ${repository}@${digest}, which ${said.from} does not have`,
          mayPass: said !== undefined,
        },
      ),
    );
  }

  #stored({
    digest,
  }: BlobTarget): { readonly path: string; readonly size: number; readonly isPulled: boolean } | undefined {
    const { mirror, layers } = this.#options;
    const size = this.#isWrong("", digest) ? undefined : mirror.layers.size(digest);
    if (size !== undefined) return { path: mirror.layers.path(digest), size, isPulled: false };
    const pulled = layers?.find(digest);
    return pulled === undefined ? undefined : { ...pulled, isPulled: true };
  }

  #sendBytes(exchange: Exchange, bytes: Uint8Array): Sent {
    const { request, response, target } = exchange;
    const condition = request.headers["if-none-match"];
    if (condition !== undefined && matchesEtag(condition, `"${target.digest}"`)) return notModified(exchange);
    const part = this.#begin(exchange, bytes.length);
    if ("status" in part) return part;
    const { start, end } = part.range ?? { start: 0, end: bytes.length };
    part.begin();
    response.end(bytes.subarray(start, end));
    return { status: response.statusCode, bytes: end - start };
  }

  async #sendFile(
    exchange: Exchange,
    stored: { readonly path: string; readonly size: number; readonly isPulled: boolean },
  ): Promise<Sent> {
    const { response, target } = exchange;
    const { path, size, isPulled } = stored;
    const part = this.#begin(exchange, size);
    if ("status" in part) return part;
    const { range } = part;
    // What was hashed once is read in part; else the whole of it is hashed on the way.
    const isSound = range !== undefined && this.#sound.has(target.digest);
    const { start, end } = isSound ? range : { start: 0, end: Number.POSITIVE_INFINITY };
    const source = piecesOf(path, start, end);
    try {
      if (isSound) part.begin();
      if (isSound) return { status: response.statusCode, bytes: await pipeTo(source, response) };
      const sent = await this.#pump(exchange, source, size, part);
      this.#sound.add(target.digest);
      return sent;
    } catch (error) {
      if (error instanceof EngineError && error.code === "upstream-error") {
        if (isPulled) this.#options.layers?.remove(target.digest);
        else this.#markWrong("", target.digest);
        throw new EngineError("mirror-corrupt", "a stored layer does not have its digest", {
          subject: target.digest,
          cause: error,
        });
      }
      throw error;
    }
  }

  async #sendFlight(exchange: Exchange, flight: Flight): Promise<Sent> {
    const part = this.#begin(exchange, flight.size);
    if ("status" in part) {
      if (flight instanceof PassingFlight) flight.release();
      return part;
    }
    return pulled(await this.#pump(exchange, flight.read(), flight.size, part));
  }

  async #head(exchange: Exchange, deadline: number): Promise<Sent> {
    const { target, response, fields } = exchange;
    const found = await this.#source.size(target, deadline);
    if ("state" in found) return this.#missing(exchange, found);
    const { size } = found;
    response.writeHead(200, [
      ...headerOf(target.digest),
      ...fields,
      ...(size === undefined ? [] : ["Content-Length", String(size)]),
    ]);
    response.end();
    return { status: 200, bytes: 0 };
  }

  /** From its registry, through the store where there is one. */
  async #pull(exchange: Exchange, deadline: number): Promise<Sent> {
    const { target, response } = exchange;
    const opened = await this.#source.open(target, deadline);
    if ("missing" in opened) return this.#missing(exchange, opened.missing);
    if ("flight" in opened) return this.#sendFlight(exchange, opened.flight);
    const { size, source, end } = opened.own;
    response.once("close", end);
    try {
      const part = this.#begin(exchange, size);
      return "status" in part ? part : pulled(await this.#pump(exchange, source, size, part));
    } finally {
      end();
    }
  }

  /** The part to send of a content of this size, with its header. A HEAD and a range beyond it are answered here. */
  #begin(exchange: Exchange, size: number | undefined): Sent | Part {
    const { request, response, target, fields } = exchange;
    const etag = `"${target.digest}"`;
    const ifRange = request.headers["if-range"];
    const asked = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
    const range = size === undefined ? undefined : parseByteRange(asked, size);
    if (range === "unsatisfiable")
      return refuse(request, response, {
        status: 416,
        code: "RANGE_INVALID",
        message: `the blob has ${size} bytes`,
        why: "range",
        headers: { "Content-Range": `bytes */${size}` },
      });
    const length = range === undefined ? size : range.end - range.start;
    const status = range === undefined ? 200 : 206;
    const header = [
      ...headerOf(target.digest),
      ...fields,
      ...(size === undefined ? [] : ["Accept-Ranges", "bytes"]),
      ...(range === undefined ? [] : ["Content-Range", `bytes ${range.start}-${range.end - 1}/${size}`]),
      ...(length === undefined ? [] : ["Content-Length", String(length)]),
    ];
    const begin = (): void => {
      if (!response.headersSent) response.writeHead(status, header);
    };
    if (request.method !== "HEAD") return { range, begin };
    begin();
    response.end();
    return { status: response.statusCode, bytes: 0 };
  }

  /** Cuts the response where the content proves wrong. */
  async #pump(
    exchange: Exchange,
    source: AsyncIterable<Uint8Array>,
    size: number | undefined,
    { range, begin }: Part,
  ): Promise<Sent> {
    const { response, target } = exchange;
    const { digest, repository } = target;
    const { limits } = this.#options;
    try {
      const bytes = await pumpVerified(source, response, {
        digest,
        size,
        range,
        begin,
        maxBytes: limits.layerBytes,
        silenceMs,
      });
      return { status: response.statusCode, bytes };
    } catch (error) {
      if (isWrongContent(error)) this.#markWrong(repository, digest);
      if (response.destroyed && !isWrongContent(error)) return { status: response.statusCode, bytes: 0, why: "gone" };
      throw error;
    }
  }

  #markWrong(repository: string, digest: Digest): void {
    this.#wrong.set(`${repository}@${digest}`, this.#options.now().getTime() + wrongMs);
  }

  #isWrong(repository: string, digest: Digest): boolean {
    return this.#options.now().getTime() < (this.#wrong.get(`${repository}@${digest}`) ?? 0);
  }
}

const isWrongContent = (error: unknown): boolean => error instanceof EngineError && error.code === "upstream-error";

const headerOf = (digest: Digest): readonly string[] => [
  "Docker-Content-Digest",
  digest,
  "ETag",
  `"${digest}"`,
  "Docker-Distribution-Api-Version",
  "registry/2.0",
  "Content-Type",
  "application/octet-stream",
];

const pulled = (sent: Sent): Sent => ({ ...sent, isPulled: true });

function notModified({ response, target }: Exchange): Sent {
  response.writeHead(304, headerOf(target.digest).slice(0, 4) as string[]);
  response.end();
  return { status: 304, bytes: 0 };
}

const noMaterial: Refusal = {
  status: 403,
  code: "DENIED",
  message: "this is named as signed material, and is no plain text: no policy admitted it as part of an image",
  why: "refuted",
};

const proveWrong: Refusal = {
  status: 503,
  code: "UNAVAILABLE",
  message: "this content was wrong a moment ago: start again, without a range",
  why: "wrong-content",
};

/** Writes a stream whose content was hashed before. */
async function pipeTo(source: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<number> {
  let sent = 0;
  for await (const piece of source) {
    sent += piece.length;
    await written(response, piece, silenceMs);
  }
  response.end();
  return sent;
}
