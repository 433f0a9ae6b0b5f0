/**
 * `-o cosign`: what cosign prints on stdout about what it verified. Source:
 * docs/spec/command-line.md#streams-and-formats.
 */
import { parseBundle } from "../core/cosign/bundle.ts";
import { type Digest, isDigest } from "../core/crypto/digest.ts";
import { statementOf, statementSubjectFor } from "../core/dsse/statement.ts";
import { type JsonObject, parseJson } from "../core/encoding/json.ts";
import { isObject } from "../core/encoding/shape.ts";
import { decodeUtf8 } from "../core/encoding/utf8.ts";
import type { Knowledge } from "../core/knowledge/knowledge.ts";
import type { Limits } from "../core/limits.ts";
import type { Evidence } from "../core/verify/evidence.ts";
import { sorted, toJsonLine } from "./render/json.ts";
import type { VerifiedImage } from "./render/verification.ts";

/** An image with the knowledge that it was verified over. */
export interface CosignImage {
  readonly image: VerifiedImage;
  readonly knowledge: Knowledge;
}

/** The signed bytes, the envelope or the bundle. */
function readContent({ source }: Evidence, knowledge: Knowledge): Uint8Array | undefined {
  if (source.repository === undefined) return undefined;
  const answer = knowledge.answer({ kind: "blob", repository: source.repository, digest: source.digest });
  return answer?.state === "present" ? answer.value : undefined;
}

const evidenceOf = ({ verification }: VerifiedImage): readonly Evidence[] =>
  verification.truth === "proven" ? verification.evidence.map(({ evidence }) => evidence) : [];

/** A line for each attestation: its envelope. One in a layer is printed as it is stored. */
export const renderEnvelopes = (images: readonly CosignImage[], limits: Limits): string =>
  images
    .flatMap(({ image, knowledge }) =>
      evidenceOf(image).flatMap((evidence) => {
        const content = readContent(evidence, knowledge);
        return content === undefined ? [] : [toEnvelopeLine(content, limits)];
      }),
    )
    .join("");

function toEnvelopeLine(content: Uint8Array, limits: Limits): string {
  const document = parseJson(content, { limits, maxBytes: limits.bundleBytes });
  const envelope = isObject(document) ? document.dsseEnvelope : undefined;
  if (envelope !== undefined) return toJsonLine(sorted(envelope));
  const text = decodeUtf8(content);
  return /[\r\n]/.test(text) ? toJsonLine(document) : `${text}\n`;
}

/** For each verified image a line: the list of its payloads. */
export const renderPayloads = (images: readonly CosignImage[], limits: Limits): string =>
  images
    .flatMap(({ image, knowledge }) => {
      const payloads = evidenceOf(image).map((evidence) => toPayload(image, evidence, knowledge, limits));
      return payloads.length === 0 ? [] : [toJsonLine(payloads)];
    })
    .join("");

/** The payload that was signed; of a bundle, the one that cosign makes of its statement. */
function toPayload({ reference }: VerifiedImage, evidence: Evidence, knowledge: Knowledge, limits: Limits) {
  const { source, digest, statement } = evidence;
  const content = readContent(evidence, knowledge);
  const isPayload = source.layout === "tag" || source.layout === "artifact";
  const signed = content === undefined || !isPayload ? undefined : parseJson(content, { limits });
  if (isObject(signed)) {
    const { critical = null, optional } = signed;
    return { critical, optional: toOptional(isObject(optional) ? optional : undefined, evidence) };
  }
  const claims = content === undefined || !isDigest(digest) ? {} : claimsOf(content, digest, limits);
  return {
    critical: {
      identity: { "docker-reference": reference },
      image: { "docker-manifest-digest": digest },
      type: statement?.predicateType ?? "https://sigstore.dev/cosign/sign/v1",
    },
    optional: toOptional(claims, evidence),
  };
}

/** The signed claims of a bundle. */
function claimsOf(bundle: Uint8Array, digest: Digest, limits: Limits): JsonObject {
  const { content } = parseBundle(bundle, limits);
  if (content.kind !== "dsse") return {};
  const statement = statementOf(content.envelope, { layout: "bundle", limits });
  return statementSubjectFor(statement, digest).annotations ?? {};
}

/** `null` where nobody claims anything, as Go writes an absent map. */
function toOptional(claims: JsonObject | undefined, { signer }: Evidence): unknown {
  const certified =
    signer.kind === "certificate"
      ? {
          ...signer.extensions,
          ...(signer.issuer === undefined ? {} : { Issuer: signer.issuer }),
          Subject: signer.subjects[0],
        }
      : undefined;
  return claims === undefined && certified === undefined ? null : sorted({ ...claims, ...certified });
}
