/**
 * Failures of TLS in words: which side refused whose certificate, why, and which setting would change it. Source:
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes, RFC 8446 section 6.2 (alerts).
 */
import type { ErrorCode } from "../../core/errors.ts";

/** The flags, variables or members of a file by which a user names certificates to those who are asked. */
export interface TlsSettings {
  /** Further authorities. */
  readonly authority: string;
  /** A client certificate and its key. */
  readonly client: string;
  /** The name that the server's certificate must have. */
  readonly serverName?: string;
}

export interface TlsFailure {
  readonly code: ErrorCode;
  readonly why: string;
}

const tlsCode = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/;

/** OpenSSL's words for an answer that is no TLS: HTTP, in most cases. */
const noTls = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL)$/;

/** Whether the other side does not speak TLS. */
export const isNoTls = (code: string): boolean => noTls.test(code);

/** What a server says of a client's certificate, or of none. Those before TLS 1.3 have SSLv3 or TLSv1 in the name. */
const alert = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_ALERT_(?<what>[A-Z_]+)$/;

/** Whether a failure of a socket is what a server says at its end of TLS. It can come when the connection stands. */
export const isAlert = (error: Error): boolean => alert.test(codeIn(error));

export const codeIn = (error: Error): string => ("code" in error ? String(error.code) : "");

const wantsOne = "the server wants a client certificate";
const refusesOne = "the server refuses the client certificate";

/** By the alert. RFC 8446 section 6.2: 42 to 46, 48, 49 and 116 are about a certificate that the server was shown. */
const alerts: Readonly<Record<string, string>> = {
  CERTIFICATE_REQUIRED: wantsOne,
  // Servers in Go said so too when they were shown none, before they knew the first of these.
  BAD_CERTIFICATE: `${refusesOne}, or was shown none and wants one`,
  UNSUPPORTED_CERTIFICATE: `${refusesOne}: its kind is not supported there`,
  CERTIFICATE_REVOKED: `${refusesOne}: it is revoked`,
  CERTIFICATE_EXPIRED: `${refusesOne}: it has expired`,
  CERTIFICATE_UNKNOWN: refusesOne,
  UNKNOWN_CA: `${refusesOne}: it does not know the authority that issued it`,
  ACCESS_DENIED: `${refusesOne}: its holder may not enter`,
};

const mostCharacters = 300;
const bounded = (text: string): string => (text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text);

/** Authorities that are missing, by OpenSSL's codes. */
const unknownAuthority: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_UNTRUSTED",
]);

/** `undefined`: it is no failure of TLS. */
export function tlsFailure(error: Error, settings?: TlsSettings): TlsFailure | undefined {
  const code = codeIn(error);
  const give = (setting: string | undefined): string => (setting === undefined ? "" : `; it is given with ${setting}`);
  const refused = (why: string, setting?: string): TlsFailure => ({
    code: "tls-failure",
    why: `the server's certificate is refused: ${why} (${code})${setting === undefined ? "" : `; ${setting}`}`,
  });
  if (isNoTls(code)) return { code: "tls-failure", why: "it does not speak TLS" };
  const what = alert.exec(code)?.groups?.what;
  if (what !== undefined && Object.hasOwn(alerts, what))
    return { code: "access-denied", why: `${alerts[what]}${give(settings?.client)}` };
  if (what === "HANDSHAKE_FAILURE")
    return {
      code: "tls-failure",
      why: `the server ends the TLS handshake: it may want a client certificate${give(settings?.client)}; or the two \
sides have no protocol in common`,
    };
  if (what !== undefined)
    return { code: "tls-failure", why: `the server ends TLS: ${what.toLowerCase().replaceAll("_", " ")}` };
  if (!tlsCode.test(code)) return undefined;
  if (code === "CERT_HAS_EXPIRED")
    return refused("it has expired; or this machine's clock is wrong", "those who run the server renew it");
  if (code === "CERT_NOT_YET_VALID") return refused("it is not valid yet; or this machine's clock is wrong");
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH")
    return refused(
      bounded(namesIn(error)),
      settings?.serverName === undefined ? undefined : `another name is expected with ${settings.serverName}`,
    );
  if (unknownAuthority.has(code))
    return refused(
      `no authority that is known here issued it: ${error.message}`,
      settings === undefined ? undefined : `its authority is given with ${settings.authority}`,
    );
  return refused(bounded(error.message));
}

/** The names of both sides, as Node has them: `Host: a. is not in the cert's altnames: DNS:b`. */
function namesIn(error: Error): string {
  const { reason } = error as Error & { readonly reason?: unknown };
  const found =
    /^(?:Host|IP): (?<asked>.*?)\.? is not (?:in the cert's altnames|in the cert's list): ?(?<has>.*)$/.exec(
      typeof reason === "string" ? reason : "",
    )?.groups;
  return found === undefined ? error.message : `it is for ${found.has || "no name"}, not for ${found.asked}`;
}
