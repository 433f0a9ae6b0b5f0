/** The codes of what goes wrong between us and an upstream. Source: docs/codes.md. */
import { EngineError, type ErrorCode } from "../../core/errors.ts";
import { errors } from "./undici-parts.ts";
import { codeIn, isNoTls, type TlsSettings, tlsFailure } from "./tls-failure.ts";

/** For an answer that is neither what was asked for nor its absence. */
export const codeOfStatus = (status: number): ErrorCode =>
  status === 401 || status === 403 ? "access-denied" : status === 429 ? "rate-limited" : "upstream-error";

/** Whether the same request may have another answer in a moment. */
export const isPassing = (status: number): boolean =>
  status === 408 || status === 429 || status === 500 || status === 502 || status === 503 || status === 504;

/** Whether a failure says that the other side does not speak TLS. */
export const speaksNoTls = ({ cause }: EngineError): boolean => cause instanceof Error && isNoTls(codeIn(cause));

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name cannot be looked up now",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network is unreachable",
  UND_ERR_SOCKET: "connection closed",
};

/** What fails before anybody at the other end was reached. */
const firstStep = /^(?:connect|getaddrinfo)$/;

/** Whether this failed before anybody at the other end, or the proxy, was reached. */
export function isUnreached(error: unknown): boolean {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error && (firstStep.test(syscallOf(first)) || first instanceof errors.ConnectTimeoutError);
}

/** What undici says of a proxy that opens no way to a host. Source: https://undici.nodejs.org/#/docs/api/ProxyAgent. */
const proxyStatus = /^Proxy response \((?<status>\d{3})\) !== 200/;

const syscallOf = (error: Error): string => ("syscall" in error ? String(error.syscall) : "");

/** A proxy for people: without user and password. */
const shownProxy = ({ host }: URL): string => `the proxy ${host}`;

/** What is known of a connection that failed. */
export interface ConnectionFacts {
  /** Is asked in the place of the host. */
  readonly proxy?: URL | undefined;
  /** What the server said of TLS before it closed the connection. */
  readonly alert?: Error | undefined;
  readonly settings?: TlsSettings | undefined;
}

/**
 * A failure to talk, as a coded error.
 * @throws any error that is not one of the network.
 */
export function outage(error: unknown, subject: string, { proxy, alert, settings }: ConnectionFacts = {}): EngineError {
  if (error instanceof EngineError) return error;
  if (!(error instanceof Error)) throw error;
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = codeIn(first) || codeIn(error);
  const inner = first.cause instanceof Error ? `${first.message}: ${first.cause.message}` : first.message;
  const isFirst = isUnreached(error);
  const because = (kind: ErrorCode, why: string): EngineError =>
    new EngineError(kind, proxy === undefined ? why : throughProxy(why, proxy, isFirst), { subject, cause: error });
  const status = proxyStatus.exec(first.message)?.groups?.status;
  if (proxy !== undefined && status !== undefined)
    return new EngineError(
      status === "407" ? "access-denied" : codeOfStatus(Number(status)),
      `${shownProxy(proxy)} does not let through to it: HTTP ${status}`,
      { subject, cause: error },
    );
  if (
    error.name === "TimeoutError" ||
    error.name === "AbortError" ||
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    code === "ETIMEDOUT"
  )
    return because("timed-out", "no answer in time");
  const ofTls = tlsFailure(alert !== undefined && isClosed(first) ? alert : first, settings);
  if (ofTls !== undefined) return because(ofTls.code, ofTls.why);
  if (code === "EACCES") return because("access-denied", inner);
  if (code === "EPROTO" || error instanceof errors.HTTPParserError || code.startsWith("HPE_"))
    return because("upstream-error", `it does not speak the expected protocol: ${inner}`);
  if (error instanceof errors.UndiciError || /^E[A-Z_]+$/.test(code))
    return because(
      "unreachable",
      `${Object.hasOwn(words, code) ? words[code] : inner}${code === "" ? "" : ` (${code})`}`,
    );
  throw error;
}

/** A client whose certificate is missing or refused is told when the connection stands: what it meets is its end. */
const isClosed = (error: Error): boolean =>
  error instanceof errors.SocketError || codeIn(error) === "ECONNRESET" || codeIn(error) === "EPIPE";

/** Where a connection could not be opened, it is the proxy that failed; later nobody knows which of the two it was. */
const throughProxy = (why: string, proxy: URL, isFirst: boolean): string =>
  isFirst ? `${shownProxy(proxy)} cannot be reached: ${why}` : `${why}, through ${shownProxy(proxy)}`;
