/**
 * Accepted golden cases whose evidence is damaged in one place, with every digest above it made right again, as one who
 * can write to the registry can: each must then be refused. They stand for verdicts that no tool has to be asked for.
 */
import { digestOf, type Digest } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Answer, AnswerTo } from "../../core/knowledge/answer.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { Evidence } from "../../core/verify/evidence.ts";
import { flip } from "./differential/mutation.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents of any form are changed here.
type Json = any;

/** What is signed and stored: the document of the signature, and what stands beside it. */
export interface Parts {
  readonly evidence: Evidence;
  /** Of a layer. */
  readonly annotations: Record<string, string>;
  /** Of a bundle. */
  readonly bundle: Json;
  /** The trusted root, where the case has one. */
  readonly root: Json;
  /** The image that the signature is moved to. */
  image: Digest;
}

/** Changes the parts; false where there is nothing of the kind. `others` are parts of other cases. */
type Damage = (parts: Parts, others: readonly Parts[]) => boolean;

const isBundle = ({ evidence }: Parts): boolean => evidence.source.layout === "bundle";
const flipped = (base64: string, index = -1): string =>
  Buffer.from(flip(new Uint8Array(Buffer.from(base64, "base64")), index)).toString("base64");
const provenBy = ({ evidence }: Parts, proof: "set" | "inclusion"): boolean =>
  evidence.logEntries.length > 0 && evidence.logEntries.every((entry) => entry.provenBy.includes(proof));
const logBundle = "dev.sigstore.cosign/bundle";
const timestamp = "dev.sigstore.cosign/rfc3161timestamp";
const sameLog = (one: Parts, other: Parts): boolean =>
  isBundle(one) === isBundle(other) &&
  one.evidence.source.digest !== other.evidence.source.digest &&
  one.evidence.logEntries[0]?.logId === other.evidence.logEntries[0]?.logId;
const entriesOf = ({ bundle }: Parts): Json[] => bundle?.verificationMaterial?.tlogEntries ?? [];
const timestampsOf = ({ bundle }: Parts): Json[] =>
  bundle?.verificationMaterial?.timestampVerificationData?.rfc3161Timestamps ?? [];

/** A change to every entry that counted of a bundle; false where one has nothing to change. */
const toEntries =
  (change: (entry: Json) => boolean): Damage =>
  (parts) =>
    isBundle(parts) && provenBy(parts, "inclusion") && entriesOf(parts).every((entry) => change(entry));

