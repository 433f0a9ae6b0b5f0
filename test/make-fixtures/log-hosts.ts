/**
 * The logs of the lab as hosts that Fulcio and cosign talk to, as far as signing asks: a certificate log that answers
 * `add-pre-chain`, and a log with the interface of Rekor v1 that answers an entry with a signed entry timestamp. Both
 * promise and keep nothing: what is signed carries no proofs of them. Source: RFC 6962 §3.2 and §4.1, rekor's
 * openapi.yaml.
 */
import { decodeBase64, encodeBase64 } from "../../core/encoding/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import { parseCertificate } from "../../core/x509/certificate.ts";
import { apiEntryJson } from "../lab/bundle.ts";
import { CertificateLog, tbsWithout } from "../lab/certificate-log.ts";
import { dsseBody, type EntryBody } from "../lab/entry-body.ts";
import { RekorV1 } from "../lab/entry-log.ts";
import { extensionId } from "../lab/extensions.ts";
import type { LabKey } from "../lab/keys.ts";
import type { Reply } from "./loopback-hosts.ts";

type LogHost = (method: string, path: string, body: Uint8Array) => Reply;

/** Version, log id, timestamp and the length of no extensions: the signature stands behind them. */
const signatureAt = 1 + 32 + 8 + 2;

export function createCertificateLog(key: LabKey): LogHost {
  const log = new CertificateLog(key);
  return (_method, path, body) => {
    if (!path.endsWith("/ct/v1/add-pre-chain")) return { status: 404, body: "" };
    const { chain } = JSON.parse(decodeUtf8(body)) as { readonly chain: readonly string[] };
    const [leaf, issuer] = chain.map((text) => parseCertificate(decodeBase64(text), defaultLimits));
    if (leaf === undefined || issuer?.publicKey === undefined)
      return { status: 400, body: "a chain has two certificates" };
    const at = new Date();
    const tbs = tbsWithout(leaf, extensionId.poison);
    const timestamp = log.embedded(tbs, { publicKey: issuer.publicKey }, at);
    return {
      body: JSON.stringify({
        sct_version: 0,
        id: encodeBase64(log.id),
        timestamp: at.getTime(),
        extensions: "",
        signature: encodeBase64(timestamp.subarray(signatureAt)),
      }),
    };
  };
}

interface Proposed extends EntryBody {
  readonly spec: { readonly proposedContent?: { readonly envelope: string; readonly verifiers: readonly string[] } };
}

/** What is logged of a proposed entry: an envelope as its hashes; `hashedrekord` as it is, in canonical form. */
function toBody(proposed: Proposed): EntryBody {
  if (proposed.kind !== "dsse") return proposed;
  const { envelope = "", verifiers = [] } = proposed.spec.proposedContent ?? {};
  const { payload, signatures } = JSON.parse(envelope) as {
    readonly payload: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
  return dsseBody({
    envelope: encodeUtf8(envelope),
    payload: decodeBase64(payload),
    signatures: signatures.map(({ sig }, position) => ({ signature: sig, verifier: verifiers[position] ?? "" })),
  });
}

export function createEntryLog(key: LabKey, name: string): LogHost {
  const log = new RekorV1(key, name);
  let index = 0;
  return (method, path, body) => {
    if (path === "/api/v1/log/publicKey") return { type: "application/x-pem-file", body: key.pem };
    if (method !== "POST" || path !== "/api/v1/log/entries") return { status: 404, body: "{}" };
    const proposed = JSON.parse(decodeUtf8(body)) as Proposed;
    const entry = log.entry(toBody(proposed), new Date(), { index: index++, proof: false });
    const answer = apiEntryJson(entry);
    const [uuid = ""] = Object.keys(answer);
    return {
      status: 201,
      headers: { location: `/api/v1/log/entries/${uuid}`, etag: uuid },
      body: JSON.stringify(answer),
    };
  };
}
