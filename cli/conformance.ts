#!/usr/bin/env node
/**
 * The client that the Sigstore conformance suite runs: `verify-bundle [--staging] --bundle FILE (--certificate-identity
 * ID --certificate-oidc-issuer URL | --key PEM) [--trusted-root FILE] FILE_OR_DIGEST`; exit code 0 when the bundle
 * verifies. Source: sigstore-conformance (the command line protocol).
 */
import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { type AttestorSpec, compileAttestor, createImageVerifier, defaultLimits, EngineError } from "../core/index.ts";
import { isDigest } from "../core/crypto/digest.ts";
import { publicGoodTrustedRoot } from "../core/trust/public-good.ts";
import { nodeVerifier } from "../proxy/host/node-verifier.ts";

interface VerifyOptions {
  readonly bundle: string;
  readonly certificateIdentity?: string;
  readonly certificateOidcIssuer?: string;
  readonly key?: string;
  readonly trustedRoot?: string;
  readonly staging?: boolean;
}

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

/** @throws EngineError `invalid-usage` */
function attestorOf({ key, certificateIdentity, certificateOidcIssuer }: VerifyOptions): AttestorSpec {
  if (key !== undefined) return { keys: { pem: readFileSync(key, "utf8").trim() } };
  // An empty text would restrict nothing, so it is refused.
  if (!certificateIdentity || !certificateOidcIssuer)
    throw new EngineError("invalid-usage", "either --key, or --certificate-identity with --certificate-oidc-issuer");
  return { keyless: { subject: certificateIdentity, issuer: certificateOidcIssuer } };
}

/** A path wins over a digest: the suite guarantees that a digest is never a path. */
const artifactOf = (text: string) => (!existsSync(text) && isDigest(text) ? { digest: text } : { bytes: read(text) });

/** The reason of a refusal, or nothing. */
function verify(artifact: string, options: VerifyOptions): string | undefined {
  if (options.staging === true && options.trustedRoot === undefined)
    throw new EngineError("unsupported", "the staging instance's trusted root is not built in; give --trusted-root", {
      subject: "--staging",
    });
  const verification = createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits }).verifyBundle(
    {
      bundle: read(options.bundle),
      artifact: artifactOf(artifact),
      expectation: compileAttestor(attestorOf(options), { identityTexts: "exact", limits: defaultLimits }),
      trustedRoot: {
        form: "pinned",
        bytes: options.trustedRoot === undefined ? publicGoodTrustedRoot() : read(options.trustedRoot),
      },
    },
    new Date(),
  );
  return verification.truth === "proven"
    ? undefined
    : verification.failures.map(({ code, check, reason }) => `[${code}] ${check}: ${reason}`).join("\n");
}

const program = new Command("conformance").description("client of the Sigstore conformance suite");
program
  .command("verify-bundle")
  .argument("<artifact>", "the file, or sha256:HEX")
  .requiredOption("--bundle <file>", "the bundle")
  .option("--staging", "the staging instance; needs --trusted-root")
  .option("--certificate-identity <identity>", "the expected subject, exactly")
  .option("--certificate-oidc-issuer <url>", "the expected issuer, exactly")
  .option("--key <file>", "a public key")
  .option("--trusted-root <file>", "a trusted_root.json (default: that of the public-good instance)")
  .action((artifact: string, options: VerifyOptions) => {
    try {
      const refused = verify(artifact, options);
      if (refused === undefined) return;
      process.stderr.write(`${refused}\n`);
    } catch (error) {
      process.stderr.write(`${error instanceof EngineError ? `[${error.code}] ${error.message}` : String(error)}\n`);
    }
    process.exitCode = 1;
  });
program.parse();
