/** Refutes what the distrust list names. Source: docs/spec/offline.md#distrust. */
import type { SignedEntity } from "../cosign/signed-entity.ts";
import { EngineError } from "../errors.ts";
import type { DistrustKind } from "../knowledge/knowledge.ts";
import type { Distrust } from "../trust/distrust.ts";
import type { Certificate } from "../x509/certificate.ts";
import { subjectsOf } from "../x509/fulcio.ts";
import type { Claim } from "./claim.ts";
import type { Signer } from "./signer.ts";

/** @throws EngineError `distrusted` */
function refuse(distrust: Distrust, kind: DistrustKind, values: readonly (string | undefined)[]): void {
  for (const value of values) {
    const row = value === undefined ? undefined : distrust.find(kind, value);
    if (row !== undefined)
      throw new EngineError(
        "distrusted",
        `${kind} ${value} is on the distrust list${row.reason === undefined ? "" : `: ${row.reason}`}`,
        {
          subject: row.value,
        },
      );
  }
}

/** The artifact itself. @throws EngineError `distrusted` */
export function refuseDistrustedArtifact(distrust: Distrust | undefined, claim: Pick<Claim, "digest">): void {
  if (distrust !== undefined) refuse(distrust, "digest", [claim.digest]);
}

/** The candidate's content. @throws EngineError `distrusted` */
export function refuseDistrustedContent(distrust: Distrust | undefined, entity: SignedEntity): void {
  if (distrust !== undefined) refuse(distrust, "digest", [entity.source.digest, entity.source.manifest]);
}

/**
 * The signers of the evidence: keys and certificates from the signer to the anchor, its names, the logs, and the
 * certificates of the authorities that stamped it.
 * @throws EngineError `distrusted`
 */
export function refuseDistrustedEvidence(
  distrust: Distrust | undefined,
  signer: Signer,
  chain: readonly Certificate[],
  logIds: readonly string[],
  timestamping: readonly Certificate[],
): void {
  if (distrust === undefined) return;
  const certificates = [...(signer.kind === "key" ? [] : [signer.certificate, ...chain]), ...timestamping];
  refuse(distrust, "key", [
    signer.key.fingerprint,
    ...certificates.map((certificate) => certificate.publicKey?.fingerprint),
  ]);
  refuse(
    distrust,
    "certificate",
    certificates.map((certificate) => certificate.fingerprint),
  );
  // Unreadable names throw: an unreadable identity may be a distrusted one.
  if (signer.kind !== "key") refuse(distrust, "identity", subjectsOf(signer.certificate));
  refuse(distrust, "log", logIds);
  refuse(
    distrust,
    "timestamp-authority",
    timestamping.map((certificate) => certificate.fingerprint),
  );
}
