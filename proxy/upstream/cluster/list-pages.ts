/** Lists in pages, each bounded, all of them together too. Source: Kubernetes API reference (`limit`, `continue`). */
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { isObject, member } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import type { ApiServer } from "./api-server.ts";

/** As kubectl asks. */
const perPage = 500;
/** How often a list is read from its beginning again when it changes while it is read. */
const mostBeginnings = 3;

export interface Page {
  /** Of the list: `PodList`. */
  readonly kind: string;
  readonly apiVersion: string;
  readonly items: readonly JsonObject[];
  /** From which a watch goes on. */
  readonly resourceVersion: string | undefined;
}

export interface ListRequest {
  readonly path: string;
  readonly doing: string;
  readonly limits: Limits;
  /** Further parameters, encoded: a selector of fields. */
  readonly query?: string | undefined;
  /** As `ApiRequest.shortens`. */
  readonly shortens?: boolean;
}

/**
 * Pages with at least the first one; `undefined` first: the server does not know the resource. Where the server no
 * longer has the next page, the list begins again: `begin` says so.
 * @throws EngineError `over-limit`, `upstream-error`, and as `ApiServer`.
 */
export async function* listPages(
  server: ApiServer,
  { path, doing, limits, query: more = "", shortens }: ListRequest,
  signal: AbortSignal,
): AsyncGenerator<Page | "absent" | "begin"> {
  let left = limits.jsonBytes;
  let count = 0;
  let from: string | undefined;
  let beginnings = 1;
  for (;;) {
    const next = from === undefined ? "" : `&continue=${encodeURIComponent(from)}`;
    const query = `limit=${perPage}${more === "" ? "" : `&${more}`}${next}`;
    const answer = await server.get({ path: `${path}?${query}`, doing, maxBytes: left, shortens }, signal);
    if (answer.state === "absent" && from === undefined) return yield "absent";
    if (answer.state === "gone" && from !== undefined && beginnings < mostBeginnings) {
      [from, count] = [undefined, 0];
      beginnings += 1;
      yield "begin";
      continue;
    }
    const failed = (why: string): EngineError => new EngineError("upstream-error", why, { subject: path });
    if (answer.state !== "found") throw failed("a page of the list is no longer there");
    const page = readPage(answer.json);
    if (page === undefined) throw failed("its answer is not a list");
    left -= answer.bytes;
    count += page.items.length;
    if (count > limits.clusterObjects || left <= 0)
      throw new EngineError("over-limit", `more than ${limits.clusterObjects} objects or ${limits.jsonBytes} bytes`, {
        subject: path,
      });
    yield page;
    if (page.next === undefined) return;
    if (page.next === from || page.items.length === 0) throw failed("its pages do not end");
    from = page.next;
  }
}

/** Objects of a list say of themselves what the list says of them, as everywhere else. */
function readPage(json: JsonValue): (Page & { readonly next: string | undefined }) | undefined {
  if (!isObject(json) || typeof json.kind !== "string" || typeof json.apiVersion !== "string") return undefined;
  const { kind, apiVersion, metadata } = json;
  const items = member(json, "items") ?? [];
  if (!kind.endsWith("List") || !Array.isArray(items)) return undefined;
  const list = items as readonly JsonValue[];
  if (!list.every(isObject)) return undefined;
  const { continue: next, resourceVersion } = isObject(metadata) ? metadata : {};
  return {
    kind,
    apiVersion,
    items: (list as readonly JsonObject[]).map((item) => ({
      apiVersion,
      kind: kind.slice(0, -"List".length),
      ...item,
    })),
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : undefined,
    next: typeof next === "string" && next !== "" ? next : undefined,
  };
}
