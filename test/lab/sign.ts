/**
 * Makes what a recipe says, from payload to stored signature, with the change at its level. Source: cosign signature
 * specification, Sigstore bundle.
 */
import { attempt } from "../../core/verify/attempt.ts";
import type { AttestorSpec } from "../../core/verify/attestor.ts";
import { cosignSignPredicateType } from "../../core/dsse/predicate-types.ts";
import { encodePae, inTotoPayloadType } from "../../core/dsse/envelope.ts";
import { decodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import { withTimestamps } from "./authority.ts";
import { bundleJson } from "./bundle.ts";
import type { CertificateSpec, LabCertificate } from "./certificate.ts";
import { entryBody, type EntryKind, type Logged } from "./entry-body.ts";
import { fulcio, subjectAlternativeName } from "./extensions.ts";
import type { LabKey } from "./keys.ts";
import { later, type Lab } from "./lab.ts";
import { envelopeJson, jsonBytes, simpleSigning, statement } from "./payload.ts";
import { labIdentity, labPredicateType } from "./identities.ts";
import { keepBundle, keepLayer } from "./place.ts";
import type { Changes, EvidenceKind, Making, Recipe } from "./recipe.ts";
import { putImage, putIndex, Store } from "./store.ts";
import { insteadPresent } from "../support/instead.ts";

export interface Signed {
  readonly lab: Lab;
  readonly recipe: Making["recipe"];
  readonly repository: string;
  readonly tag: string;
  /** Of the image; for a file of its bytes. */
  readonly digest: Digest;
  /** The image's manifest, or the file. */
  readonly artifact: Uint8Array;
  readonly store: Store;
  /** The store, and the trusted root under every name. */
  readonly knowledge: Knowledge;
  readonly making: Making;
  readonly entries: readonly LogEntry[];
  readonly timestamps: readonly Uint8Array[];
  /** JSON, where the layout has one. */
  readonly bundle?: string;
  readonly trustedRoot: Uint8Array;
  /** What the recipe's signer satisfies. */
  readonly attestor: AttestorSpec;
  readonly predicateType: string;
}

export const isLayer = ({ layout }: Pick<Making["recipe"], "layout">): boolean =>
  layout === "tag" || layout === "artifact";

const defaultEvidence = (layout: Recipe["layout"]): readonly EvidenceKind[] =>
  layout === "tag" || layout === "artifact" ? ["promise"] : ["promise", "proof"];

function issueLeaf(lab: Lab, key: LabKey, { identity = labIdentity, change = {} }: Recipe): LabCertificate {
  const { authority, certificateLog } = lab;
  const extensions = [subjectAlternativeName(identity.names), ...fulcio(identity.extensions)];
  const asked = authority.leaf(key, lab.signedAt, lab.leafEnd, extensions);
  const leaf: CertificateSpec = change.leaf?.(asked, lab) ?? asked;
  const issuer = change.issuer?.(authority.issuer, lab) ?? authority.issuer;
  const first = [{ log: certificateLog, at: later(lab.signedAt, 1000) }];
  const stamped = withTimestamps(leaf, issuer.key, change.certificateTimestamps?.(first, lab) ?? first);
  const issued = authority.issue(
    { ...stamped, extensions: change.issuedExtensions?.(stamped.extensions, lab) ?? stamped.extensions },
    issuer.key,
  );
  return change.certificate?.(issued, lab) ?? issued;
}

const messageDigests = { sha224: "SHA2_256", sha256: "SHA2_256", sha384: "SHA2_384", sha512: "SHA2_512" } as const;

/** Ed25519 signs a digest where a log records one. */
function algorithmFor(key: LabKey, { algorithm, claim, layout, evidence }: Making["recipe"]): SignatureAlgorithm {
  if (algorithm !== undefined) return algorithm;
  const digested =
    key.type === "ed25519" &&
    (evidence.includes("rekor2") ||
      (evidence.length > 0 && (claim === "blob" || (isLayer({ layout }) && claim === "signature"))));
  return digested ? { scheme: "ed25519ph" } : key.algorithm;
}

function signedPayload(
  lab: Lab,
  recipe: Making["recipe"],
  artifact: { readonly digest: Digest; readonly bytes: Uint8Array; readonly repository: string },
): Uint8Array {
  const { claim, annotations, change = {} } = recipe;
  if (claim === "blob") return artifact.bytes;
  const simple = claim === "signature" && isLayer(recipe);
  const predicateType = claim === "signature" ? cosignSignPredicateType : (recipe.predicateType ?? labPredicateType);
  const type = recipe.statementType ?? (isLayer(recipe) ? "0.1" : "1");
  const made = simple
    ? simpleSigning(artifact.digest, artifact.repository, annotations)
    : statement(artifact.digest, {
        type,
        predicateType,
        predicate: recipe.predicate ?? (claim === "signature" ? {} : { reviewers: ["bob@lab.example"] }),
        name: isLayer(recipe) ? artifact.repository : "",
        ...(annotations === undefined ? {} : { annotations }),
      });
  return jsonBytes(change.payload?.(made, lab) ?? made);
}

function entryKindOf({ entryKind, claim, layout }: Making["recipe"], enveloped: boolean): EntryKind {
  return (
    entryKind ??
    (!enveloped ? "hashedrekord 0.0.1" : claim === "attestation" && layout === "tag" ? "intoto 0.0.2" : "dsse 0.0.1")
  );
}

function logEntries(
  making: Making,
  change: Changes,
  content: Logged["content"],
  verifier: LabKey | LabCertificate,
): readonly LogEntry[] {
  const { lab, recipe, signature } = making;
  const told: Logged = { signature, verifier, content };
  const logged = change.logged?.(told, making) ?? told;
  const has = (kind: EvidenceKind): boolean => recipe.evidence.includes(kind);
  const bodyOf = (kind: EntryKind) => {
    const body = entryBody(kind, logged);
    return change.body?.(body, making) ?? body;
  };
  const entries: LogEntry[] = [];
  if (has("promise") || has("proof"))
    entries.push(
      lab.rekor.entry(bodyOf(entryKindOf(recipe, "payload" in content)), lab.loggedAt, {
        promise: has("promise"),
        proof: has("proof"),
        ...change.rekor1,
      }),
    );
  if (has("rekor2")) entries.push(lab.rekor2.entry(bodyOf("hashedrekord 0.0.2"), change.rekor2));
  return change.entries?.(entries, making) ?? entries;
}

function stampAll(making: Making, change: Changes, message: Uint8Array): readonly Uint8Array[] {
  const { lab, recipe } = making;
  const stamped = change.stamped?.(message, making) ?? message;
  const authorities = [
    ...(recipe.evidence.includes("timestamp") ? [lab.timestampAuthority] : []),
    ...(recipe.evidence.includes("timestamp2") ? [lab.secondTimestampAuthority] : []),
  ];
  const timestamps = authorities.map((authority, index) =>
    authority.stamp(stamped, lab.loggedAt, index === 0 ? change.token?.(lab) : undefined),
  );
  return change.timestamps?.(timestamps, making) ?? timestamps;
}

/** An envelope whose payload a change made unreadable was logged as the signer had it. */
function loggedPayload(text: string, payload: Uint8Array): Uint8Array {
  const outcome = attempt(() => decodeBase64(text));
  return outcome.ok ? outcome.value : payload;
}

/** What an attestor says that the recipe's right signature satisfies. */
function attestorFor({ lab, recipe, key }: Making): AttestorSpec {
  const logged = recipe.evidence.some((kind) => kind === "promise" || kind === "proof" || kind === "rekor2");
  const chain =
    isLayer(recipe) && recipe.evidence.includes("timestamp")
      ? lab.timestampAuthority.chain.map(({ pem }) => pem).join("")
      : undefined;
  const rest = {
    rekor: { ignoreTlog: !logged },
    ...(chain === undefined ? {} : { ctlog: { ignoreSCT: false, tsaCertChain: chain } }),
  };
  if (recipe.by === "key") return { keys: { pem: key.pem }, ...rest };
  const identity = recipe.identity ?? labIdentity;
  const [name] = identity.names;
  const subject =
    name !== undefined && "email" in name ? name.email : name !== undefined && "uri" in name ? name.uri : "*";
  return { keyless: { subject, issuer: identity.extensions.issuer ?? "*" }, ...rest };
}

/** Makes it. The same lab and recipe give the same bytes. */
export function sign(lab: Lab, wanted: Recipe = {}): Signed {
  const layout = wanted.layout ?? "bundle";
  const evidence = wanted.evidence ?? defaultEvidence(layout);
  const version =
    wanted.version ??
    (evidence.includes("promise") && !evidence.includes("proof") && !evidence.includes("rekor2") ? "0.1" : "0.3");
  const recipe: Making["recipe"] = { by: "key", claim: "signature", ...wanted, layout, evidence, version };
  const { change = {}, repository = "registry.lab.example/team/app", tag = "v1" } = recipe;
  const store = new Store();
  const put = recipe.image === "index" ? putIndex : putImage;
  const image = put(
    store,
    repository,
    `${repository}:${tag}`,
    tag,
    change.image === undefined ? {} : { manifest: change.image },
  );
  const artifact = layout === "file" ? encodeUtf8(`file of ${repository}:${tag}\n`) : image.bytes;
  const digest = digestOf(artifact);

  const key = lab.key("signer", recipe.keyType);
  const certificate = recipe.by === "certificate" ? issueLeaf(lab, key, recipe) : undefined;
  const payload = signedPayload(lab, recipe, { digest, bytes: artifact, repository });
  const enveloped = recipe.claim === "attestation" || (recipe.claim === "signature" && !isLayer(recipe));
  const payloadType = change.payloadType ?? inTotoPayloadType;
  const message = enveloped ? encodePae(payloadType, payload) : payload;
  const signer = change.signingKey?.(key, lab) ?? key;
  const algorithm = algorithmFor(signer, recipe);
  const right = signer.sign(message, algorithm);
  const signature = change.signature?.(right, message, signer) ?? right;

  const early: Making = { lab, recipe, key, payload, signature, ...(certificate === undefined ? {} : { certificate }) };
  const wrapped = enveloped ? envelopeJson(payloadType, payload, [signature]) : undefined;
  const envelope = wrapped === undefined ? undefined : (change.envelope?.(wrapped, early) ?? wrapped);
  const making: Making = envelope === undefined ? early : { ...early, envelope: jsonBytes(envelope) };
  const hash = "hash" in algorithm ? algorithm.hash : algorithm.scheme === "ed25519ph" ? "sha512" : "sha256";
  const content: Logged["content"] =
    making.envelope === undefined
      ? { message: payload, hash }
      : {
          payloadType: envelope.payloadType,
          payload: loggedPayload(envelope.payload, payload),
          envelope: making.envelope,
        };
  const entries = logEntries(making, change, content, certificate ?? key);
  const timestamps = stampAll(
    making,
    change,
    making.envelope !== undefined && isLayer(recipe) ? making.envelope : signature,
  );

  let bundle: string | undefined;
  if (isLayer(recipe)) keepLayer(store, { making, image, repository, entries, timestamps });
  else {
    const spec = {
      version,
      signer: certificate ?? key,
      chain: lab.authority.chain.slice(0, -1),
      entries,
      timestamps,
      content:
        envelope === undefined ? { message: artifact, signature, algorithm: messageDigests[hash] } : { envelope },
    };
    const made = bundleJson(spec);
    bundle = JSON.stringify(change.bundle?.(made, making) ?? made);
    if (layout === "bundle") keepBundle(store, { making, image, repository, bundle });
  }
  change.store?.(store, making);
  const trustedRoot = lab.trustedRoot((root) => change.trustedRoot?.(root, lab) ?? root);
  const asked = attestorFor(making);
  return {
    lab,
    recipe,
    repository,
    tag,
    digest,
    artifact,
    store,
    knowledge: withTrust(store.knowledge(lab.now.toISOString()), trustedRoot, lab.now),
    making,
    entries,
    timestamps,
    ...(bundle === undefined ? {} : { bundle }),
    trustedRoot,
    attestor: change.attestor?.(asked, making) ?? asked,
    predicateType: recipe.predicateType ?? labPredicateType,
  };
}

/** The knowledge, and a trusted root under every name. */
export function withTrust(knowledge: Knowledge, trustedRoot: Uint8Array, at: Date): Knowledge {
  const value = { form: "pinned", bytes: trustedRoot };
  return insteadPresent(knowledge, "trusted-root", value, { at: at.toISOString(), from: "lab" });
}

/** The knowledge, and an answer of the log to every question for an entry. */
export function withLogAnswer(knowledge: Knowledge, json: string, at: Date): Knowledge {
  return insteadPresent(knowledge, "log-entry", { json }, { at: at.toISOString(), from: "log" });
}
