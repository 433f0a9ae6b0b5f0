/**
 * Verifications per second of one keyless v0.3 bundle: ours under both cryptographic adapters, and @sigstore/verify, interleaved in one run.
 * Each bundle is parsed from its JSON text every time, nothing is remembered between rounds but the trusted root, which both sides load once.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { TrustCache } from "../../core/trust/trust-cache.ts";
import { compileAttestor } from "../../core/verify/attestor.ts";
import { verifyBundle } from "../../core/verify/verify-bundle.ts";
import { nodeVerifier } from "../../proxy/crypto-node.ts";

const identity =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const issuer = "https://token.actions.githubusercontent.com";

export interface Material {
  readonly bundle: string;
  readonly artifact: Uint8Array;
  readonly trustedRoot: Uint8Array;
}

/** The conformance suite's keyless bundle and the production root, read from the vectors. */
export function readMaterial(vectors: string): Material {
  const suite = join(vectors, "sigstore-conformance/bundle-verify");
  return {
    bundle: readFileSync(join(suite, "happy-path-v0.3/bundle.sigstore.json"), "utf8"),
    artifact: new Uint8Array(readFileSync(join(suite, "a.txt"))),
    trustedRoot: new Uint8Array(readFileSync(join(vectors, "root-signing/targets/trusted_root.json"))),
  };
}

/** One verification by ours. */
export function ours({ bundle, artifact, trustedRoot }: Material, verifier: SignatureVerifier): () => void {
  const trust = new TrustCache(verifier);
  const expectation = compileAttestor({ keyless: { subject: identity, issuer } });
  const source = { form: "pinned", bytes: trustedRoot } as const;
  const now = new Date("2026-11-20T00:00:00Z");
  return () => {
    const { truth } = verifyBundle({ bundle, artifact: { bytes: artifact }, expectation, trustedRoot: source }, { now, verifier, trust });
    if (truth !== "proven") throw new Error("the bundle is not accepted");
  };
}

/** One verification by @sigstore/verify. */
export function theirs({ bundle, artifact, trustedRoot }: Material): () => void {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(Buffer.from(trustedRoot).toString("utf8")))));
  const content = Buffer.from(artifact);
  return () => {
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle)), content), { subjectAlternativeName: identity, extensions: { issuer } });
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

export const median = (values: readonly number[]): number => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;

/** Measures, and prints rates, ratios and where the time of one verification goes. */
export function runVerifyBenchmark(vectors: string, secondsPerRound: number, rounds: number, print: (line: string) => void): void {
  const ms = secondsPerRound * 1000;
  const material = readMaterial(vectors);
  const runs = { "ours, node": ours(material, nodeVerifier), "@sigstore/verify": theirs(material), "ours, noble": ours(material, nobleVerifier) };
  const rates: Record<string, number[]> = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (const run of Object.values(runs)) rate(run, ms / 2);
  for (let round = 0; round < rounds; round++) for (const [name, run] of Object.entries(runs)) rates[name]?.push(rate(run, ms));
  const medians = Object.entries(rates).map(([name, values]) => [name, median(values)] as const);
  for (const [name, value] of medians) print(`${name.padEnd(18)}${value.toFixed(0).padStart(7)} per second`);
  const [node = 0, reference = 1, noble = 1] = medians.map(([, value]) => value);
  print(`node over @sigstore/verify: ${(node / reference).toFixed(2)}`);
  print(`node over noble:            ${(node / noble).toFixed(2)}`);
  const meter = timed(nodeVerifier);
  const run = ours(material, meter);
  rate(run, ms / 4);
  meter.ms = 0;
  meter.calls = 0;
  const perSecond = rate(run, ms);
  const count = perSecond * (ms / 1000);
  const whole = 1000 / perSecond;
  const signatures = meter.ms / count;
  print(
    `one verification: ${whole.toFixed(3)} ms, of which ${signatures.toFixed(3)} ms in ${(meter.calls / count).toFixed(1)} signatures, ${(whole - signatures).toFixed(3)} ms in everything else`,
  );
}
