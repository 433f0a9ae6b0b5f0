/**
 * Who must have signed a candidate: the expected key, or the certificate that the candidate carries. Source:
 * docs/spec/outcomes.md#what-a-silent-policy-requires, docs/spec/kyverno.md#keys, #certificates.
 */
import { ask } from "../knowledge/ask.ts";
import type { SignedEntity } from "../cosign/signed-entity.ts";
import { registeredAlgorithms } from "../crypto/algorithms.ts";
import { type PublicKey, parsePublicKeysPem } from "../crypto/public-key.ts";
import type { SignatureAlgorithm } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { ExpectedIdentity, ExpectedSigner } from "./expectation.ts";
import type { Limits } from "../limits.ts";

interface SignerBase {
  readonly key: PublicKey;
  readonly algorithms: readonly SignatureAlgorithm[];
}

/** `policy`: the policy's own certificate; `issued`: the candidate's, under `anchors` or the trusted root. */
export type Signer =
  | (SignerBase & { readonly kind: "key" })
  | (SignerBase & {
      readonly kind: "policy";
      readonly certificate: Certificate;
      readonly path?: { readonly anchor: Certificate; readonly intermediates: readonly Certificate[] };
    })
  | (SignerBase & {
      readonly kind: "issued";
      readonly certificate: Certificate;
      readonly intermediates: () => readonly Certificate[];
      readonly anchors?: readonly Certificate[];
      readonly privateLeaf: boolean;
      readonly identity: ExpectedIdentity;
    });

/**
 * The signer to verify `entity` with. Its certificate is not trusted yet.
 * @throws EngineError `wrong-key` for a bundle that was signed with a certificate if a key is required,
 * `no-certificate`, `no-key`, `malformed`.
 */
export function findSigner(
  entity: SignedEntity,
  expected: ExpectedSigner,
  knowledge: Knowledge,
  limits: Limits,
): Signer {
  switch (expected.kind) {
    case "key":
      refuseCertificateBundle(entity);
      return { kind: "key", key: expected.key, algorithms: expected.algorithms };
    case "key-reference": {
      refuseCertificateBundle(entity);
      const key = readKey(expected.reference, knowledge, limits);
      return { kind: "key", key, algorithms: registeredAlgorithms(key, expected.signatureAlgorithm) };
    }
    case "certificate":
      return {
        kind: "policy",
        certificate: expected.certificate,
        key: expected.key,
        algorithms: expected.algorithms,
        ...(expected.path === undefined ? {} : { path: expected.path }),
      };
    case "issued":
      return issuedSigner(entity, expected);
  }
}

/**
 * A layer's certificate is just an annotation; a bundle's certificate states what made the signature.
 */
function refuseCertificateBundle(entity: SignedEntity): void {
  const { layout } = entity.source;
  if ((layout === "bundle" || layout === "file") && entity.certificate() !== undefined)
    throw new EngineError("wrong-key", "signed with a certificate, but a key is required", {
      subject: entity.source.digest,
    });
}

function readKey(reference: string, knowledge: Knowledge, limits: Limits): PublicKey {
  const answer = ask(knowledge, { kind: "key", reference }, "no-key");
  if (answer.state === "absent") throw noKey(reference, `${answer.from} does not have the key ${reference}`);
  // cosign reads the first key of such a text.
  const [key] = readKeys(reference, answer.value, limits);
  if (key === undefined) throw noKey(reference, `the key ${reference} is no public key`);
  return key;
}

/** Files and variables are mended where they are; other references are pinned. */
const noKey = (reference: string, message: string, cause?: EngineError): EngineError =>
  new EngineError("no-key", message, {
    subject: reference,
    cause,
    remedy: /^(?:env|file):\/\/|^[./]/.test(reference) ? "key-file" : undefined,
  });

/**
 * A reference's content is not part of the policy. If it cannot be read, the key is unknown.
 * @throws EngineError `no-key`
 */
export function readKeys(reference: string, text: string, limits: Limits): readonly PublicKey[] {
  try {
    return parsePublicKeysPem(text, limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw noKey(reference, `the key ${reference} cannot be read: ${error.message}`, error);
  }
}

function issuedSigner(entity: SignedEntity, expected: Extract<ExpectedSigner, { kind: "issued" }>): Signer {
  const carried = entity.certificate();
  if (carried === undefined)
    throw new EngineError("no-certificate", "signed with a bare key, but a certificate is required", {
      subject: entity.source.digest,
    });
  const { certificate } = carried;
  const key = certificate.publicKey;
  if (key === undefined)
    throw new EngineError("malformed", "a certificate with a key of an unsupported type", {
      subject: entity.source.digest,
    });
  return {
    kind: "issued",
    certificate,
    key,
    algorithms: registeredAlgorithms(key, expected.signatureAlgorithm),
    intermediates: () => carried.intermediates,
    identity: expected.identity,
    privateLeaf: expected.privateLeaf === true,
    ...(expected.anchors === undefined ? {} : { anchors: expected.anchors }),
  };
}
