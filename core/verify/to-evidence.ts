/** What a run proved, as plain JSON. */
import type { EntitySource, SignedContent } from "../cosign/signed-entity.ts";
import type { SignatureAlgorithm } from "../crypto/signature-verifier.ts";
import type { LoadedTrust } from "../trust/trust-cache.ts";
import type { VerifiedTimestamp } from "../timestamp/verify-timestamp.ts";
import { issuerOf, readFulcioExtensions, subjectsOf } from "../x509/fulcio.ts";
import type { ProvenSct } from "../x509/sct.ts";
import { algorithmName } from "./artifact-signature.ts";
import type { CertificateChain } from "./certificate-path.ts";
import type { Claim } from "./claim.ts";
import type { EstablishedTime, Evidence, LogEntryEvidence, SignerEvidence } from "./evidence.ts";
import type { ProvenEntry } from "./log-proof.ts";
import type { Signer } from "./signer.ts";

export interface ProvenParts {
  readonly claim: Claim;
  readonly source: EntitySource;
  readonly content: SignedContent;
  readonly signer: Signer;
  readonly algorithm: SignatureAlgorithm;
  readonly chain: CertificateChain;
  readonly scts: readonly ProvenSct[];
  readonly entries: readonly ProvenEntry[];
  readonly timestamps: readonly VerifiedTimestamp[];
  readonly judgedNow: boolean;
  readonly trust: LoadedTrust | undefined;
}

export function toEvidence(parts: ProvenParts): Evidence {
  const { content, trust } = parts;
  // Assigned, not spread: members behind a spread are defined one by one, each by a call into the host.
  const evidence: { -readonly [Key in keyof Evidence]: Evidence[Key] } = {
    digest: parts.claim.digest,
    source: parts.source,
    signer: toSignerEvidence(parts),
    times: toTimes(parts),
    judgedNow: parts.judgedNow,
    logEntries: parts.entries.map(toLogEntryEvidence),
    certificateTransparency: parts.scts.map(({ logId, at }) => ({ logId, at: at.toISOString() })),
  };
  if (content.kind === "dsse")
    evidence.statement = { type: content.statement.type, predicateType: content.statement.predicateType };
  if (trust !== undefined) evidence.trustedRoot = trust.material.digest;
  if (trust?.tuf !== undefined) evidence.tuf = trust.tuf;
  return evidence;
}

function toSignerEvidence({ signer, algorithm, chain }: ProvenParts): SignerEvidence {
  const name = algorithmName(algorithm);
  if (signer.kind === "key") return { kind: "key", fingerprint: signer.key.fingerprint, algorithm: name };
  const { certificate } = signer;
  const issuer = issuerOf(certificate);
  return {
    kind: "certificate",
    fingerprint: certificate.fingerprint,
    algorithm: name,
    subjects: subjectsOf(certificate),
    ...(issuer === undefined ? {} : { issuer }),
    extensions: readFulcioExtensions(certificate, issuer),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    chain: chain.map(({ fingerprint }) => fingerprint),
  };
}

const toTimes = ({ entries, timestamps }: ProvenParts): readonly EstablishedTime[] => [
  ...entries.flatMap(({ at, logId }): EstablishedTime[] =>
    at === undefined ? [] : [{ at: at.toISOString(), source: "rekor", authority: logId }],
  ),
  ...timestamps.map(
    ({ at, authority }): EstablishedTime => ({ at: at.toISOString(), source: "timestamp-authority", authority }),
  ),
];

const toLogEntryEvidence = ({
  logId,
  logIndex,
  provenBy,
  origin,
  checkpointAt,
  from,
}: ProvenEntry): LogEntryEvidence => ({
  logId,
  logIndex: logIndex.toString(),
  provenBy,
  ...(origin === undefined ? {} : { origin }),
  ...(checkpointAt === undefined ? {} : { checkpointAt: checkpointAt.toISOString() }),
  from,
});
