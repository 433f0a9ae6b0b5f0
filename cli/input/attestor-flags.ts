/**
 * cosign's flags that say who must have signed, and the attestor they stand for. Source:
 * docs/spec/sigstore.md#cosign-flags, docs/spec/command-line.md#flags-of-other-programs.
 */
import { type Command, Option } from "commander";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { AttestorSpec } from "../../core/verify/attestor.ts";
import { collect, type CommandIO } from "../command.ts";

/** The flags of {@link addAttestorOptions}, as commander gives them. */
export interface AttestorOptions {
  readonly key?: string;
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
  readonly certificateGithubWorkflowName?: string;
  readonly certificateGithubWorkflowRef?: string;
  readonly certificateGithubWorkflowRepository?: string;
  readonly certificateGithubWorkflowSha?: string;
  readonly certificateGithubWorkflowTrigger?: string;
  readonly certificateChain?: string;
  readonly caRoots?: string;
  readonly timestampCertificateChain?: string;
  readonly useSignedTimestamps?: boolean;
  readonly signatureDigestAlgorithm?: string;
  readonly rekorUrl?: string;
  readonly annotations?: readonly string[];
  readonly insecureIgnoreTlog?: boolean;
  readonly insecureIgnoreSct?: boolean;
  readonly checkClaims?: boolean;
  /** Of the knowledge flags: with it, cosign's variables for trust are not read. */
  readonly trustedRoot?: string;
}

const option = (flags: string, description: string): Option => new Option(flags, description);
/** gh's and slsa-verifier's spellings are accepted and not shown. */
const aliases: Readonly<Record<string, string>> = {
  "--cert-identity": "--certificate-identity",
  "--cert-identity-regex": "--certificate-identity-regexp",
  "--cert-oidc-issuer": "--certificate-oidc-issuer",
};

/** Adds cosign's flags, and what other tools call them. */
export function addAttestorOptions(command: Command): Command {
  command
    .option(
      "--key <ref>",
      "public key: a PEM file, env://NAME, or k8s://NAMESPACE/NAME and KMS references that the mirror has pinned",
    )
    .option("--certificate-identity <text>", "the exact identity of the certificate")
    .option("--certificate-identity-regexp <re2>", "a pattern for the identity")
    .option("--certificate-oidc-issuer <text>", "the exact OIDC issuer of the certificate")
    .option("--certificate-oidc-issuer-regexp <re2>", "a pattern for the issuer")
    .option("--certificate-github-workflow-name <text>", "the workflow's name")
    .option("--certificate-github-workflow-ref <text>", "the ref that the workflow ran for")
    .option("--certificate-github-workflow-repository <text>", "the repository of the workflow")
    .option("--certificate-github-workflow-sha <text>", "the commit of the workflow")
    .option("--certificate-github-workflow-trigger <text>", "what started the workflow")
    .option("--ca-roots <file>", "authorities in place of the trusted root's (PEM)")
    .option("--certificate-chain <file>", "the same, as a chain")
    .option("--timestamp-certificate-chain <file>", "timestamp authority in place of the trusted root's (PEM)")
    .option("--signature-digest-algorithm <hash>", "sha224, sha256, sha384 or sha512")
    .option("--rekor-url <url>", "the log to ask where a signature carries no entry")
    .option("-a, --annotations <name=value>", "a claim that must have been signed (repeatable)", collect)
    .option("--use-signed-timestamps", "require an RFC 3161 timestamp")
    .option("--insecure-ignore-tlog", "do not require a transparency log entry")
    .option("--insecure-ignore-sct", "do not require a signed certificate timestamp")
    .addOption(option("--check-claims", "claims are always checked").hideHelp())
    .addOption(option("--no-check-claims", "refused").hideHelp());
  for (const [alias, meant] of Object.entries(aliases))
    command.addOption(option(`${alias} <text>`, `as ${meant}`).hideHelp());
  return command;
}

