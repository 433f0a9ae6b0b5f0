/**
 * The Sigstore conformance suite's bundle verification, in process: every directory by path and by digest. Source:
 * sigstore-conformance `test/assets/bundle-verify`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import type { Verification } from "../../core/verdict.ts";
import { attempt } from "../../core/verify/attempt.ts";
import { compileAttestor } from "../../core/verify/attestor.ts";
import type { Evidence } from "../../core/verify/evidence.ts";
import { defaultLimits } from "../../core/limits.ts";
import { createImageVerifier } from "../../core/verify/image-verifier.ts";

export interface ConformanceRow {
  /** Directory and mode. */
  readonly name: string;
  readonly expected: "accept" | "refuse";
  readonly actual: "accept" | "refuse";
  /** The first failure's code and reason. */
  readonly why: string;
}

export interface ConformanceReport {
  readonly passed: number;
  readonly failed: number;
  readonly list: readonly ConformanceRow[];
}

export interface ConformanceOptions {
  /** `bundle-verify` of the suite. */
  readonly folder: string;
  /** `trusted_root.json` of the production instance. */
  readonly productionRoot: Uint8Array;
  readonly verifier: SignatureVerifier;
  readonly now: Date;
}

const defaultIdentity =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const defaultIssuer = "https://token.actions.githubusercontent.com";

export interface ClientCall {
  /** Directory and mode. */
  readonly name: string;
  readonly words: readonly string[];
  /** The folder that relative paths are below. */
  readonly cwd: string;
}

/** The command lines that the suite gives to a client, by path and by digest. */
export function conformanceArguments(folder: string): readonly ClientCall[] {
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  return names.sort().flatMap((name) => {
    const has = (path: string): boolean => existsSync(join(folder, name, path));
    const text = (path: string, otherwise: string): string =>
      has(path) ? readFileSync(join(folder, name, path), "utf8").trim() : otherwise;
    const artifact = has("artifact") ? `${name}/artifact` : "a.txt";
    const signer = has("key.pub")
      ? ["--key", `${name}/key.pub`]
      : [
          "--certificate-identity",
          text("identity", defaultIdentity),
          "--certificate-oidc-issuer",
          text("issuer", defaultIssuer),
        ];
    const words = [
      "verify-bundle",
      "--bundle",
      `${name}/bundle.sigstore.json`,
      ...signer,
      ...(has("trusted_root.json") ? ["--trusted-root", `${name}/trusted_root.json`] : []),
    ];
    const digest = digestOf(new Uint8Array(readFileSync(join(folder, artifact))));
    return [
      { name: `${name} by path`, words: [...words, artifact], cwd: folder },
      { name: `${name} by digest`, words: [...words, digest], cwd: folder },
    ];
  });
}

/** Runs the suite. Nothing but an `EngineError` or a verdict may come of any case. */
export function runSigstoreConformance({
  folder,
  productionRoot,
  verifier,
  now,
}: ConformanceOptions): ConformanceReport {
  const images = createImageVerifier({ crypto: verifier, limits: defaultLimits });
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  const list = names.sort().flatMap((name) => {
    const file = (path: string): Uint8Array | undefined =>
      existsSync(join(folder, name, path)) ? new Uint8Array(readFileSync(join(folder, name, path))) : undefined;
    const text = (path: string): string | undefined => {
      const bytes = file(path);
      return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8").trim();
    };
    const artifact = file("artifact") ?? new Uint8Array(readFileSync(join(folder, "a.txt")));
    const key = text("key.pub");
    const modes = { path: { bytes: artifact }, digest: { digest: digestOf(artifact) } };
    return Object.entries(modes).map(([mode, given]): ConformanceRow => {
      const outcome = attempt(() =>
        images.verifyBundle(
          {
            bundle: file("bundle.sigstore.json") ?? new Uint8Array(),
            artifact: given,
            expectation: compileAttestor(
              key === undefined
                ? { keyless: { subject: text("identity") ?? defaultIdentity, issuer: text("issuer") ?? defaultIssuer } }
                : { keys: { pem: key } },
              { identityTexts: "exact", limits: defaultLimits },
            ),
            trustedRoot: { form: "pinned", bytes: file("trusted_root.json") ?? productionRoot },
          },
          now,
        ),
      );
      const accepted = outcome.ok && outcome.value.truth === "proven";
      return {
        name: `${name} by ${mode}`,
        expected: name.endsWith("_fail") ? "refuse" : "accept",
        actual: accepted ? "accept" : "refuse",
        why: outcome.ok ? reasonOf(outcome.value) : `[${outcome.error.code}] ${outcome.error.message}`,
      };
    });
  });
  const failed = list.filter((row) => row.expected !== row.actual).length;
  return { passed: list.length - failed, failed, list };
}

function reasonOf(verification: Verification<Evidence>): string {
  if (verification.truth === "proven") return "";
  const [first] = verification.failures;
  if (first === undefined) throw new EngineError("malformed", "a verification that fails for no reason");
  return `[${first.code}] ${first.check}: ${first.reason}`;
}