export const damages: Readonly<Record<string, Damage>> = {
  "a signature of another image": (parts) => {
    parts.image = `sha256:${"ab".repeat(32)}`;
    return true;
  },
  "another signature": (parts) => {
    const name = "dev.cosignproject.cosign/signature";
    if (!isBundle(parts)) {
      if ((parts.annotations[name] ?? "") === "") return false;
      parts.annotations[name] = flipped(parts.annotations[name] ?? "");
      return true;
    }
    for (const signature of parts.bundle.dsseEnvelope?.signatures ?? []) signature.sig = flipped(signature.sig);
    return (parts.bundle.dsseEnvelope?.signatures ?? []).length > 0;
  },
  "another payload": (parts) => {
    const { dsseEnvelope } = parts.bundle ?? {};
    if (dsseEnvelope === undefined) return false;
    const text = Buffer.from(dsseEnvelope.payload, "base64").toString("utf8");
    dsseEnvelope.payload = Buffer.from(`${text} `).toString("base64");
    return true;
  },
  "a promise that is no signature": (parts) => {
    if (isBundle(parts) || !provenBy(parts, "set")) return false;
    const document = JSON.parse(parts.annotations[logBundle] ?? "{}");
    document.SignedEntryTimestamp = flipped(document.SignedEntryTimestamp);
    parts.annotations[logBundle] = JSON.stringify(document);
    return true;
  },
  "a promise of another time": (parts) => {
    if (isBundle(parts) || !provenBy(parts, "set")) return false;
    const document = JSON.parse(parts.annotations[logBundle] ?? "{}");
    document.Payload.integratedTime += 1;
    parts.annotations[logBundle] = JSON.stringify(document);
    return true;
  },
  "the log entry of another signature": (parts, others) => {
    if (parts.evidence.logEntries.length === 0) return false;
    const other = others.find((candidate) => sameLog(parts, candidate));
    if (other === undefined) return false;
    if (isBundle(parts)) parts.bundle.verificationMaterial.tlogEntries = structuredClone(entriesOf(other));
    else parts.annotations[logBundle] = other.annotations[logBundle] ?? "";
    return true;
  },
  "a checkpoint that nobody signed": toEntries((entry) => {
    const note: string | undefined = entry.inclusionProof?.checkpoint?.envelope;
    if (note === undefined) return false;
    const at = note.lastIndexOf(" ") + 1;
    const [hint, signature] = [8, note.slice(at).trimEnd()];
    entry.inclusionProof.checkpoint.envelope = `${note.slice(0, at)}${flipped(signature, hint)}\n`;
    return true;
  }),
  "a root that the log never had": toEntries((entry) => {
    const note: string | undefined = entry.inclusionProof?.checkpoint?.envelope;
    const [origin, size, root, ...rest] = note?.split("\n") ?? [];
    if (root === undefined) return false;
    const other = flipped(root);
    entry.inclusionProof.rootHash = other;
    entry.inclusionProof.checkpoint.envelope = [origin, size, other, ...rest].join("\n");
    return true;
  }),
  "another path in the tree": toEntries((entry) => {
    const hashes: string[] = entry.inclusionProof?.hashes ?? [];
    if (hashes.length === 0) return false;
    entry.inclusionProof.hashes = hashes.map((hash, index) => (index === 0 ? flipped(hash) : hash));
    return true;
  }),
  "a CT log with the key of another": ({ evidence, root }) => {
    const key = root?.tlogs?.[0]?.publicKey;
    if (evidence.certificateTransparency.length === 0 || key === undefined) return false;
    for (const log of root.ctlogs)
      log.publicKey = { ...log.publicKey, rawBytes: key.rawBytes, keyDetails: key.keyDetails };
    return true;
  },
  "a timestamp authority below another root": ({ evidence, root }) => {
    const authority = root?.certificateAuthorities?.[0]?.certChain.certificates.at(-1);
    if (evidence.times.every(({ source }) => source !== "timestamp-authority") || authority === undefined) return false;
    if (evidence.times.some(({ source }) => source === "rekor")) return false;
    for (const { certChain } of root.timestampAuthorities)
      certChain.certificates = [...certChain.certificates.slice(0, -1), authority];
    return true;
  },
  "no timestamp": (parts) => {
    const stamped = parts.evidence.times.some(({ source }) => source === "timestamp-authority");
    if (isBundle(parts) || !stamped || parts.annotations[timestamp] === undefined) return false;
    delete parts.annotations[timestamp];
    return true;
  },
  "the timestamp of another signature": (parts, others) => {
    if (parts.evidence.times.length !== 1 || parts.evidence.times[0]?.source !== "timestamp-authority") return false;
    const other = others.find(
      (candidate) =>
        isBundle(candidate) === isBundle(parts) &&
        candidate.evidence.source.digest !== parts.evidence.source.digest &&
        candidate.evidence.times[0]?.authority === parts.evidence.times[0]?.authority,
    );
    if (other === undefined) return false;
    if (isBundle(parts))
      parts.bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps = structuredClone(
        timestampsOf(other),
      );
    else parts.annotations[timestamp] = other.annotations[timestamp] ?? "";
    return true;
  },
};

const trustedRoot = { kind: "trusted-root", name: "public-good" } as const;

const presentValue = (knowledge: Knowledge, question: Question): unknown => {
  const answer = knowledge.answer(question);
  if (answer?.state !== "present") throw new Error(`not there: ${questionText(question)}`);
  return answer.value;
};

const jsonOf = (bytes: unknown): Json => JSON.parse(Buffer.from(bytes as Uint8Array).toString("utf8"));

/** Where the only signature of a manifest is; `undefined` for a manifest of several. */
function placeOf({ source }: Evidence, knowledge: Knowledge) {
  const { repository, manifest } = source;
  if (repository === undefined || manifest === undefined) return undefined;
  const document = jsonOf(presentValue(knowledge, { kind: "manifest", repository, digest: manifest }));
  return document.layers.length === 1 ? { repository, manifest, document } : undefined;
}

/** The parts of a signature, or `undefined` where other signatures stand beside it. */
export function readParts(evidence: Evidence, knowledge: Knowledge): Parts | undefined {
  const place = placeOf(evidence, knowledge);
  if (place === undefined) return undefined;
  const { source, digest } = evidence;
  const { repository } = place;
  const referrers = knowledge.answer({ kind: "referrers", repository, digest: digest as Digest });
  const count = referrers?.state === "present" ? referrers.value.length : 0;
  if (count !== (source.tag === undefined ? 1 : 0)) return undefined;
  const root = knowledge.answer(trustedRoot);
  const blob =
    source.layout === "bundle"
      ? jsonOf(presentValue(knowledge, { kind: "blob", repository, digest: source.digest }))
      : undefined;
  return {
    evidence,
    annotations: { ...place.document.layers[0].annotations },
    bundle: blob,
    root: root?.state === "present" && root.value.form === "pinned" ? jsonOf(root.value.bytes) : undefined,
    image: digest as Digest,
  };
}

