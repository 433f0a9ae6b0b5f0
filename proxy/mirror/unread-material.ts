/**
 * Stored signed material that no decision will read: too large, of another media type, malformed. Reported when it is
 * added and when the mirror is checked, because a decision reports only what it looks for. Source:
 * docs/spec/sigstore.md#tag-layout, #bundle-referrers.
 */
import { findSignedEntities } from "../../core/cosign/find-signed-entities.ts";
import { manifestScheme } from "../../core/cosign/referrer-scheme.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import { readManifest, readReferrers } from "../../core/oci/lookup.ts";
import { codeRow } from "../../core/errors.ts";

/** The image of the material. */
export interface Subject {
  readonly repository: string;
  readonly digest: Digest;
}

export interface Unread {
  /** Repository and digest of the image that the material belongs to. */
  readonly image: string;
  /** The manifest or layer. */
  readonly subject: string;
  readonly reason: string;
}

const purposes = ["signature", "attestation"] as const;

/**
 * The unreadable material of these images, each once, and the number of referrers of each type other than signatures
 * and attestations. Missing material is not reported here.
 */
export function findUnread(
  knowledge: Knowledge,
  subjects: Iterable<Subject>,
  limits: Limits,
): { readonly unread: readonly Unread[]; readonly otherTypes: ReadonlyMap<string, number> } {
  const unread = new Map<string, Unread>();
  const otherTypes = new Map<string, number>();
  for (const image of subjects) {
    const name = `${image.repository}@${image.digest}`;
    const note = (code: EngineError["code"], subject: string, reason: string): void => {
      if (codeRow(code).truth === "refuted") unread.set(`${name} ${subject}`, { image: name, subject, reason });
    };
    for (const purpose of purposes) {
      const { entities, failures } = findSignedEntities(image, { layouts: "all", purpose }, knowledge, limits);
      for (const { code, subject, reason } of failures) note(code, subject ?? name, reason);
      for (const entity of entities) {
        const error = failureOf(() => entity.content());
        if (error !== undefined) note(error.code, entity.source.digest, error.message);
      }
    }
    for (const type of typesOfOthers(image, knowledge, limits)) otherTypes.set(type, (otherTypes.get(type) ?? 0) + 1);
  }
  return { unread: [...unread.values()], otherTypes };
}

function failureOf(read: () => unknown): EngineError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}

function typesOfOthers({ repository, digest }: Subject, knowledge: Knowledge, limits: Limits): readonly string[] {
  const types: string[] = [];
  failureOf(() => {
    const referrers = readReferrers(knowledge, repository, digest, limits);
    for (const referrer of referrers.state === "present" ? referrers.value : [])
      failureOf(() => {
        const found = readManifest(knowledge, repository, referrer.digest, limits);
        if (found.state === "absent") return;
        const { manifest } = found.value;
        if (purposes.every((purpose) => manifestScheme(manifest, purpose) === undefined))
          types.push(manifest.artifactType ?? manifest.config?.mediaType ?? "");
      });
  });
  return types;
}
