/**
 * What a request holds that nobody may read elsewhere. An upstream may repeat it in an error, or in the address of a
 * redirect; it stays out of messages and lines. Source: docs/spec/command-line.md#asking.
 */
/** Fields of forms that are secrets, by the names that token endpoints and clouds give them. */
const secretFields: ReadonlySet<string> = new Set([
  "password",
  "refresh_token",
  "access_token",
  "client_secret",
  "client_assertion",
  "assertion",
  "WebIdentityToken",
]);

/** Shorter ones are words that appear by chance. */
const leastCharacters = 4;

interface Sent {
  readonly authorization?: string | undefined;
  readonly originHeaders?: Readonly<Record<string, string>> | undefined;
  /** What is uploaded is no form. */
  readonly body?: string | object;
}

/** The longest first, so that none is cut by another that is a part of it. */
export function secretsOf({ authorization = "", originHeaders = {}, body = "" }: Sent): readonly string[] {
  const [, scheme = "", value = ""] = /^(\S+)\s+(.*)$/s.exec(authorization) ?? [];
  const found = [value, ...(scheme.toLowerCase() === "basic" ? inBasic(value) : []), ...Object.values(originHeaders)];
  if (typeof body === "string" && body !== "" && !body.startsWith("{"))
    for (const [name, text] of new URLSearchParams(body)) if (secretFields.has(name)) found.push(text);
  return [...new Set(found)]
    .filter((text) => text.length >= leastCharacters)
    .sort((left, right) => right.length - left.length);
}

function inBasic(value: string): readonly string[] {
  const pair = Buffer.from(value, "base64").toString("utf8");
  return [pair, pair.slice(pair.indexOf(":") + 1)];
}

/** The text, with `…` in the place of every secret: as it is, as in an address, and as in JSON. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    .reduce((shown, secret) => shown.replaceAll(secret, "…"), text);

/** The bytes of a text without the secrets. */
export const bytesWithoutSecrets = (bytes: Uint8Array, secrets: readonly string[]): Uint8Array =>
  secrets.length === 0
    ? bytes
    : new Uint8Array(
        Buffer.from(
          withoutSecrets(
            Buffer.from(bytes).toString("latin1"),
            secrets.map((secret) => Buffer.from(secret).toString("latin1")),
          ).replaceAll("…", "..."),
          "latin1",
        ),
      );