/** The world in which the signature is as its parts are now. `tag` is the image's. */
export class DamagedKnowledge implements Knowledge {
  readonly #inner: Knowledge;
  readonly #answers = new Map<string, Answer>();

  constructor(inner: Knowledge, parts: Parts, tag: { readonly repository: string; readonly tag: string }) {
    this.#inner = inner;
    const { source, digest } = parts.evidence;
    const place = placeOf(parts.evidence, inner);
    if (place === undefined) throw new Error("several signatures in one manifest");
    const { repository, document } = place;
    const put = (question: Question, value: unknown) =>
      this.#answers.set(questionText(question), {
        state: "present",
        value,
        at: "2026-11-23T00:00:00Z",
        from: "case",
      } as Answer);
    const [layer] = document.layers;
    if (parts.bundle !== undefined) {
      const bytes = encodeUtf8(JSON.stringify(parts.bundle));
      [layer.digest, layer.size] = [digestOf(bytes), bytes.length];
      put({ kind: "blob", repository, digest: layer.digest }, bytes);
    } else layer.annotations = parts.annotations;
    if (document.subject !== undefined) document.subject.digest = parts.image;
    const bytes = encodeUtf8(JSON.stringify(document));
    const manifest = digestOf(bytes);
    put({ kind: "manifest", repository, digest: manifest }, bytes);
    const described = (descriptor: Descriptor): Descriptor => ({ ...descriptor, digest: manifest, size: bytes.length });
    if (source.tag !== undefined) {
      const kind = source.tag.endsWith(".att") ? "attestation" : "signature";
      const value = presentValue(inner, { kind: "tag", repository, tag: source.tag }) as Descriptor;
      put({ kind: "tag", repository, tag: associatedTag(parts.image, kind) }, described(value));
    } else {
      const list = presentValue(inner, { kind: "referrers", repository, digest: digest as Digest }) as Descriptor[];
      put({ kind: "referrers", repository, digest: parts.image }, list.map(described));
    }
    if (parts.root !== undefined) put(trustedRoot, { form: "pinned", bytes: encodeUtf8(JSON.stringify(parts.root)) });
    const image = presentValue(inner, { kind: "tag", ...tag }) as Descriptor;
    put({ kind: "tag", ...tag }, { ...image, digest: parts.image });
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return (this.#answers.get(questionText(question)) as AnswerTo<Q> | undefined) ?? this.#inner.answer(question);
  }
}

/** An accepted case that one signature proved, and the tag of its image. */
export interface AcceptedCase {
  readonly id: string;
  readonly parts: Parts;
  readonly knowledge: Knowledge;
  readonly tag: { readonly repository: string; readonly tag: string };
}

/** Cases of one class are damaged alike: two of each are enough. */
const perClass = 2;

const classOf = ({ parts: { evidence } }: AcceptedCase): string =>
  JSON.stringify([
    evidence.source.layout,
    evidence.signer.kind,
    evidence.statement === undefined,
    evidence.logEntries.map(({ provenBy: proofs }) => proofs),
    evidence.times.map(({ source }) => source),
  ]);

const copyOf = ({ evidence, annotations, bundle, root, image }: Parts): Parts => ({
  evidence,
  annotations: { ...annotations },
  bundle: structuredClone(bundle),
  root: structuredClone(root),
  image,
});

/** Every damage to the cases, two of each class: how many, and those that `accepts` all the same. */
export function runDamages(
  cases: readonly AcceptedCase[],
  accepts: (id: string, knowledge: Knowledge) => boolean,
): { readonly count: number; readonly accepted: readonly { readonly id: string; readonly damage: string }[] } {
  const all = cases.map(({ parts }) => parts);
  const accepted: { id: string; damage: string }[] = [];
  let count = 0;
  for (const [damage, change] of Object.entries(damages)) {
    const done = new Map<string, number>();
    for (const one of cases) {
      const kind = classOf(one);
      const before = done.get(kind) ?? 0;
      if (before === perClass) continue;
      const parts = copyOf(one.parts);
      if (!change(parts, all)) continue;
      done.set(kind, before + 1);
      count += 1;
      if (accepts(one.id, new DamagedKnowledge(one.knowledge, parts, one.tag))) accepted.push({ id: one.id, damage });
    }
  }
  return { count, accepted };
}
