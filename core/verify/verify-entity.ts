/**
 * The pipeline: from one candidate and one expectation to evidence. The order is fixed: established time, key or
 * certificate at those times with its SCT, signature, content, identity, annotations; the log is asked for an entry
 * last of all. Source: docs/architecture.md#one-request-hop-by-hop, docs/spec/sigstore.md#order-of-checks.
 */
import type { SignedContent, SignedEntity } from "../cosign/signed-entity.ts";
import { EngineError } from "../errors.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { VerifiedTimestamp } from "../timestamp/verify-timestamp.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import type { Verification } from "../verdict.ts";
import type { ProvenSct } from "../x509/sct.ts";
import { attempt } from "./attempt.ts";
import { type CertificateChain, verifyChainAt, verifyChainScts } from "./certificate-path.ts";
import type { Claim } from "./claim.ts";
import { chooseSignature, requireSignature } from "./content-signature.ts";
import type { VerifyContext } from "./context.ts";
import { refuseDistrustedArtifact, refuseDistrustedContent, refuseDistrustedEvidence } from "./distrust-check.ts";
import type { Evidence } from "./evidence.ts";
import type { Expectation } from "./expectation.ts";
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
import { Trail } from "./trail.ts";
import { type TrustAccess, trustAccess } from "./trust-access.ts";

/**
 * Whether `entity` satisfies `expectation` for the artifact of `claim`. `verifier` stands in for the context's, where
 * several candidates share its bound.
 */
export function verifyEntity(
  entity: SignedEntity,
  expectation: Expectation,
  claim: Claim,
  context: VerifyContext,
  verifier: SignatureVerifier = context.verifier,
): Verification<Evidence> {
  const trail = new Trail();
  return trail.conclude(attempt(() => new Pipeline(entity, expectation, claim, context, trail, verifier).run()));
}

