/**
 * Flags of cosign 3.1 and Kyverno 1.19 that have no effect here: accepted where no answer that can be given depends on
 * them, else refused with what does the same. Source:
 * docs/spec/command-line.md#flags-of-other-programs.
 */
import { type Command, Option } from "commander";
import { EngineError } from "../../core/errors.ts";
import { collect } from "../command.ts";

/** `does`: without a network. `dialling`: in a program that asks registries, logs or clusters. */
export interface OtherFlag {
  /** As commander writes it. */
  readonly flags: string;
  readonly does: "accepted" | "refused";
  readonly dialling: "accepted" | "refused" | "effect";
  /** What to use in place of a refused flag. */
  readonly instead?: string;
  /** The command defines it itself, with its effect for those who may ask. */
  readonly own?: boolean;
  /** It is refused only where it is set to false. */
  readonly whenFalse?: boolean;
}

const accepted = (...flags: readonly string[]): readonly OtherFlag[] =>
  flags.map((one) => ({ flags: one, does: "accepted", dialling: "accepted" }));
const dialling = (...flags: readonly string[]): readonly OtherFlag[] =>
  flags.map((one) => ({ flags: one, does: "accepted", dialling: "effect" }));
const own = (...flags: readonly string[]): readonly OtherFlag[] =>
  flags.map((one) => ({ flags: one, does: "accepted", dialling: "effect", own: true }));
const refused = (instead: string, ...flags: readonly string[]): readonly OtherFlag[] =>
  flags.map((one) => ({ flags: one, does: "refused", dialling: "refused", instead }));

const toRegistry: readonly OtherFlag[] = [
  ...own(
    "--k8s-keychain",
    "--allow-http-registry",
    "--allow-insecure-registry",
    "--registry-cacert <file>",
    "--registry-client-cert <file>",
    "--registry-client-key <file>",
    "--registry-password <text>",
    "--registry-server-name <name>",
    "--registry-token <text>",
    "--registry-username <name>",
    "-t, --timeout <span>",
    "-d, --verbose",
  ),
  ...refused("redirect stderr in the shell", "--output-file <file>"),
  ...refused("name the repository with the variable COSIGN_REPOSITORY", "--attachment-tag-prefix <text>"),
];
const toVerify: readonly OtherFlag[] = [
  ...toRegistry,
  ...own("--max-workers <count>"),
  ...accepted("--experimental-oci11"),
  {
    flags: "--new-bundle-format",
    does: "accepted",
    dialling: "accepted",
    whenFalse: true,
    instead: "signatures count in whatever layout they are",
  },
  ...refused("export the token's public key, and give that file with --key", "--sk", "--slot <name>"),
  ...refused("a policy names the certificate (certificates.cert): sallyport apply", "--certificate <file>"),
  ...refused("one file with the intermediates and their root: --certificate-chain FILE", "--ca-intermediates <file>"),
  ...refused("authorities are given with --trusted-root, not by a bundle", "--allow-certificate-chain"),
  ...refused("timestamps of a certificate log are read from the certificate", "--sct <file>"),
];
const ofImage: readonly OtherFlag[] = [
  ...refused("an SBOM is an attestation: sallyport verify-attestation --type spdxjson", "--attachment <name>"),
  ...refused("attach it to the image, and give the layout with --layout", "--payload <file>", "--signature <file>"),
];
const ofAttestation: readonly OtherFlag[] = refused(
  "CUE and Rego are not evaluated; write the conditions in a Kyverno policy: sallyport apply",
  "--policy <file>",
);

/** klog's, which every command of Kyverno has. */
const logging: readonly OtherFlag[] = accepted(
  "-v, --v <level>",
  "--vmodule <list>",
  "--add_dir_header",
  "--alsologtostderr",
  "--alsologtostderrthreshold <level>",
  "--legacy_stderr_threshold_behavior",
  "--log_backtrace_at <place>",
  "--log_dir <folder>",
  "--log_file <file>",
  "--log_file_max_size <size>",
  "--logtostderr",
  "--one_output",
  "--skip_headers",
  "--skip_log_headers",
  "--stderrthreshold <level>",
);

