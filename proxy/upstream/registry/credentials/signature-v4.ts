/**
 * Signed requests to Amazon: Signature Version 4. Source:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
 */
import { createHash, createHmac } from "node:crypto";

export interface AmazonKeys {
  readonly id: string;
  readonly secret: string;
  readonly session?: string | undefined;
}

export interface SignedRequest {
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  readonly service: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** The headers of a POST to the root of a service, `authorization` among them. */
export function signRequest(
  { url, headers, body, region, service }: SignedRequest,
  { id, secret, session }: AmazonKeys,
  at: Date,
): Readonly<Record<string, string>> {
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const sent: Record<string, string> = {
    ...headers,
    "x-amz-date": time,
    ...(session === undefined || session === "" ? {} : { "x-amz-security-token": session }),
  };
  const signed: Record<string, string> = { ...sent, host: url.host };
  const names = Object.keys(signed).sort();
  const canonical = [
    "POST",
    url.pathname,
    "",
    ...names.map((name) => `${name}:${signed[name]?.trim() ?? ""}`),
    "",
    names.join(";"),
    sha256(body),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")).toString("hex");
  return {
    ...sent,
    authorization: [
      `AWS4-HMAC-SHA256 Credential=${id}/${scope}`,
      `SignedHeaders=${names.join(";")}`,
      `Signature=${signature}`,
    ].join(", "),
  };
}
