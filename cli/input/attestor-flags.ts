/**
 * cosign's flags that say who must have signed, turned into an attestor. Source: docs/spec/sigstore.md#cosign-flags,
 * docs/spec/command-line.md#flags-of-other-programs.
 */
import { type Command, Option } from "commander";
import { parsePublicKeysPem } from "../../core/crypto/public-key.ts";
import { EngineError } from "../../core/errors.ts";
import type { AttestorSpec } from "../../core/verify/attestor.ts";
import { readRoots, readTimestampChain } from "../../core/verify/policy-certificates.ts";
import { collect, type CommandIO } from "../command.ts";
import { fromEnvironment, type VariableName } from "../environment.ts";
import { asGiven, parsePublicKey, readGivenText, readPublicKey, type Wanted } from "./given-file.ts";
import type { Limits } from "../../core/limits.ts";
import { usage } from "./given-file.ts";

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
  readonly privateInfrastructure?: boolean;
  readonly insecureIgnoreSct?: boolean;
  readonly checkClaims?: boolean;
  /** Of the knowledge flags: with it, cosign's variables for trust are not read. */
  readonly trustedRoot?: string;
}

const option = (flags: string, description: string): Option => new Option(flags, description);
/** gh's and slsa-verifier's spellings are accepted, but not shown in help. */
const aliases: Readonly<Record<string, string>> = {
  "--cert-identity": "--certificate-identity",
  "--cert-identity-regex": "--certificate-identity-regexp",
  "--cert-oidc-issuer": "--certificate-oidc-issuer",
};

/** Adds cosign's flags, and other tools' spellings. */
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
    .option("--certificate-github-workflow-ref <text>", "the git ref of the workflow run")
    .option("--certificate-github-workflow-repository <text>", "the repository of the workflow")
    .option("--certificate-github-workflow-sha <text>", "the commit of the workflow")
    .option("--certificate-github-workflow-trigger <text>", "what started the workflow")
    .option("--ca-roots <file>", "authorities in place of the trusted root's (PEM)")
    .option("--certificate-chain <file>", "the same, as a chain")
    .option("--timestamp-certificate-chain <file>", "timestamp authority in place of the trusted root's (PEM)")
    .option("--signature-digest-algorithm <hash>", "sha224, sha256, sha384 or sha512")
    .option("--rekor-url <url>", "the log to ask if a signature carries no entry")
    .option("-a, --annotations <name=value>", "a claim that must have been signed (repeatable)", collect)
    .option("--use-signed-timestamps", "require an RFC 3161 timestamp")
    .option("--insecure-ignore-tlog", "do not require a transparency log entry")
    .option("--insecure-ignore-sct", "do not require a signed certificate timestamp")
    .addOption(option("--private-infrastructure", "as --insecure-ignore-tlog").hideHelp())
    .addOption(option("--check-claims", "claims are always checked").hideHelp())
    .addOption(option("--no-check-claims", "refused").hideHelp());
  for (const [alias, meant] of Object.entries(aliases))
    command.addOption(option(`${alias} <text>`, `as ${meant}`).hideHelp());
  return command;
}

/** The options, with aliases replaced by their names. @throws EngineError `invalid-usage` */
export function foldAliases(options: Readonly<Record<string, unknown>>): AttestorOptions {
  const camel = (flag: string) =>
    flag.replace(/^--/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const folded: Record<string, unknown> = { ...options };
  for (const [alias, meant] of Object.entries(aliases)) {
    const [one, other] = [options[camel(meant)], options[camel(alias)]];
    if (one !== undefined && other !== undefined && one !== other)
      throw usage(`${meant} and ${alias} are one flag, given with two values`, alias);
    folded[camel(meant)] = one ?? other;
  }
  return folded as AttestorOptions;
}

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
  // In cosign the last one wins. Here the user required both, and no signature can have both.
  for (const [name, value] of pairs)
    if (wanted[name] !== value)
      throw usage(`annotation ${name} is given twice, with different values`, "--annotations");
  return wanted;
}

const schemes = /^(?:k8s|awskms|gcpkms|azurekms|hashivault|openbao):\/\//;

function readKey(reference: string, io: CommandIO): NonNullable<AttestorSpec["keys"]> {
  if (schemes.test(reference)) return { reference };
  const variable = /^env:\/\/(.+)$/.exec(reference)?.[1];
  if (variable !== undefined) {
    const pem = io.env[variable];
    if (pem === undefined) throw usage(`the variable ${variable} is not set`, reference);
    parsePublicKey(reference, pem, io.limits, "--key");
    return { pem };
  }
  const path = reference.replace(/^file:\/\//, "");
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(path))
    throw usage("a key is a file, env://NAME, k8s:// or a KMS reference", reference);
  return { pem: readPublicKey(path, io, "--key").pem };
}

/** A file and what named it: a flag, or a variable of the environment. */
interface Named {
  readonly flag: string;
  readonly path: string | undefined;
}

/** The first that names a file. Those behind it are not looked at. */
function firstNamed(...named: readonly (() => Named)[]): Named {
  for (const look of named) {
    const found = look();
    if (found.path !== undefined) return found;
  }
  return { flag: "", path: undefined };
}

