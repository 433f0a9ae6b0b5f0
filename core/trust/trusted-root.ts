/**
 * Trusted roots: the logs, certificate authorities and timestamp authorities of one Sigstore instance, with their
 * periods. Source: sigstore_trustroot.proto.
 *
 *     {"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1",
 *      "tlogs":[{"baseUrl":"https://rekor.example","hashAlgorithm":"SHA2_256","logId":{"keyId":"wNI9aj…="},
 *       "publicKey":{"rawBytes":"MFkw…","keyDetails":"PKIX_ECDSA_P256_SHA_256",
 *        "validFor":{"start":"2024-01-01T00:00:00Z"}}}],
 *      "certificateAuthorities":[{"uri":"https://fulcio.example","certChain":{"certificates":[{"rawBytes":"MIIC…"}]},
 *       "validFor":{"start":"2024-01-01T00:00:00Z"}}],
 *      "ctlogs":[],"timestampAuthorities":[]}
 */
import { type Digest, digestOf } from "../crypto/digest.ts";
import { parsePkcs1, parseSpki } from "../crypto/public-key.ts";
import { encodeHex } from "../encoding/hex.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import { type JsonObject, type JsonValue, parseJson } from "../encoding/json.ts";
import {
  optionalMessage,
  protoJsonOptions,
  readMessage,
  readPeriod,
  readRepeated,
  readText,
  requireBytes,
} from "../encoding/proto-json.ts";
import { member, pointer, readString } from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { type TimestampAuthority, toTimestampAuthority } from "../timestamp/timestamp-authority.ts";
import { readLogKeyDetails } from "../tlog/key-details.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";

/** An issuer of signing certificates. `anchor` is trusted as it is, self-signed or not. */
export interface CertificateAuthority {
  readonly uri: string;
  readonly anchor: Certificate;
  readonly intermediates: readonly Certificate[];
  /** Closed interval. */
  readonly validFor: ValidityPeriod;
}

/** `digest` is that of the document: roots with equal digests are the same. */
export interface TrustedRoot {
  readonly tlogs: readonly TransparencyLogKey[];
  readonly ctlogs: readonly TransparencyLogKey[];
  readonly certificateAuthorities: readonly CertificateAuthority[];
  readonly timestampAuthorities: readonly TimestampAuthority[];
  readonly digest: Digest;
}

/** The spelling that clients write, and the newer ones. */
const mediaTypes: ReadonlySet<string> = new Set([
  "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  "application/vnd.dev.sigstore.trustedroot.v0.1+json",
  "application/vnd.dev.sigstore.trustedroot.v0.2+json",
]);

const keys = (...names: string[]): ReadonlySet<string> => new Set(names);
const rootKeys = keys("mediaType", "tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities");
const logKeys = keys("baseUrl", "hashAlgorithm", "publicKey", "logId", "checkpointKeyId", "operator");
const publicKeyKeys = keys("rawBytes", "keyDetails", "validFor");
const idKeys = keys("keyId");
const authorityKeys = keys("subject", "uri", "certChain", "validFor", "operator");
const subjectKeys = keys("organization", "commonName");
const chainKeys = keys("certificates");
const certificateKeys = keys("rawBytes");

