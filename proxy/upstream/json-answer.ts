/** JSON that an upstream answered: what cannot be read says nothing about an image, so it is the upstream's failure. */
import { type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type BoundedResponse, shownUrl } from "./fetch-bounded.ts";

/**
 * The content of an answer.
 * @throws EngineError `upstream-error` where it is not JSON, for instance a page of a portal.
 */
export function readJsonAnswer({ bytes, url }: Pick<BoundedResponse, "bytes" | "url">, limits: Limits): JsonValue {
  return asUpstreamError(shownUrl(url), "its answer cannot be read", () =>
    parseJson(bytes, { limits, maxBytes: bytes.length, subject: shownUrl(url) }),
  );
}

/**
 * The result of `read`; where it finds something malformed, the upstream failed to answer.
 * @throws EngineError `upstream-error`, and all but `malformed` that `read` throws.
 */
export function asUpstreamError<Result>(subject: string, what: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
    throw new EngineError("upstream-error", `${what}: ${error.message}`, { subject, cause: error });
  }
}

/**
 * The address of a path below a server's base, which may have a path itself.
 * @throws EngineError `code` where the base is not an http or https URL without user, query and fragment.
 */
export function addressBelow(base: string, path: string, code: "malformed" | "invalid-config"): URL {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  const isPlain =
    url !== undefined &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    `${url.username}${url.password}${url.search}${url.hash}` === "";
  // The text may hold a password, so it is not shown.
  if (!isPlain)
    throw new EngineError(code, "an address is an http or https URL without user, query and fragment", {
      subject: url === undefined ? undefined : shownUrl(url),
    });
  return new URL(`${url.origin}${url.pathname.replace(/\/+$/, "")}${path}`);
}
