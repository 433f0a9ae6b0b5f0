/** Our verdict on what the lab made: the verifier for images and bundles, and the engine under a policy. */
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { createEngine, type Decision, type EngineOptions } from "../../core/decide/engine.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import { defaultLimits, type Limits } from "../../core/limits.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { proven, type Verification } from "../../core/verdict.ts";
import { type AttestorOptions, type AttestorSpec, compileAttestor } from "../../core/verify/attestor.ts";
import type { Evidence } from "../../core/verify/evidence.ts";
import { createImageVerifier, type ImageVerifier } from "../../core/verify/image-verifier.ts";
import type { ImageRequest } from "../../core/verify/verify-image.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { remembered } from "./remembered.ts";
import type { Signed } from "./sign.ts";
import type { Json } from "./trusted-root.ts";

/** Both adapters of the verifier port. */
export const portableVerifier = remembered(nobleVerifier);
export const fastVerifier = remembered(nodeVerifier);
export const verifiers: readonly SignatureVerifier[] = [portableVerifier, fastVerifier];

/** Trusted roots are compiled once for each content: most of what is made has the same one. */
const imageVerifiers: ReadonlyMap<SignatureVerifier, ImageVerifier> = new Map(
  verifiers.map((crypto) => [crypto, createImageVerifier({ crypto, limits: defaultLimits })]),
);

export interface Asked {
  /** In place of the attestor that the right artefact satisfies, or made of it. */
  readonly attestor?: AttestorSpec | ((spec: AttestorSpec) => AttestorSpec);
  readonly options?: Omit<AttestorOptions, "limits">;
  readonly knowledge?: Knowledge;
  readonly now?: Date;
  readonly layouts?: Pick<ImageRequest, "layouts" | "signatureRepository">;
  /** Bytes of the file, or its digest alone. */
  readonly artifact?: { readonly bytes: Uint8Array } | { readonly digest: Signed["digest"] };
  readonly limits?: Partial<Limits>;
}

const attestorOf = ({ attestor }: Signed, asked: Asked["attestor"]): AttestorSpec =>
  typeof asked === "function" ? asked(attestor) : (asked ?? attestor);

function imageVerifierOf(crypto: SignatureVerifier, { limits }: Asked): ImageVerifier {
  const known = limits === undefined ? imageVerifiers.get(crypto) : undefined;
  return known ?? createImageVerifier({ crypto, limits: { ...defaultLimits, ...limits } });
}

/** The verdict on a file's bundle or on an image, by the recipe's claim. Nothing is remembered. */
export function verify(signed: Signed, crypto: SignatureVerifier, asked: Asked = {}): Verification<Evidence> {
  const expectation = compileAttestor(attestorOf(signed, asked.attestor), { limits: defaultLimits, ...asked.options });
  const verifier = imageVerifierOf(crypto, asked);
  const now = asked.now ?? signed.lab.now;
  if (signed.recipe.layout === "file") {
    const artifact = asked.artifact ?? { bytes: signed.artifact };
    const trustedRoot = { form: "pinned", bytes: signed.trustedRoot } as const;
    return verifier.verifyBundle({ bundle: signed.bundle ?? "", artifact, expectation, trustedRoot }, now);
  }
  const request: ImageRequest = {
    image: signed,
    expectation,
    layouts: "all",
    ...asked.layouts,
    ...(signed.recipe.claim === "attestation" ? { predicateType: signed.predicateType } : {}),
  };
  const decision = verifier.open(asked.knowledge ?? signed.knowledge, now);
  const { verification } = decision.verify(request, { useCache: false });
  if (verification.truth !== "proven") return verification;
  const [first] = verification.evidence;
  if (first === undefined) throw new Error("proven, and by nothing");
  return proven(first.evidence);
}

/** `proven`, or the codes of what refuted it or left it open. */
export function outcome(verification: Verification<unknown>): string {
  return verification.truth === "proven"
    ? "proven"
    : `${verification.truth}: ${[...new Set(verification.failures.map(({ code }) => code))].join(", ")}`;
}

/** {@link verify} under both adapters, which must agree. */
export function verdict(signed: Signed, asked: Asked = {}): string {
  const [first, second] = verifiers.map((verifier) => outcome(verify(signed, verifier, asked)));
  if (first !== second) throw new Error(`adapters disagree: ${first}; ${second}`);
  return first ?? "";
}

/** The attestor as a policy writes it. */
function policyAttestor({ keys, certificates, keyless, rekor, ctlog, annotations }: AttestorSpec): Json {
  const log = {
    ...(rekor === undefined
      ? {}
      : {
          rekor: { url: rekor.url ?? "https://rekor.lab.example", pubkey: rekor.pubKey, ignoreTlog: rekor.ignoreTlog },
        }),
    ...(ctlog === undefined
      ? {}
      : { ctlog: { ignoreSCT: ctlog.ignoreSCT, pubkey: ctlog.pubKey, tsaCertChain: ctlog.tsaCertChain } }),
  };
  const named = annotations === undefined ? {} : { annotations };
  if (keys !== undefined)
    return {
      keys: { publicKeys: keys.pem ?? keys.reference, signatureAlgorithm: keys.signatureAlgorithm, ...log },
      ...named,
    };
  if (certificates !== undefined) return { certificates: { ...certificates, ...log }, ...named };
  return { keyless: { ...keyless, ...log }, ...named };
}

export interface Judged extends Asked {
  readonly policy?: (policy: Json) => Json;
  readonly pod?: (pod: Json) => Json;
  readonly engine?: Partial<EngineOptions>;
}

/** A policy that asks of every image what the recipe's signer satisfies. */
export function policyFor(signed: Signed, asked: Judged = {}): Json {
  const attestor = policyAttestor(attestorOf(signed, asked.attestor));
  const entry = {
    type: signed.recipe.layout === "bundle" ? "SigstoreBundle" : "Cosign",
    imageReferences: ["*"],
    mutateDigest: true,
    verifyDigest: true,
    required: true,
    ...(signed.recipe.claim === "attestation"
      ? { attestations: [{ type: signed.predicateType, attestors: [{ entries: [attestor] }] }] }
      : { attestors: [{ entries: [attestor] }] }),
  };
  const policy = {
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "lab" },
    spec: {
      validationFailureAction: "Enforce",
      webhookTimeoutSeconds: 30,
      rules: [{ name: "verify", match: { any: [{ resources: { kinds: ["Pod"] } }] }, verifyImages: [entry] }],
    },
  };
  return asked.policy?.(policy) ?? policy;
}

/** The engine's decision on a Pod with the image. */
export function decide(signed: Signed, verifier: SignatureVerifier, asked: Judged = {}): Decision {
  const { policies, errors } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(signed, asked)) }]);
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "app", namespace: "default" },
    spec: { containers: [{ name: "app", image: `${signed.repository}:${signed.tag}` }] },
  };
  const engine = createEngine({ policies, crypto: verifier, ...asked.engine });
  return engine.decide(
    requestFor(asked.pod?.(pod) ?? pod),
    asked.knowledge ?? signed.knowledge,
    asked.now ?? signed.lab.now,
  );
}
