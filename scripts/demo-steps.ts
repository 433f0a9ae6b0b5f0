/** What the demo shows, in order, and what has to come of it. */
import { podImages } from "./demo-folder.ts";

export interface Step {
  readonly title: string;
  /** One line: why this is so. */
  readonly why: string;
  readonly words: readonly string[];
  /** The exit code that is expected. */
  readonly exit: number;
  /** What the output has to hold. */
  readonly shows: readonly string[];
  /** Its answer is shown in full, however long it is. */
  readonly isWhole?: true;
  /** Shows the resource that `apply -o` left, and wants its image to have a digest. */
  readonly admits?: string;
}

const policy = (name: string): string => `policies/${name}.yaml`;
const pod = (name: keyof typeof podImages): readonly string[] => ["-r", `pods/${name}.yaml`];
const denied = (name: keyof typeof podImages, what: string): string =>
  `image verification failed for ${podImages[name]}: ${what}`;
const byHand = ["verify", "--key", "trust/release.pub", "--insecure-ignore-tlog"];

export const steps: readonly Step[] = [
  {
    title: "Fill the mirror",
    why: "An OCI layout crosses the gap. It is complete, so a signature that is not in it is known not to exist.",
    words: ["mirror", "add", "layout", "--complete"],
    exit: 0,
    shows: ["complete for ghcr.io/kyverno/test-verify-image"],
  },
  {
    title: "Say whom to trust",
    why: "Keyless signatures need the keys of a Sigstore: here one of our own, pinned from a file.",
    words: ["trust", "import", "trust/trusted-root.json"],
    exit: 0,
    shows: ["pinned public-good", "rekor.example.com"],
  },
  {
    title: "Signed by our key: admitted",
    why:
      "The tag becomes a digest, so what runs is what was verified. Two passes, as in Kyverno: the image, then " +
      "the whole Pod.",
    words: ["apply", policy("01-signature-by-key"), ...pod("signed"), "-o", "admitted"],
    exit: 0,
    shows: ["pass: 2, fail: 0"],
    admits: "admitted/default-pod-signed.yaml",
  },
  {
    title: "Not signed, or signed by someone else: denied",
    why: "The sentences are the documentation's; behind them stand the line of the policy and a code to look up.",
    words: ["apply", policy("01-signature-by-key"), ...pod("unsigned"), ...pod("signed-other")],
    exit: 1,
    shows: [
      denied("unsigned", "signature not found"),
      denied("signed-other", "invalid signature"),
      "[no-signature]",
      "[wrong-key]",
    ],
  },
  {
    title: "Skipped references: not verified",
    why: "ghcr.io/* is to be signed, ghcr.io/trusted/* is skipImageReferences.",
    words: ["apply", policy("02-skip-image-references"), ...pod("skipped")],
    exit: 0,
    shows: ["fail: 0, warn: 0, error: 0, skip: 2"],
  },
  {
    title: "Code review, attested: the predicate decides",
    why: "Both reviews are signed by our key; one names a reviewer whom the policy accepts, the other names none.",
    words: ["apply", policy("03-attestation-code-review"), ...pod("reviewed"), ...pod("unreviewed")],
    exit: 1,
    shows: ["pass: 2, fail: 2", denied("unreviewed", "attestation checks failed"), "[condition-failed]"],
  },
  {
    title: "A certificate of our own authority: admitted",
    why: "The policy has only the root; the certificate came with the signature, the time from the log.",
    words: ["apply", policy("05-certificate-chain-only"), ...pod("signed-cert")],
    exit: 0,
    shows: ["pass: 2, fail: 0"],
  },
  {
    title: "Keyless, by a person and by a GitHub workflow: admitted",
    why: "No key at all: an identity, proven by certificate, certificate log, transparency log and timestamp.",
    words: [
      "apply",
      policy("06-keyless"),
      policy("07-keyless-github-workflow"),
      ...pod("signed-keyless"),
      ...pod("release"),
    ],
    exit: 0,
    shows: ["pass: 4, fail: 0"],
  },
  {
    title: "Pin a key of a KMS",
    why: "Offline no KMS can be asked: somebody vouches for its public key once, and policies name it as ever.",
    words: ["mirror", "pin-key", "awskms:///alias/release", "trust/release.pub"],
    exit: 0,
    shows: ["pinned awskms:///alias/release"],
  },
  {
    title: "…and verify with it",
    why: "The policy says kms: awskms:///alias/release.",
    words: ["apply", policy("kms-key"), ...pod("signed")],
    exit: 0,
    shows: ["pass: 2, fail: 0"],
  },
  {
    title: "A Tekton bundle by someone else: denied",
    why: "Custom resources work alike: imageExtractors say where the image is.",
    words: ["apply", policy("17-extractor-pipeline-run"), "-r", "pipeline-run.yaml"],
    exit: 1,
    shows: ["image verification failed for registry.io/tekton/pipeline:2: invalid signature"],
  },
  {
    title: "Why? Explain an admission",
    why: "The evidence with its times, and the line of the policy that asked for it.",
    words: ["explain", podImages["signed-keyless"], "-p", policy("06-keyless")],
    isWhole: true,
    exit: 0,
    shows: ["ALLOW", "ada@example.com", policy("06-keyless"), "rekor.example.com"],
  },
  {
    title: "By hand, with cosign's flags",
    why: "cosign's exit codes too: 12 is a signature that does not match.",
    words: [...byHand, podImages["signed-other"]],
    exit: 12,
    shows: ["wrong-key"],
  },
  {
    title: "Never asked: unknown",
    why: "Not in the mirror is not the same as unsigned, and has its own exit code.",
    words: [...byHand, "elsewhere.example/app:1"],
    exit: 5,
    shows: ["not-in-mirror"],
  },
  {
    title: "One bit flipped: found",
    why: "Whatever is read is hashed first, wherever it lies.",
    words: [...byHand, "--layout", "tampered", "--complete", podImages.signed],
    exit: 6,
    shows: ["archive-corrupt"],
  },
];
