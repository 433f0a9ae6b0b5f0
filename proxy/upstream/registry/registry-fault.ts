/**
 * What a registry says when it does not give what was asked for. Source: OCI distribution 1.1 (error codes),
 * https://docs.docker.com/docker-hub/usage/pulls/.
 *
 *     {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{}}]}
 */
import { type JsonValue, parseJson } from "../../../core/encoding/json.ts";
import { isObject } from "../../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { type BoundedResponse, shownUrl } from "../fetch-bounded.ts";
import { withoutSecrets } from "../hide-secrets.ts";
import { codeOfStatus } from "../outage.ts";

interface RegistryError {
  readonly code: string;
  readonly message: string;
}

const mostErrors = 3;
const mostWords = 200;

const joined = (texts: readonly string[], between: string): string => texts.filter((text) => text !== "").join(between);

/** Text of an upstream, for people: one line, bounded, nothing that moves a terminal's cursor. */
const plainWords = (text: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\s]+/g, " ").trim();
  return line.length > mostWords ? `${line.slice(0, mostWords)}…` : line;
};

/** The errors of a body; `undefined` for a body that is no error document of a registry. */
function registryErrors(bytes: Uint8Array, limits: Limits, most?: number): readonly RegistryError[] | undefined {
  let parsed: JsonValue;
  try {
    parsed = parseJson(bytes, { limits, duplicateKeys: "last-wins", loneSurrogates: "replace" });
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
  const errors = isObject(parsed) ? parsed.errors : undefined;
  if (!Array.isArray(errors)) return undefined;
  return (errors as readonly JsonValue[]).slice(0, most).flatMap((entry) =>
    isObject(entry)
      ? [
          {
            code: typeof entry.code === "string" ? plainWords(entry.code) : "",
            message: typeof entry.message === "string" ? plainWords(entry.message) : "",
          },
        ]
      : [],
  );
}

/** Codes of a refusal: under whatever status they come, what was asked for may well be there. */
const refusals: ReadonlySet<string> = new Set(["UNAUTHORIZED", "DENIED", "TOOMANYREQUESTS", "UNSUPPORTED"]);

/**
 * Whether a registry says that what was asked for does not exist. A 404 of anything but a registry says nothing: a web
 * server that knows no such page, a gateway before a registry, or the storage to which a registry led.
 */
export function saysAbsent(response: BoundedResponse, limits: Limits): boolean {
  if (response.status !== 404 || isHtml(response)) return false;
  if (response.bytes.length === 0) return response.isElsewhere !== true;
  const errors = registryErrors(response.bytes, limits);
  return errors !== undefined && !errors.some(({ code }) => refusals.has(code.toUpperCase()));
}

/** Whether it says that it does not know the manifest or the repository. */
export const saysUnknown = ({ bytes }: BoundedResponse, limits: Limits): boolean =>
  registryErrors(bytes, limits)?.some(({ code }) => /^(?:MANIFEST|NAME)_UNKNOWN$/i.test(code)) === true;

/** Pages for people: of a proxy, a login, or a server that is no registry. */
export const isHtml = ({ headers, bytes }: BoundedResponse): boolean =>
  /^\s*(?:text\/html|application\/xhtml)/i.test(headers["content-type"] ?? "") || bytes[0] === 0x3c;

export interface FaultFacts {
  /** In whose name it was asked. */
  readonly who: string;
  /** Content, of which a 404 may say that it does not exist. */
  readonly wasAskedFor?: "content";
  readonly now: number;
  readonly limits: Limits;
}

/** An answer that is neither what was asked for nor its absence, as a coded error. */
export function registryFault(response: BoundedResponse, { who, wasAskedFor, now, limits }: FaultFacts): EngineError {
  const { status, headers, bytes, url, secrets = [] } = response;
  const subject = withoutSecrets(shownUrl(url), secrets);
  if (wantsClientCertificate(response))
    return new EngineError(
      "access-denied",
      `HTTP ${status}, the server wants a client certificate; it is given with --registry-client-cert and \
--registry-client-key, or client in hosts.toml`,
      { subject },
    );
  const code = codeOfStatus(status);
  const errors = registryErrors(bytes, limits, mostErrors) ?? [];
  const said = isHtml(response)
    ? "a page in HTML, not the answer of a registry"
    : joined(
        errors.map(({ code: name, message }) => joined([name, message], ": ")),
        "; ",
      );
  const told = said === "" ? bodyWords(response) : said;
  const isNoWord = wasAskedFor !== undefined && status === 404 && errors.length === 0 && !saysAbsent(response, limits);
  const parts = [
    `HTTP ${status}`,
    ...(told === "" ? [] : [told]),
    ...(isNoWord ? ["which is not a registry's word that it does not exist"] : []),
    ...(code === "access-denied" ? [`asked as ${who}`] : []),
    ...(status === 429 ? rateWords(headers, now) : []),
  ];
  return new EngineError(code, parts.join(", "), { subject });
}

/**
 * What nginx answers who shows none, or one that it does not accept. Source:
 * https://nginx.org/en/docs/http/ngx_http_ssl_module.html.
 */
const nginxWords = /No required SSL certificate was sent|The SSL certificate error/;

const wantsClientCertificate = ({ status, bytes }: BoundedResponse): boolean =>
  (status === 400 || status === 495 || status === 496) && nginxWords.test(Buffer.from(bytes).toString("latin1"));

/** A short body in plain text says more than its status. */
function bodyWords({ headers, bytes }: BoundedResponse): string {
  if (!/^text\/plain\b/i.test(headers["content-type"] ?? "")) return "";
  try {
    return plainWords(decodeUtf8(bytes.subarray(0, 4 * mostWords)));
  } catch (error) {
    if (error instanceof EngineError) return "";
    throw error;
  }
}

/** When a rate limit ends, in milliseconds since 1970, as far as the registry says so. */
export function rateLimitEnd(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const after = headers["retry-after"] ?? headers["ratelimit-reset"];
  if (after !== undefined) {
    if (/^\d{1,9}$/.test(after)) return now + Number(after) * 1000;
    const date = Date.parse(after);
    if (!Number.isNaN(date)) return date;
  }
  // Seconds since 1970: GitHub's, and Docker Hub's.
  const instant = headers["x-ratelimit-reset"] ?? headers["x-retry-after"];
  return instant !== undefined && /^\d{9,11}$/.test(instant) ? Number(instant) * 1000 : undefined;
}

function rateWords(headers: Readonly<Record<string, string>>, now: number): readonly string[] {
  const [, limit, window] = /^(\d{1,9})(?:\s*;\s*w=(\d{1,9}))?/.exec(headers["ratelimit-limit"] ?? "") ?? [];
  const [, left] = /^(\d{1,9})/.exec(headers["ratelimit-remaining"] ?? "") ?? [];
  const end = rateLimitEnd(headers, now);
  const hours = window === undefined ? undefined : Number(window) / 3600;
  return [
    ...(limit === undefined
      ? []
      : [`the limit is ${limit} requests${hours === undefined ? "" : ` in ${Number(hours.toFixed(2))} hours`}`]),
    ...(left === undefined ? [] : [`${left} are left`]),
    ...(end === undefined ? [] : [`it is lifted at ${new Date(Math.min(end, 8.64e15)).toISOString()}`]),
  ];
}