/** The text of a file, when one is named and `check` can read it. @throws EngineError `invalid-usage` */
function readPem(
  { flag, path }: Named,
  wanted: Wanted,
  check: (text: string, limits: Limits) => unknown,
  io: CommandIO,
): string | undefined {
  if (path === undefined) return undefined;
  const text = readGivenText(path, io, flag);
  asGiven({ path, content: text, limits: io.limits, flag }, wanted, () => check(text, io.limits));
  return text;
}

const readKeys = (text: string, limits: Limits): void => {
  if (parsePublicKeysPem(text, limits).length === 0) throw new EngineError("malformed", "no public key in PEM form");
};
const readCertificates = (text: string, limits: Limits): unknown => readRoots(text, "certificates", limits);

function readIdentity(options: AttestorOptions): NonNullable<AttestorSpec["keyless"]> {
  const { certificateIdentity, certificateIdentityRegexp, certificateOidcIssuer, certificateOidcIssuerRegexp } =
    options;
  // cosign ignores an empty text. Here it is refused: its author meant a restriction.
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

/** Flags about the certificate: beside a key they would restrict nothing. */
const certificateFlags = {
  certificateIdentity: "--certificate-identity",
  certificateIdentityRegexp: "--certificate-identity-regexp",
  certificateOidcIssuer: "--certificate-oidc-issuer",
  certificateOidcIssuerRegexp: "--certificate-oidc-issuer-regexp",
  certificateGithubWorkflowName: "--certificate-github-workflow-name",
  certificateGithubWorkflowRef: "--certificate-github-workflow-ref",
  certificateGithubWorkflowRepository: "--certificate-github-workflow-repository",
  certificateGithubWorkflowSha: "--certificate-github-workflow-sha",
  certificateGithubWorkflowTrigger: "--certificate-github-workflow-trigger",
  caRoots: "--ca-roots",
  certificateChain: "--certificate-chain",
} as const satisfies Partial<Record<keyof AttestorOptions, string>>;

/** @throws EngineError `invalid-usage` for two flags that exclude each other. */
function refuseContradictions(options: AttestorOptions): void {
  const given = Object.entries(certificateFlags).flatMap(([name, flag]) =>
    options[name as keyof typeof certificateFlags] === undefined ? [] : [flag],
  );
  if (options.key !== undefined && given.length > 0)
    throw usage(
      "exactly one of: key reference (--key) or certificate identity (--certificate-identity or " +
        `--certificate-identity-regexp), must be provided; beside --key is ${given.join(", ")}`,
      given[0],
    );
  for (const pair of [
    ["certificateIdentity", "certificateIdentityRegexp"],
    ["caRoots", "certificateChain"],
  ] as const)
    if (pair.every((name) => (options[name] ?? "") !== "")) {
      const [one, other] = pair.map((name) => certificateFlags[name]);
      throw usage(`${one} and ${other} exclude each other: give one of them`, other);
    }
}

/**
 * The attestor that the flags ask for. Identity texts are exact, not wildcards.
 * @throws EngineError `invalid-usage` when they name no signer or two, or a file that does not hold what it should;
 * `unsupported` for `--check-claims=false`.
 */
export function readAttestor(options: AttestorOptions, io: CommandIO): AttestorSpec {
  if (options.checkClaims === false)
    throw new EngineError(
      "unsupported",
      "--check-claims=false is refused: without claims a signature proves nothing about the image",
    );
  const { key } = options;
  refuseContradictions(options);
  // cosign's variables: what the flags do not name and no trusted root replaces.
  const fallback = (variable: VariableName): (() => Named) => {
    return () => ({
      flag: variable,
      path: options.trustedRoot === undefined ? fromEnvironment(variable, io) : undefined,
    });
  };
  const chain = firstNamed(
    () => ({ flag: "--ca-roots", path: options.caRoots }),
    () => ({ flag: "--certificate-chain", path: options.certificateChain }),
    ...(key === undefined ? [fallback("SIGSTORE_ROOT_FILE")] : []),
  );
  const roots = readPem(chain, { what: "a chain of certificates", form: "certificate" }, readCertificates, io);
  const logKey: Wanted = { what: "a log's public key", form: "public-key" };
  const rekorKey = readPem(fallback("SIGSTORE_REKOR_PUBLIC_KEY")(), logKey, readKeys, io);
  const ctKey = readPem(fallback("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE")(), logKey, readKeys, io);
  const tsa = readPem(
    firstNamed(
      () => ({ flag: "--timestamp-certificate-chain", path: options.timestampCertificateChain }),
      fallback("SIGSTORE_TSA_CERTIFICATE_FILE"),
    ),
    { what: "a timestamp authority's chain", form: "certificate" },
    (text) => readTimestampChain(text, io.limits),
    io,
  );
  return {
    ...(key !== undefined
      ? { keys: readKey(key, io) }
      : { keyless: { ...readIdentity(options), ...(roots === undefined ? {} : { roots }) } }),
    rekor: {
      ignoreTlog: options.insecureIgnoreTlog === true || options.privateInfrastructure === true,
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
