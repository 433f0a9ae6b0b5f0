/**
 * Which types of attestations an image has, for those who asked it for a signature. Nothing is verified by this, and no
 * decision reads it. Source: docs/spec/command-line.md#error-messages.
 */
import { findSignedEntities } from "../../core/cosign/find-signed-entities.ts";
import { isDigest } from "../../core/crypto/digest.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import { attempt } from "../../core/verify/attempt.ts";

/** Of `repository@sha256:…`; none for any other subject. */
export function attestationTypes(
  subject: string,
  knowledge: Knowledge,
  limits: Limits,
  signatureRepository?: string,
): readonly string[] {
  const at = subject.lastIndexOf("@");
  const [repository, digest] = [subject.slice(0, at), subject.slice(at + 1)];
  if (at < 1 || !isDigest(digest)) return [];
  const place = signatureRepository === undefined ? {} : { signatureRepository };
  const options = { layouts: "all", purpose: "attestation", ...place } as const;
  const { entities } = findSignedEntities({ repository, digest }, options, knowledge, limits);
  const types = entities.flatMap((entity) => {
    const content = attempt(() => entity.content());
    return content.ok && content.value.kind === "dsse" ? [content.value.statement.predicateType] : [];
  });
  return [...new Set(types)].sort();
}