const files = "policies are read from files, not from a network";
const toApply: readonly OtherFlag[] = [
  ...own("--registry", "--kubeconfig <file>", "--context <name>", "-n, --namespace <name>", "-c, --cluster"),
  ...dialling("--cluster-wide-resources", "--concurrent <count>", "--batch-size <count>", "--continue-on-error"),
  ...accepted("--remove-color", "--crd-paths <path>", "--crd-path <path>", "--show-performance"),
  ...accepted("--username <name>", "--password <text>", "--generated-exception-ttl <span>"),
  ...refused(`${files}: git clone, and name the folder`, "-b, --git-branch <branch>"),
  ...refused("only resources of Kubernetes are judged: -r FILE", "--json <file>", "--http-payload <file>"),
  ...refused("only resources of Kubernetes are judged: -r FILE", "--envoy-payload <file>"),
  ...refused("only image verification is evaluated: kyverno apply", "--target-resource <file>"),
  ...refused("only image verification is evaluated: kyverno apply", "--target-resources <folder>"),
  ...refused("only image verification is evaluated: kyverno apply", "--parameter-resource <file>"),
  ...refused("only image verification is evaluated: kyverno apply", "--context-file <file>"),
  ...refused("write the patched resources to a file: -o FILE", "-i, --stdin"),
  ...refused("write an exception by hand, and check it with sallyport policy check", "--generate-exceptions"),
];
const toTest: readonly OtherFlag[] = [
  ...own("--registry"),
  ...accepted("--remove-color"),
  ...refused(`${files}: git clone, and name the folder`, "-b, --git-branch <branch>"),
];

/** By the command that has them. */
export const otherFlags = {
  verify: [...toVerify, ...ofImage],
  "verify-attestation": [...toVerify, ...ofAttestation],
  apply: [...toApply, ...logging],
  test: [...toTest, ...logging],
  jp: logging,
  tree: [...toRegistry, ...accepted("--experimental-oci11", "--registry-referrers-mode <mode>")],
  download: [...toRegistry, ...refused("name the digest of the platform's image", "--platform <platform>")],
} as const satisfies Record<string, readonly OtherFlag[]>;

/** The flags of cosign that have effect here, beside those above. Each has a variable, as in cosign. */
const effective: readonly string[] = [
  ...["--annotations", "--ca-roots", "--certificate-chain", "--certificate-github-workflow-name"],
  ...["--certificate-github-workflow-ref", "--certificate-github-workflow-repository"],
  ...["--certificate-github-workflow-sha", "--certificate-github-workflow-trigger", "--certificate-identity"],
  ...["--certificate-identity-regexp", "--certificate-oidc-issuer", "--certificate-oidc-issuer-regexp"],
  ...["--check-claims", "--insecure-ignore-sct", "--insecure-ignore-tlog", "--key", "--local-image", "--offline"],
  ...["--output", "--private-infrastructure", "--rekor-url", "--signature-digest-algorithm"],
  ...["--timestamp-certificate-chain", "--trusted-root", "--type", "--use-signed-timestamps"],
];

const longOf = (flags: string): string => /--[\w-]+/.exec(flags)?.[0] ?? flags;

/** All flags of cosign's two commands, by their long names. */
export const cosignFlags: readonly string[] = [
  ...new Set([...effective, ...[...toVerify, ...ofImage, ...ofAttestation].map(({ flags }) => longOf(flags))]),
];

/** Adds the flags, hidden, and one paragraph about them to the help. A refused flag is refused before the action. */
export function addOtherFlags(command: Command, rows: readonly OtherFlag[]): Command {
  for (const { flags, whenFalse, own: isOwn } of rows) {
    if (isOwn === true) continue;
    const option = new Option(flags).hideHelp();
    command.addOption(/[<[]/.test(flags) ? option.argParser(collect) : option);
    if (whenFalse === true) command.addOption(new Option(longOf(flags).replace("--", "--no-")).hideHelp());
  }
  const named = (does: OtherFlag["does"]): string =>
    rows
      .filter((row) => row.does === does && row.own !== true)
      .map(({ flags }) => longOf(flags))
      .join(", ");
  const refusals = named("refused");
  command.addHelpText(
    "after",
    `Accepted without effect, with --online too: ${named("accepted")}\n` +
      (refusals === "" ? "" : `\nRefused, each with what does the same: ${refusals}\n`),
  );
  return command.hook("preAction", (_, called) => refuse(called, rows));
}

function refuse(command: Command, rows: readonly OtherFlag[]): void {
  for (const { flags, does, whenFalse, instead = "" } of rows) {
    const option = command.options.find(({ long }) => long === longOf(flags));
    if (option === undefined || (does === "accepted" && whenFalse !== true)) continue;
    const name = option.attributeName();
    const given = ["cli", "env"].includes(command.getOptionValueSource(name) ?? "")
      ? command.getOptionValue(name)
      : undefined;
    const wrong = whenFalse === true ? given === false : given !== undefined && given !== false;
    const text = whenFalse === true ? `${longOf(flags)}=false` : longOf(flags);
    if (wrong)
      throw new EngineError("unsupported", `${text} has no effect here, so it is refused: ${instead}`, {
        subject: text,
      });
  }
}