/** One run. The fields are what was proven so far. */
class Pipeline {
  readonly #entity: SignedEntity;
  readonly #expectation: Expectation;
  readonly #claim: Claim;
  readonly #context: VerifyContext;
  readonly #verifier: SignatureVerifier;
  readonly #trail: Trail;
  readonly #trust: TrustAccess;
  readonly #content: SignedContent;
  readonly #signer: Signer;
  readonly #signature: Uint8Array;
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
    trail: Trail,
    verifier: SignatureVerifier,
  ) {
    this.#entity = entity;
    this.#expectation = expectation;
    this.#claim = claim;
    this.#context = context;
    this.#verifier = verifier;
    this.#trail = trail;
    this.#trust = trustAccess(context);
    refuseDistrustedArtifact(context.distrust, claim);
    refuseDistrustedContent(context.distrust, entity);
    trail.at("entity.content");
    this.#content = entity.content();
    trail.at("signer");
    this.#signer = findSigner(entity, expectation.signer, context.knowledge);
    this.#signature = chooseSignature(this.#content, this.#signer, claim, verifier);
  }

  run(): Evidence {
    const trail = this.#trail;
    trail.at("tlog.entry");
    trail.tolerate(() => this.#proveEntries());
    trail.at("timestamp.token");
    trail.tolerate(() => this.#proveTimestamps());
    trail.at("x509.path");
    trail.tolerate(() => this.#verifyCertificate());
    trail.at("x509.sct");
    trail.tolerate(() => this.#verifyScts());
    trail.at("signature");
    const algorithm = requireSignature(this.#content, this.#signature, this.#signer, this.#claim, this.#verifier);
    trail.at("content.digest");
    const annotations = readClaims(this.#entity, this.#content, this.#claim);
    trail.at("content.predicate-type");
    requirePredicateType(this.#content, this.#claim);
    trail.at("identity");
    this.#requireIdentity();
    trail.at("annotations");
    requireAnnotations(this.#expectation.annotations, annotations);
    trail.at("tlog.lookup");
    if (this.#lacksEntry && trail.isCertain) this.#askForEntry();
    trail.at("timestamp.required");
    if (this.#expectation.timestampRequired && this.#timestamps.length === 0 && trail.isCertain)
      throw new EngineError("no-timestamp", "no RFC 3161 timestamp holds, where one is required", {
        subject: this.#entity.source.digest,
      });
    trail.at("distrust.evidence");
    refuseDistrustedEvidence(
      this.#context.distrust,
      this.#signer,
      this.#chain,
      [...this.#entries, ...this.#scts].map(({ logId }) => logId),
    );
    return toEvidence({
      claim: this.#claim,
      source: this.#entity.source,
      content: this.#content,
      signer: this.#signer,
      algorithm,
      chain: this.#chain,
      scts: this.#scts,
      entries: this.#entries,
      timestamps: this.#timestamps,
      judgedNow: this.#judgedNow,
      trust: this.#trust.used(),
    });
  }

  /** A layer without an entry, where one is required: the log is to be asked. A bundle brings what it has. */
  get #lacksEntry(): boolean {
    return (
      this.#expectation.log.required && entryLayout(this.#entity) === "layer" && this.#entity.logEntries().length === 0
    );
  }

  get #times(): readonly Date[] {
    return [...this.#entries, ...this.#timestamps].flatMap(({ at }) => (at === undefined ? [] : [at]));
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
    };
  }

  /** An entry or timestamp that does not fit a signature that is none: the signature is at fault, and named. */
  #withCause<T>(run: () => T): T {
    const outcome = attempt(run);
    if (outcome.ok) return outcome.value;
    if (outcome.error.code === "bad-log-proof" || outcome.error.code === "bad-timestamp") {
      const cause = attempt(() =>
        requireSignature(this.#content, this.#signature, this.#signer, this.#claim, this.#verifier),
      );
      if (!cause.ok) {
        this.#trail.at("signature.cause");
        throw cause.error;
      }
    }
    throw outcome.error;
  }

  /** An entry that is not required is not read, and gives no time. */
  #proveEntries(): void {
    if (!this.#expectation.log.required || this.#lacksEntry) return;
    const entries = this.#entity.logEntries();
    if (entries.length === 0)
      throw new EngineError("no-log-proof", "a bundle without log entry, where one is required", {
        subject: this.#entity.source.digest,
      });
    this.#entries = this.#withCause(() => proveCarriedEntries(entries, this.#logProof()));
  }

  /**
   * Timestamps of layers count only with the policy's own authority, and then each must hold; those of bundles with the
   * trusted root's too, where one that does not hold is passed over while another time is established. A bare key needs
   * no time, so its timestamps are read only where somebody asks for them.
   */
  #proveTimestamps(): void {
    const { timestampAuthority } = this.#expectation;
    const layer = entryLayout(this.#entity) === "layer";
    if (layer ? timestampAuthority === undefined : this.#signer.kind === "key" && !this.#expectation.timestampRequired)
      return;
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
    // While the log's time is unknown, it may yet be the one that suffices.
    if (failure !== undefined && (layer || (this.#times.length === 0 && this.#trail.isCertain))) {
      this.#withCause(() => {
        throw failure;
      });
    }
    requireLogInService(this.#entries, this.#times);
  }

  /**
   * The chain at every established time; at the time of the decision only where there is none and none is to come.
   * While a time is to come, the chain is looked at when the certificate began, so that a stranger's is refused without
   * asking anybody.
   */
  #verifyCertificate(): void {
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
    if (this.#expectation.log.required)
      throw new EngineError("no-timestamp", "the log entry has no time of its own, and no timestamp gives one", {
        subject: this.#entity.source.digest,
      });
    this.#judgedNow = true;
    this.#verifyChain([this.#context.now]);
  }

  #verifyChain(times: readonly Date[]): void {
    const signer = this.#signer;
    if (signer.kind === "key") return;
    for (const at of times)
      this.#chain = verifyChainAt(signer, at, () => this.#trust.root().authorities, this.#verifier);
  }

  /** A policy's lone certificate has no issuer at hand, and needs no SCT. */
  #verifyScts(): void {
    const { required, keys } = this.#expectation.certificateTransparency;
    const signer = this.#signer;
    if (
      !required ||
      signer.kind === "key" ||
      (signer.kind === "policy" && signer.path === undefined) ||
      this.#chain.length === 0
    )
      return;
    this.#scts = verifyChainScts(this.#chain, keys ?? this.#trust.root().ctlogs, this.#verifier);
  }

  /** Only a certificate with a verified chain has an identity. */
  #requireIdentity(): void {
    if (this.#signer.kind === "issued" && this.#chain.length > 0)
      requireIdentity(this.#signer.certificate, this.#signer.identity);
  }

  #askForEntry(): void {
    const { url } = this.#expectation.log;
    const question = url === undefined ? undefined : logEntryQuestion(url, this.#content);
    if (question === undefined)
      throw new EngineError("no-log-proof", "the signature carries no log entry, and the policy names no log to ask", {
        subject: this.#entity.source.digest,
      });
    const entry = proveAskedEntry(question, this.#context.knowledge, this.#logProof());
    this.#entries = [entry];
    if (this.#signer.kind === "key") return;
    this.#trail.at("x509.path-at-lookup");
    if (this.#times.length === 0)
      throw new EngineError("no-timestamp", "the log entry has no time of its own, and no timestamp gives one", {
        subject: this.#entity.source.digest,
      });
    const looked = this.#chain.length > 0;
    this.#verifyChain(this.#times);
    if (looked) return;
    this.#verifyScts();
    this.#requireIdentity();
  }
}
