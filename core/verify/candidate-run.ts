/**
 * One candidate in the pipeline: a method for each check, and what is proven so far. Only `verify-entity.ts` knows the
 * order of the checks. Source: docs/spec/sigstore.md#order-of-checks.
 */
import type { SignedContent, SignedEntity } from "../cosign/signed-entity.ts";
import type { JsonObject } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";
import type { SignatureAlgorithm, SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { VerifiedTimestamp } from "../timestamp/verify-timestamp.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { ProvenSct } from "../x509/sct.ts";
import { attempt } from "./attempt.ts";
import { type CertificateChain, verifyChainAt, verifyChainScts } from "./certificate-path.ts";
import type { Claim } from "./claim.ts";
import { chooseSignature, requireSignature } from "./content-signature.ts";
import type { VerifyContext } from "./context.ts";
import { refuseDistrustedArtifact, refuseDistrustedContent, refuseDistrustedEvidence } from "./distrust-check.ts";
import type { Evidence } from "./evidence.ts";
import type { Expectation } from "./expectation.ts";
import { requireSignatureAge, requireTrustAge } from "./age-checks.ts";
import { requireNewCheckpoints } from "./checkpoint-age.ts";
import { requireIdentity } from "./identity.ts";
import {
  logEntryQuestion,
  type LogProof,
  proveAskedEntry,
  proveCarriedEntries,
  type ProvenEntry,
  requireLogInService,
} from "./log-proof.ts";
import { entryLayout, loggedSignature } from "./logged-signature.ts";
import { readClaims, requireAnnotations, requirePredicateType } from "./signed-claims.ts";
import { findSigner, type Signer } from "./signer.ts";
import { proveTimestamps, timestampedBytes } from "./timestamp-proof.ts";
import { toEvidence } from "./to-evidence.ts";
import type { Trail } from "./trail.ts";
import { type TrustAccess, trustAccess } from "./trust-access.ts";

export class CandidateRun {
  /** A log entry or timestamp that does not fit the signature. */
  misfit: EngineError | undefined;
  evidence: Evidence | undefined;
  readonly #entity: SignedEntity;
  readonly #expectation: Expectation;
  readonly #claim: Claim;
  readonly #context: VerifyContext;
  readonly #verifier: SignatureVerifier;
  readonly #trail: Trail;
  readonly #trust: TrustAccess;
  // Later checks use the results of earlier ones. If a check fails, those that use its result are not called.
  #content!: SignedContent;
  #signer!: Signer;
  #signature!: Uint8Array;
  #algorithm!: SignatureAlgorithm;
  #annotations!: JsonObject;
  #entries: readonly ProvenEntry[] = [];
  #timestamps: readonly VerifiedTimestamp[] = [];
  #chain: CertificateChain = [];
  #scts: readonly ProvenSct[] = [];
  #judgedNow = false;

  constructor(
    entity: SignedEntity,
    expectation: Expectation,
    claim: Claim,
    context: VerifyContext,
    verifier: SignatureVerifier,
    trail: Trail,
  ) {
    this.#entity = entity;
    this.#expectation = expectation;
    this.#claim = claim;
    this.#context = context;
    this.#verifier = verifier;
    this.#trail = trail;
    this.#trust = trustAccess(context);
  }

  refuseDistrusted(): void {
    refuseDistrustedArtifact(this.#context.distrust, this.#claim);
    refuseDistrustedContent(this.#context.distrust, this.#entity);
  }

  readContent(): void {
    this.#content = this.#entity.content();
  }

  findSigner(): void {
    this.#signer = findSigner(this.#entity, this.#expectation.signer, this.#context.knowledge, this.#context.limits);
    this.#signature = chooseSignature(this.#content, this.#signer, this.#claim, this.#verifier);
  }

  verifySignature(): void {
    this.#algorithm = requireSignature(this.#content, this.#signature, this.#signer, this.#claim, this.#verifier);
  }

  readClaims(): void {
    this.#annotations = readClaims(this.#entity, this.#content, this.#claim, this.#context.limits);
  }

  requirePredicateType(): void {
    requirePredicateType(this.#content, this.#claim);
  }

  requireAnnotations(): void {
    requireAnnotations(this.#expectation.annotations, this.#annotations);
  }

  /** A layer without a required entry: the log must be asked. It is never asked for a bundle. */
  get #lacksEntry(): boolean {
    return (
      this.#expectation.log.required && entryLayout(this.#entity) === "layer" && this.#entity.logEntries().length === 0
    );
  }

  get #times(): readonly Date[] {
    const times: Date[] = [];
    for (const { at } of this.#entries) if (at !== undefined) times.push(at);
    for (const { at } of this.#timestamps) times.push(at);
    return times;
  }

  get #wantsTimes(): boolean {
    return this.#expectation.timestampRequired || this.#expectation.minSignatureAge !== undefined;
  }

  #logs(): readonly TransparencyLogKey[] {
    return this.#expectation.log.keys ?? this.#trust.root().tlogs;
  }

  #logProof(): LogProof {
    return {
      logged: loggedSignature(this.#entity, this.#content, this.#signature, this.#signer, this.#claim),
      layout: entryLayout(this.#entity),
      logs: this.#logs(),
      verifier: this.#verifier,
      limits: this.#context.limits,
    };
  }

  /** If an entry or timestamp does not fit, the signature itself may be wrong: the table has the check for it. */
  #doubting(error: EngineError): EngineError {
    if (error.code === "bad-log-proof" || error.code === "bad-timestamp") this.misfit = error;
    return error;
  }

  /** An entry that is not required is not read and gives no time. */
  proveEntries(): void {
    if (!this.#expectation.log.required || this.#lacksEntry) return;
    const entries = this.#entity.logEntries();
    if (entries.length === 0)
      throw new EngineError("no-log-proof", "the bundle carries no log entry, but one is required", {
        subject: this.#entity.source.digest,
      });
    const outcome = attempt(() => proveCarriedEntries(entries, this.#logProof()));
    if (!outcome.ok) throw this.#doubting(outcome.error);
    this.#entries = outcome.value;
  }

  /**
   * Timestamps of layers count only with the policy's own authority, and then each must hold. Timestamps of bundles
   * count with the trusted root's too; a wrong one is then skipped if another time is established. A bare key needs no
   * time, so its timestamps are read only if they are required, or the age of the signature is.
   */
  proveTimestamps(): void {
    this.#proveTimestamps();
    requireLogInService(this.#entries, this.#times);
  }

  #proveTimestamps(): void {
    const { timestampAuthority } = this.#expectation;
    const layer = entryLayout(this.#entity) === "layer";
    if (layer ? timestampAuthority === undefined : this.#signer.kind === "key" && !this.#wantsTimes) return;
    if (this.#entity.timestamps().length === 0) return;
    const { limits } = this.#context;
    const authorities =
      timestampAuthority === undefined ? this.#trust.root().timestampAuthorities : [timestampAuthority];
    const { proven, failure } = proveTimestamps(
      this.#entity,
      timestampedBytes(this.#content, this.#signature),
      authorities,
      this.#verifier,
      limits,
    );
    this.#timestamps = proven;
    // While the log's time is unknown, it may still suffice.
    if (failure !== undefined && (layer || (this.#times.length === 0 && this.#trail.isCertain)))
      throw this.#doubting(failure);
  }

  /**
   * Verifies the chain at every established time. The time of the decision counts only without such a time and without
   * a log to ask. Before the log is asked, the chain is verified at the certificate's start, so that a stranger's
   * certificate is refused without asking.
   */
  verifyCertificate(): void {
    const times = this.#times;
    if (times.length > 0) {
      this.#verifyChain(times);
      return;
    }
    if (this.#signer.kind === "key") return;
    if (this.#lacksEntry || !this.#trail.isCertain) {
      const { certificate } = this.#signer;
      const outcome = attempt(() => this.#verifyChain([certificate.notBefore]));
      if (!outcome.ok && outcome.error.code !== "certificate-not-valid-then") throw outcome.error;
      return;
    }
    if (this.#expectation.log.required) throw this.#noTime();
    this.#judgedNow = true;
    this.#verifyChain([this.#context.now]);
  }

  #noTime(): EngineError {
    return new EngineError("no-timestamp", "neither the log entry nor a timestamp gives a signed time", {
      subject: this.#entity.source.digest,
    });
  }

  #verifyChain(times: readonly Date[]): void {
    const signer = this.#signer;
    if (signer.kind === "key") return;
    for (const at of times)
      this.#chain = verifyChainAt(signer, at, () => this.#trust.root().authorities, this.#verifier);
  }

  /** A policy's certificate without a chain has no known issuer and needs no SCT. */
  verifyScts(): void {
    const { required, keys } = this.#expectation.certificateTransparency;
    const signer = this.#signer;
    if (
      !required ||
      signer.kind === "key" ||
      (signer.kind === "policy" && signer.path === undefined) ||
      this.#chain.length === 0
    )
      return;
    this.#scts = verifyChainScts(this.#chain, keys ?? this.#trust.root().ctlogs, this.#verifier, this.#context.limits);
  }

  /** Only a certificate with a verified chain has an identity. */
  requireIdentity(): void {
    if (this.#signer.kind === "issued" && this.#chain.length > 0)
      requireIdentity(this.#signer.certificate, this.#signer.identity);
  }

  /** The last check, when everything else holds. */
  askForEntry(): void {
    if (!this.#lacksEntry || !this.#trail.isCertain) return;
    const { url, refusal } = this.#expectation.log;
    const question = url === undefined ? undefined : logEntryQuestion(url, this.#content);
    if (question === undefined)
      throw new EngineError("no-log-proof", "the signature carries no log entry, and the policy names no log to ask", {
        subject: this.#entity.source.digest,
      });
    if (refusal !== undefined) throw refusal;
    this.#entries = [proveAskedEntry(question, this.#context.knowledge, () => this.#logProof())];
    requireLogInService(this.#entries, this.#times);
  }

  /** Checks of a certificate that had to wait for the log's time. */
  verifyAtLookup(): void {
    if (this.#signer.kind === "key" || !this.#entries.some(({ from }) => from === "asked")) return;
    if (this.#times.length === 0) throw this.#noTime();
    const looked = this.#chain.length > 0;
    this.#verifyChain(this.#times);
    if (looked) return;
    this.verifyScts();
    this.requireIdentity();
  }

  requireTimestamp(): void {
    if (this.#expectation.timestampRequired && this.#timestamps.length === 0 && this.#trail.isCertain)
      throw new EngineError("no-timestamp", "no valid RFC 3161 timestamp, but one is required", {
        subject: this.#entity.source.digest,
      });
  }

  /** The earliest time at which the signature is known to have existed must be long enough ago. */
  requireAge(): void {
    const { minSignatureAge } = this.#expectation;
    if (minSignatureAge === undefined || !this.#trail.isCertain) return;
    requireSignatureAge(minSignatureAge, this.#times, this.#entity.source.digest, this.#context);
  }

  /** What the proof rests on must not be too old. Last, since a refutation is certain whatever its age. */
  requireFreshness(): void {
    this.#tellCheckpoints();
    const { maxTrustAge } = this.#expectation;
    const tuf = this.#trust.used()?.tuf;
    if (maxTrustAge !== undefined && tuf !== undefined) requireTrustAge(maxTrustAge, tuf, this.#context);
    if (this.#entries.length > 0) requireNewCheckpoints(this.#entries, () => this.#logs(), this.#context);
  }

  /** Before they are judged: one that is too old now is the newest of the next decision. */
  #tellCheckpoints(): void {
    // A log that only a policy names may say anything.
    if (this.#expectation.log.keys !== undefined) return;
    for (const { checkpoint } of this.#entries) if (checkpoint !== undefined) this.#context.sawCheckpoint?.(checkpoint);
  }

  /** All checks passed: collects the evidence. */
  conclude(): void {
    const logIds: string[] = [];
    for (const { logId } of this.#entries) logIds.push(logId);
    for (const { logId } of this.#scts) logIds.push(logId);
    const timestamping: Certificate[] = [];
    for (const { certificates } of this.#timestamps) timestamping.push(...certificates);
    refuseDistrustedEvidence(this.#context.distrust, this.#signer, this.#chain, logIds, timestamping);
    this.evidence = toEvidence({
      claim: this.#claim,
      source: this.#entity.source,
      content: this.#content,
      signer: this.#signer,
      algorithm: this.#algorithm,
      chain: this.#chain,
      scts: this.#scts,
      entries: this.#entries,
      timestamps: this.#timestamps,
      judgedNow: this.#judgedNow,
      trust: this.#trust.used(),
    });
  }
}