/** Host of an absolute URL, without port; `""` where there is none. */
const hostOf = (url: string): string =>
  /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:[\]]*)(?::[0-9]*)?(?:[/?#]|$)/
    .exec(url)?.[1]
    ?.replace(/^\[|\]$/g, "") ?? "";

function readLog(value: JsonValue, at: string, limits: Limits): TransparencyLogKey {
  const object = readMessage(value, logKeys, at);
  const algorithm = member(object, "hashAlgorithm");
  if (algorithm !== "SHA2_256" && algorithm !== 1)
    throw new EngineError("malformed", "a log whose tree does not use SHA-256", {
      subject: pointer(at, "hashAlgorithm"),
    });
  const here = pointer(at, "publicKey");
  const key = readMessage(member(object, "publicKey"), publicKeyKeys, here);
  const details = readLogKeyDetails(member(key, "keyDetails"), pointer(here, "keyDetails"));
  const bytes = requireBytes(key, "rawBytes", here);
  const publicKey = details.encoding === "pkcs1" ? parsePkcs1(bytes, limits) : parseSpki(bytes, limits);
  if (publicKey.type !== details.type)
    throw new EngineError("malformed", `a key of type ${publicKey.type} under the name of another`, {
      subject: pointer(here, "keyDetails"),
    });
  const validFor = readPeriod(key, "validFor", here);
  if (validFor.start === undefined)
    throw new EngineError("malformed", "a log key without the start of its validity", {
      subject: pointer(here, "validFor"),
    });
  optionalMessage(object, "checkpointKeyId", idKeys, at);
  readText(object, "operator", at);
  const id = readMessage(member(object, "logId"), idKeys, pointer(at, "logId"));
  return {
    logId: encodeHex(requireBytes(id, "keyId", pointer(at, "logId"))),
    publicKey,
    origin: hostOf(readText(object, "baseUrl", at)),
    validFor,
  };
}

/** One key for each log id; of several the last one counts, as in sigstore-go. */
function readLogs(object: JsonObject, key: string, limits: Limits): readonly TransparencyLogKey[] {
  const byId = new Map(
    readRepeated(object, key, "")
      .map((entry, index) => readLog(entry, `/${key}/${index}`, limits))
      .map((log) => [log.logId, log] as const),
  );
  return [...byId.values()];
}

interface RawAuthority {
  readonly uri: string;
  readonly chain: readonly Certificate[];
  readonly validFor: ValidityPeriod;
}

function readAuthority(value: JsonValue, at: string, limits: Limits): RawAuthority {
  const object = readMessage(value, authorityKeys, at);
  optionalMessage(object, "subject", subjectKeys, at);
  readText(object, "operator", at);
  const list = readRepeated(
    readMessage(member(object, "certChain"), chainKeys, pointer(at, "certChain")),
    "certificates",
    pointer(at, "certChain"),
  );
  if (list.length === 0)
    throw new EngineError("malformed", "authority without certificates", { subject: pointer(at, "certChain") });
  if (list.length > limits.certificatesPerChain)
    throw new EngineError("over-limit", `${list.length} certificates in a chain`, {
      subject: pointer(at, "certChain"),
    });
  const chain = list.map((entry, index) => {
    const here = `${at}/certChain/certificates/${index}`;
    return parseCertificate(requireBytes(readMessage(entry, certificateKeys, here), "rawBytes", here), limits);
  });
  return { uri: readText(object, "uri", at), chain, validFor: readPeriod(object, "validFor", at) };
}

const readAuthorities = (object: JsonObject, key: string, limits: Limits): readonly RawAuthority[] =>
  readRepeated(object, key, "").map((entry, index) => readAuthority(entry, `/${key}/${index}`, limits));

/**
 * The trusted root of a JSON document. One log with an unknown key type, or without a start of validity, makes the
 * whole document `malformed`: half a root is not what was published. `digest`: of the document, where it is known.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function parseTrustedRoot(document: Uint8Array | string, limits: Limits, digest?: Digest): TrustedRoot {
  const bytes = typeof document === "string" ? encodeUtf8(document) : document;
  const object = readMessage(
    parseJson(bytes, protoJsonOptions("trusted root", limits.trustedRootBytes, limits)),
    rootKeys,
    "",
  );
  const mediaType = readString(member(object, "mediaType"), "/mediaType");
  if (!mediaTypes.has(mediaType))
    throw new EngineError("malformed", `not a trusted root: ${JSON.stringify(mediaType.slice(0, 128))}`, {
      subject: "/mediaType",
    });
  return {
    tlogs: readLogs(object, "tlogs", limits),
    ctlogs: readLogs(object, "ctlogs", limits),
    certificateAuthorities: readAuthorities(object, "certificateAuthorities", limits).map(
      ({ uri, chain, validFor }) => ({
        uri,
        anchor: chain.at(-1) as Certificate,
        intermediates: chain.slice(0, -1),
        validFor,
      }),
    ),
    timestampAuthorities: readAuthorities(object, "timestampAuthorities", limits).map(({ uri, chain, validFor }) =>
      toTimestampAuthority(chain, uri, validFor),
    ),
    digest: digest ?? digestOf(bytes),
  };
}
