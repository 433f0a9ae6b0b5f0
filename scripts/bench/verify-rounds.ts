/**
 * Verifications per second of one keyless v0.3 bundle: ours under both cryptographic adapters, and @sigstore/verify,
 * interleaved in one run. Each bundle is parsed from its JSON text every time, nothing is remembered between rounds but
 * the trusted root, which both sides load once.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { parseBundle } from "../../core/cosign/bundle.ts";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { defaultLimits } from "../../core/limits.ts";
import { compileAttestor } from "../../core/verify/attestor.ts";
import { createImageVerifier } from "../../core/verify/image-verifier.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { median } from "./bench.ts";

export { nodeVerifier };

export const identity =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
export const issuer = "https://token.actions.githubusercontent.com";

export interface Material {
  readonly bundle: string;
  readonly artifact: Uint8Array;
  readonly trustedRoot: Uint8Array;
}

/**
 * Bundles of the conformance suite with their trusted roots: keyless v0.3 with a Rekor v1 entry, and with a Rekor v2
 * entry and a timestamp.
 */
export const cases = {
  "v0.3 keyless, Rekor v1": "happy-path-v0.3",
  "v0.3 keyless, Rekor v2": "rekor2-happy-path",
} as const;

export function filesOf(vectors: string, name: string): Readonly<Record<keyof Material, string>> {
  const suite = join(vectors, "sigstore-conformance/bundle-verify");
  const own = join(suite, name, "trusted_root.json");
  return {
    bundle: join(suite, name, "bundle.sigstore.json"),
    artifact: join(suite, "a.txt"),
    trustedRoot: existsSync(own) ? own : join(vectors, "root-signing/targets/trusted_root.json"),
  };
}

export function readMaterial(vectors: string, name: string = cases["v0.3 keyless, Rekor v1"]): Material {
  const files = filesOf(vectors, name);
  return {
    bundle: readFileSync(files.bundle, "utf8"),
    artifact: new Uint8Array(readFileSync(files.artifact)),
    trustedRoot: new Uint8Array(readFileSync(files.trustedRoot)),
  };
}

/** One verification by ours. */
export function ours({ bundle, artifact, trustedRoot }: Material, verifier: SignatureVerifier): () => void {
  const images = createImageVerifier({ crypto: verifier, limits: defaultLimits });
  const expectation = compileAttestor({ keyless: { subject: identity, issuer } }, { limits: defaultLimits });
  const source = { form: "pinned", bytes: trustedRoot } as const;
  const now = new Date("2026-11-20T00:00:00Z");
  return () => {
    const { truth } = images.verifyBundle(
      { bundle, artifact: { bytes: artifact }, expectation, trustedRoot: source },
      now,
    );
    if (truth !== "proven") throw new Error("the bundle is not accepted");
  };
}

/** One verification by @sigstore/verify. */
export function theirs({ bundle, artifact, trustedRoot }: Material): () => void {
  const verifier = new Verifier(
    toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(Buffer.from(trustedRoot).toString("utf8")))),
  );
  const content = Buffer.from(artifact);
  return () => {
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle)), content), {
      subjectAlternativeName: identity,
      extensions: { issuer },
    });
  };
}

/** A verifier that adds up what its calls cost. */
export function timed(inner: SignatureVerifier): SignatureVerifier & { ms: number; calls: number } {
  const meter = {
    name: inner.name,
    ms: 0,
    calls: 0,
    verify: (...parameters: Parameters<SignatureVerifier["verify"]>): boolean => {
      const start = performance.now();
      const holds = inner.verify(...parameters);
      meter.ms += performance.now() - start;
      meter.calls += 1;
      return holds;
    },
  };
  return meter;
}

/** Runs `run` for about `ms` milliseconds. Returns runs per second. */
export function rate(run: () => void, ms: number): number {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  while (elapsed < ms) {
    run();
    count += 1;
    elapsed = performance.now() - start;
  }
  return (count * 1000) / elapsed;
}

/** How many times the time of `JSON.parse` reading a bundle takes: interleaved, the median of the rounds. */
export function measureParsing(
  vectors: string,
  name: keyof typeof cases,
  secondsPerRound: number,
  rounds: number,
): number {
  const { bundle } = readMaterial(vectors, cases[name]);
  const ms = secondsPerRound * 250;
  const ratios = Array.from({ length: rounds + 1 }, () => {
    const plain = rate(() => void JSON.parse(bundle), ms);
    return plain / rate(() => void parseBundle(bundle, defaultLimits), ms);
  });
  // The first round measures the compiler.
  return median(ratios.slice(1));
}

export interface VerifyFigures {
  readonly name: string;
  /** Runs per second. */
  readonly node: number;
  readonly noble: number;
  readonly peer: number;
  /** Milliseconds of one verification with the Node adapter, and how many of them its signatures take. */
  readonly whole: number;
  readonly signatures: number;
  readonly signatureCount: number;
}

/** Measures one case; the three are interleaved, and the medians of their rounds compared. */
export function measureVerify(
  vectors: string,
  name: keyof typeof cases,
  secondsPerRound: number,
  rounds: number,
): VerifyFigures {
  const ms = secondsPerRound * 1000;
  const material = readMaterial(vectors, cases[name]);
  const runs = { node: ours(material, nodeVerifier), peer: theirs(material), noble: ours(material, nobleVerifier) };
  const rates: Record<keyof typeof runs, number[]> = { node: [], peer: [], noble: [] };
  const names = ["node", "peer", "noble"] as const;
  for (const run of names) rate(runs[run], ms / 2);
  for (let round = 0; round < rounds; round++) for (const run of names) rates[run].push(rate(runs[run], ms));
  const meter = timed(nodeVerifier);
  const run = ours(material, meter);
  rate(run, ms / 4);
  meter.ms = 0;
  meter.calls = 0;
  const perSecond = rate(run, ms);
  const count = perSecond * secondsPerRound;
  return {
    name,
    node: median(rates.node),
    noble: median(rates.noble),
    peer: median(rates.peer),
    whole: 1000 / perSecond,
    signatures: meter.ms / count,
    signatureCount: meter.calls / count,
  };
}
