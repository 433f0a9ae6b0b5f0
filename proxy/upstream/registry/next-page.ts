/**
 * The next page of a list. Source: RFC 8288 (Link); OCI distribution 1.1 (listing referrers, `rel="next"`).
 *
 *     Link: </v2/app/referrers/sha256:91c2…?last=9f86…>; rel="next"
 */
import { EngineError } from "../../../core/errors.ts";
import { type BoundedResponse, shownUrl } from "../fetch-bounded.ts";

const link = /<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)/g;
const isNext = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next)(?:\s*;|\s*$)/i;
const mostCharacters = 16 * 1024;

/**
 * `undefined`: this was the last one.
 * @throws EngineError `upstream-error` for a page on another host: it would be asked in this one's name.
 */
export function nextPage({ headers, url }: BoundedResponse): URL | undefined {
  const field = (headers.link ?? "").slice(0, mostCharacters);
  for (const [, target = "", parameters = ""] of field.matchAll(link)) {
    if (!isNext.test(parameters)) continue;
    const next = URL.canParse(target, url.href) ? new URL(target, url) : undefined;
    if (next?.origin !== url.origin)
      throw new EngineError("upstream-error", "the next page of a list is said to be elsewhere", {
        subject: shownUrl(url),
      });
    next.hash = "";
    return next;
  }
  return undefined;
}
