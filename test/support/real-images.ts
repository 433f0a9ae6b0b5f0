/**
 * Real images of other projects, and what both verifiers say about them. Source: slsa-framework/slsa-verifier,
 * sse-secure-systems/connaisseur, openshift/oc-mirror (images), sigstore/root-signing (trust).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { defaultLimits } from "../../core/limits.ts";
import type { Verification } from "../../core/verdict.ts";
import { type AttestorSpec, compileAttestor } from "../../core/verify/attestor.ts";
import { createImageVerifier } from "../../core/verify/image-verifier.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { remembered } from "../lab/remembered.ts";
import { connaisseurImages, type SignedImage, type SlsaVersion, slsaContainer } from "./images.ts";
import { vectorsDir } from "./vectors.ts";
import { instead, insteadPresent } from "./instead.ts";

export const vectors = vectorsDir();
export const now = new Date("2026-11-23T00:00:00Z");
export const provenance = "https://slsa.dev/provenance/v0.2";
export const github = "https://token.actions.githubusercontent.com";
const generator = "https://github.com/slsa-framework/slsa-github-generator";
export const workflow = (version: string): string =>
  `${generator}/.github/workflows/generator_container_slsa3.yml@refs/tags/${version}`;

const verifiers = [nobleVerifier, nodeVerifier].map((crypto) =>
  createImageVerifier({ crypto: remembered(crypto), limits: defaultLimits }),
);

/** `root` in place of the production root; `null`: none. */
export function withTrust(knowledge: Knowledge, root: Uint8Array | null): Knowledge {
  const origin = { at: "2026-01-01T00:00:00Z", from: "test" };
  if (root === null) return instead(knowledge, "trusted-root");
  return insteadPresent(knowledge, "trusted-root", { form: "pinned", bytes: root }, origin);
}

export const productionRoot = (): Uint8Array =>
  new Uint8Array(readFileSync(join(vectors ?? "", "root-signing/targets/trusted_root.json")));

interface Given {
  readonly type?: string;
  readonly root?: Uint8Array | null;
}

/** What both verifiers say; they must agree. */
export function judge(
  image: SignedImage,
  spec: AttestorSpec,
  purpose: "signature" | "attestation",
  { type = provenance, root = productionRoot() }: Given = {},
): Verification<unknown> {
  const outcomes = verifiers.map((verifier) => {
    const decision = verifier.open(withTrust(image.knowledge, root), now);
    const request = { image, expectation: compileAttestor(spec, { limits: defaultLimits }), layouts: "all" } as const;
    return decision.verify(purpose === "signature" ? request : { ...request, predicateType: type }).verification;
  });
  assert.equal(JSON.stringify(outcomes[0]), JSON.stringify(outcomes[1]), "the verifiers agree");
  return outcomes[0] as Verification<unknown>;
}

export const accepts = (verification: Verification<unknown>): void =>
  assert.is(verification.truth, "proven", JSON.stringify(verification));

export function gives(code: ErrorCode, verification: Verification<unknown>): void {
  assert.not.equal(verification.truth, "proven");
  if (verification.truth !== "proven")
    assert.is(
      verification.failures.toSorted((a, b) => b.stage - a.stage)[0]?.code,
      code,
      JSON.stringify(verification.failures),
    );
}

export const keyless = (
  version: string,
  changes: Partial<NonNullable<AttestorSpec["keyless"]>> = {},
): AttestorSpec => ({
  keyless: { subject: workflow(version), issuer: github, ...changes },
});
export const keyed = (pem: string, changes: Partial<AttestorSpec> = {}): AttestorSpec => ({
  keys: { pem },
  rekor: { ignoreTlog: true },
  ...changes,
});

export const slsa = (version: SlsaVersion = "v1.9.0"): SignedImage =>
  slsaContainer(version, { complete: ["ghcr.io"], limits: defaultLimits }) as SignedImage;

const connaisseur = connaisseurImages();
export const signed = (tag: string): SignedImage =>
  connaisseur?.images.find((image) => image.tag === tag) as SignedImage;

/** The keys of Connaisseur's signers, alice and bob. */
export const [alice = "", bob = ""] =
  vectors === undefined
    ? []
    : (
        readFileSync(join(vectors, "images/connaisseur/01_cosign.yaml"), "utf8").match(
          /-----BEGIN[\s\S]*?-----END PUBLIC KEY-----/g,
        ) ?? []
      ).map((pem) => pem.replace(/^ +/gm, ""));
