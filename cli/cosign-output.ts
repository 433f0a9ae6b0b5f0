/**
 * `-o cosign`: what cosign prints on stdout about what it verified. Source:
 * docs/spec/command-line.md#streams-and-formats.
 */
import { parseBundle } from "../core/cosign/bundle.ts";
import { layerAnnotation } from "../core/cosign/layer-annotation.ts";
import { type Digest, isDigest } from "../core/crypto/digest.ts";
import { statementOf, statementSubjectFor } from "../core/dsse/statement.ts";
import { type JsonObject, parseJson } from "../core/encoding/json.ts";
import { isObject } from "../core/encoding/shape.ts";
import { decodeUtf8 } from "../core/encoding/utf8.ts";
import type { Knowledge } from "../core/knowledge/knowledge.ts";
import type { Limits } from "../core/limits.ts";
import { readManifest } from "../core/oci/lookup.ts";
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
    const carried = carriedBy(evidence, knowledge, limits);
    return { critical, optional: toOptional(isObject(optional) ? optional : undefined, evidence, carried) };
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

/** What a layer carries beside its signature, by the names that cosign gives it. */
const carriedNames = { Bundle: layerAnnotation.bundle, RFC3161Timestamp: layerAnnotation.timestamp } as const;

function carriedBy({ source }: Evidence, knowledge: Knowledge, limits: Limits): JsonObject {
  const { repository, manifest, layer = 0 } = source;
  if (repository === undefined || manifest === undefined) return {};
  const found = readManifest(knowledge, repository, manifest, limits);
  const annotations = found.state === "present" ? (found.value.manifest.layers?.[layer]?.annotations ?? {}) : {};
  return Object.fromEntries(
    Object.entries(carriedNames).flatMap(([name, annotation]) => {
      const text = annotations[annotation] ?? "";
      return text === "" ? [] : [[name, parseJson(text, { limits })]];
    }),
  );
}

/** The issuer, and the claims of GitHub workflows: our name, its identifier, and cosign's name where it has one. */
const certifiedNames = [
  ["issuer", 1, undefined],
  ["githubWorkflowTrigger", 2, "githubWorkflowTrigger"],
  ["githubWorkflowSHA", 3, "githubWorkflowSha"],
  ["githubWorkflowName", 4, "githubWorkflowName"],
  ["githubWorkflowRepository", 5, "githubWorkflowRepository"],
  ["githubWorkflowRef", 6, "githubWorkflowRef"],
] as const;

function certifiedBy({ signer }: Evidence): JsonObject {
  if (signer.kind !== "certificate") return {};
  const { extensions, issuer, subjects } = signer;
  const told = certifiedNames.flatMap(([ours, number, theirs]) => {
    const value = extensions[ours] ?? "";
    if (value === "") return [];
    const byNumber = [`1.3.6.1.4.1.57264.1.${number}`, value] as const;
    return theirs === undefined ? [byNumber] : [byNumber, [theirs, value] as const];
  });
  return {
    ...Object.fromEntries(told),
    ...(issuer === undefined ? {} : { Issuer: issuer }),
    Subject: subjects[0] ?? "",
  };
}

/** `null` where nobody claims anything, as Go writes an absent map. */
function toOptional(claims: JsonObject | undefined, evidence: Evidence, carried: JsonObject = {}): unknown {
  const more = { ...certifiedBy(evidence), ...carried };
  if (claims === undefined && Object.keys(more).length === 0) return null;
  // A map of Go is sorted; what a layer carries keeps its order.
  const members = Object.entries({ ...(sorted(claims ?? {}) as JsonObject), ...more });
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}