/** The options with aliases folded into the names they stand for. */
export function foldAliases(options: Readonly<Record<string, unknown>>): AttestorOptions {
  const camel = (flag: string) =>
    flag.replace(/^--/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const folded: Record<string, unknown> = { ...options };
  for (const [alias, meant] of Object.entries(aliases)) folded[camel(meant)] ??= options[camel(alias)];
  return folded as AttestorOptions;
}

const usage = (message: string, subject?: string): EngineError =>
  new EngineError("invalid-usage", message, { subject });

/** `a=b,c=d` and repetitions. */
function readAnnotations(flags: readonly string[]): Readonly<Record<string, string>> {
  const pairs = flags
    .flatMap((flag) => flag.split(","))
    .map((text) => {
      const at = text.indexOf("=");
      if (at <= 0) throw usage(`unable to parse annotation: ${text}`, "--annotations");
      return [text.slice(0, at), text.slice(at + 1)] as const;
    });
  const wanted = Object.fromEntries(pairs);
  // cosign lets the last one win; both were asked for, and no signature has both.
  for (const [name, value] of pairs)
    if (wanted[name] !== value)
      throw usage(`annotation ${name} is given twice, with different values`, "--annotations");
  return wanted;
}

const schemes = /^(?:k8s|awskms|gcpkms|azurekms|hashivault):\/\//;

function readKey(reference: string, io: CommandIO): NonNullable<AttestorSpec["keys"]> {
  if (schemes.test(reference)) return { reference };
  const variable = /^env:\/\/(.+)$/.exec(reference)?.[1];
  if (variable !== undefined) {
    const pem = io.env[variable];
    if (pem === undefined)
      throw new EngineError("no-key", `the variable ${variable} is not set`, { subject: reference });
    return { pem };
  }
  const path = reference.replace(/^file:\/\//, "");
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(path))
    throw usage("a key is a file, env://NAME, k8s:// or a KMS reference", reference);
  return { pem: decodeUtf8(io.readFile(path)) };
}

function readIdentity(options: AttestorOptions): NonNullable<AttestorSpec["keyless"]> {
  const { certificateIdentity, certificateIdentityRegexp, certificateOidcIssuer, certificateOidcIssuerRegexp } =
    options;
  // cosign takes an empty text for none. Beside another flag it could only be meant as a restriction, so it is refused.
  for (const [flag, text] of Object.entries({
    certificateIdentity,
    certificateIdentityRegexp,
    certificateOidcIssuer,
    certificateOidcIssuerRegexp,
  }))
    if (text === "")
      throw usage(
        `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is empty: it would restrict nothing`,
      );
  if (certificateIdentity === undefined && certificateIdentityRegexp === undefined)
    throw usage(
      "--certificate-identity or --certificate-identity-regexp is required for verification in keyless mode, or --key",
    );
  if (certificateOidcIssuer === undefined && certificateOidcIssuerRegexp === undefined)
    throw usage(
      "--certificate-oidc-issuer or --certificate-oidc-issuer-regexp is required for verification in keyless mode",
    );
  const extensions = Object.entries({
    githubWorkflowName: options.certificateGithubWorkflowName,
    githubWorkflowRef: options.certificateGithubWorkflowRef,
    githubWorkflowRepository: options.certificateGithubWorkflowRepository,
    githubWorkflowSHA: options.certificateGithubWorkflowSha,
    githubWorkflowTrigger: options.certificateGithubWorkflowTrigger,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...(certificateIdentity === undefined ? {} : { subject: certificateIdentity }),
    ...(certificateIdentityRegexp === undefined ? {} : { subjectRegExp: certificateIdentityRegexp }),
    ...(certificateOidcIssuer === undefined ? {} : { issuer: certificateOidcIssuer }),
    ...(certificateOidcIssuerRegexp === undefined ? {} : { issuerRegExp: certificateOidcIssuerRegexp }),
    ...(extensions.length === 0 ? {} : { additionalExtensions: Object.fromEntries(extensions) }),
  };
}

/**
 * The attestor that the flags ask for; identity texts are meant exactly.
 * @throws EngineError `invalid-usage` when they ask for nobody, or for two things at once; `no-key`; `unsupported` for
 * `--check-claims=false`.
 */
export function readAttestor(options: AttestorOptions, io: CommandIO): AttestorSpec {
  if (options.checkClaims === false)
    throw new EngineError(
      "unsupported",
      "a signature whose claims are not checked is about nothing: --check-claims=false is refused",
    );
  const { key } = options;
  const read = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : decodeUtf8(io.readFile(path));
  const flagged = [options.caRoots, options.certificateChain].map(read).filter((text) => text !== undefined);
  // cosign's variables: what the flags do not name and no trusted root replaces.
  const fallback = (variable: string): string | undefined =>
    options.trustedRoot === undefined ? read(io.env[variable] || undefined) : undefined;
  const roots = flagged.length > 0 ? flagged.join("\n") : fallback("SIGSTORE_ROOT_FILE");
  const rekorKey = fallback("SIGSTORE_REKOR_PUBLIC_KEY");
  const ctKey = fallback("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE");
  const identityGiven = [options.certificateIdentity, options.certificateIdentityRegexp].some(
    (text) => text !== undefined,
  );
  if (key !== undefined && identityGiven)
    throw usage(
      "exactly one of: key reference (--key) or certificate identity (--certificate-identity or " +
        "--certificate-identity-regexp), must be provided",
    );
  const tsa = read(options.timestampCertificateChain) ?? fallback("SIGSTORE_TSA_CERTIFICATE_FILE");
  return {
    ...(key !== undefined
      ? { keys: readKey(key, io) }
      : { keyless: { ...readIdentity(options), ...(roots === undefined ? {} : { roots }) } }),
    rekor: {
      ignoreTlog: options.insecureIgnoreTlog === true,
      ...(options.rekorUrl === undefined ? {} : { url: options.rekorUrl }),
      ...(rekorKey === undefined ? {} : { pubKey: rekorKey }),
    },
    ctlog: {
      ignoreSCT: options.insecureIgnoreSct === true,
      ...(ctKey === undefined ? {} : { pubKey: ctKey }),
      ...(tsa === undefined ? {} : { tsaCertChain: tsa }),
    },
    ...(options.signatureDigestAlgorithm === undefined ? {} : { signatureAlgorithm: options.signatureDigestAlgorithm }),
    ...(options.annotations === undefined ? {} : { annotations: readAnnotations(options.annotations) }),
  };
}
