/**
 * The claims of signed content: the artifact that it names, the predicate type, the annotations. Source:
 * docs/spec/sigstore.md#simple-signing-payload, #in-toto-statement, docs/spec/kyverno.md#annotations.
 */
import { parseSimpleSigning } from "../cosign/simple-signing.ts";
import type { SignedContent, SignedEntity } from "../cosign/signed-entity.ts";
import { type HashName, isHashName } from "../crypto/digest.ts";
import { type Statement, type StatementSubject, statementSubjectFor } from "../dsse/statement.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { encodeHex } from "../encoding/hex.ts";
import type { JsonObject } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";
import { type Claim, claimedDigest } from "./claim.ts";
import { entryLayout } from "./logged-signature.ts";
import type { Limits } from "../limits.ts";

const nothing: JsonObject = Object.freeze(Object.create(null));

/**
 * The signed annotations of content that matches the claim. The signature must have been verified before. A simple
 * signing payload has them under `optional`; a bundle's statement with the subject that names the image; an attestation
 * in a layer has none.
 * @throws EngineError `wrong-digest`, `no-attestation` for a statement of another predicate type, `malformed`
 */
export function readClaims(entity: SignedEntity, content: SignedContent, claim: Claim, limits: Limits): JsonObject {
  switch (content.kind) {
    case "simple-signing": {
      const { digest, optional } = parseSimpleSigning(content.payload, limits);
      if (digest !== claim.digest)
        throw new EngineError("wrong-digest", `invalid or missing digest in claim: ${JSON.stringify(digest)}`, {
          subject: claim.digest,
        });
      return optional;
    }
    case "dsse": {
      const { annotations } =
        entity.source.layout === "file" && claim.bytes !== undefined
          ? fileSubject(content.statement, claim)
          : statementSubjectFor(content.statement, claim.digest);
      return annotations === undefined || entryLayout(entity) === "layer" ? nothing : annotations;
    }
    case "message":
      return nothing;
  }
}

const comparedAlgorithms = ["sha256", "sha384", "sha512"] as const;

/**
 * The first subject that names the given file: by at least one digest, and with every other known digest right too.
 * Images are named by SHA-256 alone.
 * @throws EngineError `wrong-digest`
 */
function fileSubject(statement: Statement, claim: Claim): StatementSubject {
  const known = new Map<HashName, string>();
  const digestOfFile = (algorithm: HashName): string => {
    const held = known.get(algorithm) ?? encodeHex(claimedDigest(claim, algorithm) as Uint8Array);
    known.set(algorithm, held);
    return held;
  };
  const subject = statement.subjects.find(({ digest }) => {
    const stated = comparedAlgorithms.filter((algorithm) => digest[algorithm] !== undefined);
    return stated.length > 0 && stated.every((algorithm) => digest[algorithm] === digestOfFile(algorithm));
  });
  if (subject === undefined)
    throw new EngineError("wrong-digest", "no subject of the statement names this file", { subject: claim.digest });
  return subject;
}

/** @throws EngineError `no-attestation` when the statement is of another predicate type than the claim asks for. */
export function requirePredicateType(content: SignedContent, claim: Claim): void {
  if (claim.predicateType === undefined) return;
  const found = content.kind === "dsse" ? content.statement.predicateType : undefined;
  if (found !== claim.predicateType)
    throw new EngineError(
      "no-attestation",
      `predicate type ${JSON.stringify(found ?? null)}, where ${JSON.stringify(claim.predicateType)} is required`,
    );
}

/**
 * A bundle over the artifact itself names its digest beside the signature. It is unsigned, but a wrong one means that
 * the bundle belongs to another artifact.
 * @throws EngineError `wrong-digest`
 */
export function requireMessageDigest(content: SignedContent, claim: Claim): void {
  if (content.kind !== "message" || content.digest === undefined) return;
  const { algorithm, digest } = content.digest;
  const expected = isHashName(algorithm) ? claimedDigest(claim, algorithm) : undefined;
  if (expected === undefined)
    throw new EngineError(
      "wrong-digest",
      `the bundle names a ${algorithm} digest, which cannot be compared with the artifact`,
      { subject: claim.digest },
    );
  if (!equalBytes(digest, expected))
    throw new EngineError("wrong-digest", "the bundle belongs to another artifact", { subject: claim.digest });
}

/**
 * Every required pair must be present as an equal text; a number or boolean never matches.
 * @throws EngineError `wrong-annotations`
 */
export function requireAnnotations(
  required: readonly (readonly [name: string, value: string])[],
  signed: JsonObject,
): void {
  for (const [name, value] of required) {
    const found = Object.hasOwn(signed, name) ? signed[name] : undefined;
    if (found !== value)
      throw new EngineError(
        "wrong-annotations",
        `annotation ${JSON.stringify(name)}: expected ${JSON.stringify(value)}, signed is ` +
          `${found === undefined ? "none" : JSON.stringify(found)}`,
        { subject: name },
      );
  }
}
