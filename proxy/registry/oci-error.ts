/**
 * Errors of a registry: JSON with a code and a sentence. Source: OCI distribution 1.1 (error codes).
 *
 *     {"errors":[{"code":"MANIFEST_UNKNOWN","message":"ghcr.io/org/app:1 does not exist: ghcr.io said so"}]}
 */

/** Codes of the distribution specification. It has none for an outage: `TOOMANYREQUESTS` comes next to it. */
export type OciErrorCode =
  | "BLOB_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "RANGE_INVALID"
  | "TAG_INVALID"
  | "UNAVAILABLE"
  | "UNSUPPORTED";

export interface RefusalFacts {
  readonly reason?: string;
  readonly code?: string;
  readonly policy?: string;
  readonly rule?: string;
  readonly image?: string;
}

/** What the proxy says when it does not give what was asked for. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 416 | 503;
  readonly code: OciErrorCode;
  /** A sentence for people: what is not given, and why. */
  readonly message: string;
  /** For logs and metrics: why, in one word. */
  readonly why: string;
  /** For the log alone: a reason in place of the message, and what a refusal is about. */
  readonly facts?: RefusalFacts;
  readonly headers?: Readonly<Record<string, string>>;
}

const mostCharacters = 1024;

/** The body of an error. Texts of others are in it, so it is bounded, and JSON escapes what is not printable. */
export const errorBody = ({ code, message }: Pick<Refusal, "code" | "message">): string =>
  `${JSON.stringify({ errors: [{ code, message: message.slice(0, mostCharacters) }] })}\n`;
