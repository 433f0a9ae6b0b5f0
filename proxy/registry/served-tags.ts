/**
 * The tags of a repository: those that its registry lists, while it can be asked; else those of the mirror, which are
 * all of them only where the repository is complete. Source: OCI distribution 1.1 (listing tags);
 * docs/spec/offline.md#registry-proxy.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { EngineError } from "../../core/errors.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import { BoundedMap } from "../bounded-map.ts";
import { Flights } from "../flights.ts";
import { isOutageCode } from "./outage-code.ts";
import { type RegistryParts, unavailable } from "./parts.ts";
import type { Unknown } from "./pull-through.ts";
import { jsonType, refuse, type Sent, warning } from "./respond.ts";
import type { Target } from "./target.ts";

type TagsTarget = Extract<Target, { kind: "tags" }>;

interface Listed {
  readonly tags: readonly string[];
  readonly at: number;
}

/** A page of the list. `warning`: why there may be more tags. */
interface Page {
  readonly tags: readonly string[];
  readonly hasMore: boolean;
  readonly warning?: string;
}

/** Lists of registries that are kept until they are old. */
const mostKept = 256;

export class TagListServer {
  readonly #parts: RegistryParts;
  readonly #kept = new BoundedMap<string, Listed>(mostKept);
  readonly #asking = new Flights<readonly string[] | undefined>();

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  async serve(target: TagsTarget, request: IncomingMessage, response: ServerResponse): Promise<Sent> {
    const { mayAsk, listTags, failurePolicy } = this.#parts;
    if (listTags === undefined || !mayAsk(target.host)) return this.#fromMirror(target, request, response);
    const heard = await this.#ask(target.repository);
    if (heard === "absent")
      return refuse(request, response, {
        status: 404,
        code: "NAME_UNKNOWN",
        message: `the repository ${target.repository} does not exist: ${target.host} said so`,
        why: "absent",
      });
    if (!("code" in heard)) return send(target, pageOf(target, heard), request, response);
    return failurePolicy === "Fail" || !isOutageCode(heard.code)
      ? refuse(request, response, unavailable(heard))
      : this.#fromMirror(target, request, response, heard);
  }

  async #ask(repository: string): Promise<readonly string[] | "absent" | Unknown> {
    const { now, refreshMs, report } = this.#parts;
    const held = this.#kept.get(repository);
    if (held !== undefined && Math.abs(now().getTime() - held.at) <= refreshMs) return held.tags;
    try {
      return (await this.#asking.join(repository, () => this.#list(repository))) ?? "absent";
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      report(error);
      const { code, message } = error;
      return { state: "unknown", code, why: `listing its tags failed: ${message}`, mayPass: true };
    }
  }

  async #list(repository: string): Promise<readonly string[] | undefined> {
    const { listTags, now, waitMs } = this.#parts;
    const found = await listTags?.(repository, AbortSignal.timeout(waitMs));
    if (found === undefined) return undefined;
    const sorted = [...found.tags].sort();
    this.#kept.set(repository, { tags: sorted, at: now().getTime() });
    return sorted;
  }

  #fromMirror(target: TagsTarget, request: IncomingMessage, response: ServerResponse, outage?: Unknown): Sent {
    const { mirror, limits } = this.#parts;
    const { repository, n, last = "" } = target;
    const claim = this.#claim(repository);
    const most = Math.min(n ?? limits.tagsPerRepository, limits.tagsPerRepository);
    const found = mirror.everyTag(repository, last, most + 1);
    const isKnown = found.length > 0 || mirror.everyTag(repository, "", 1).length > 0;
    if (!isKnown && claim === undefined)
      return refuse(
        request,
        response,
        unavailable({
          state: "unknown",
          code: outage?.code ?? "not-in-mirror",
          why: outage?.why ?? `the mirror has no tag of ${repository}, and is not said to be complete`,
          mayPass: outage !== undefined,
        }),
      );
    if (!isKnown && mirror.manifestsOf(repository, 1).length === 0 && claim?.scope !== repository)
      return refuse(request, response, {
        status: 404,
        code: "NAME_UNKNOWN",
        message: `the repository ${repository} does not exist: ${claim?.from ?? ""} said so`,
        why: "absent",
      });
    const page: Page = {
      tags: found.slice(0, most),
      hasMore: n !== undefined && n > 0 && found.length > most,
      ...(claim !== undefined && outage === undefined ? {} : { warning: mayBeMore(outage) }),
    };
    return send(target, page, request, response);
  }

  /** Somebody said that all of the repository is here. */
  #claim(repository: string): CompletenessClaim | undefined {
    return this.#parts.mirror.knowledge().claims({ kind: "tag", repository, tag: "latest" })[0];
  }
}

const mayBeMore = (outage: Unknown | undefined): string =>
  `these are the tags that the mirror has; there may be others${outage === undefined ? "" : ` (${outage.code})`}`;

function pageOf({ n, last = "" }: TagsTarget, tags: readonly string[]): Page {
  const rest = last === "" ? tags : tags.filter((tag) => tag > last);
  return n === undefined
    ? { tags: rest, hasMore: false }
    : { tags: rest.slice(0, n), hasMore: n > 0 && rest.length > n };
}

function send(target: TagsTarget, page: Page, request: IncomingMessage, response: ServerResponse): Sent {
  const { name, n, ns } = target;
  const body = JSON.stringify({ name, tags: page.tags });
  const next = new URLSearchParams({
    n: String(n),
    last: page.tags.at(-1) ?? "",
    ...(ns === undefined ? {} : { ns }),
  });
  const bytes = Buffer.byteLength(body);
  response.writeHead(200, {
    "Content-Type": jsonType,
    "Content-Length": bytes,
    "Docker-Distribution-Api-Version": "registry/2.0",
    ...(page.hasMore ? { Link: `</v2/${name}/tags/list?${next.toString()}>; rel="next"` } : {}),
    ...(page.warning === undefined ? {} : { Warning: warning(page.warning) }),
  });
  const isHead = request.method === "HEAD";
  response.end(isHead ? undefined : body);
  return { status: 200, bytes: isHead ? 0 : bytes };
}
