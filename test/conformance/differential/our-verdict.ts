/** Our verdict on a case: the command line for images, the verifier behind the conformance client for files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../../cli/command-io.ts";
import { type Signed, isLayer, outcome, verify, fastVerifier } from "../../lab/index.ts";
import type { CaseFiles } from "./case-files.ts";

export interface OurVerdict {
  readonly accepts: boolean;
  /** The code of a refusal. */
  readonly code?: string;
}

/** The code that the command's last words name. */
const codeOf = (err: string): string =>
  /^error ([a-z-]+):/m.exec(err)?.[1] ?? /\[([a-z-]+)\]/.exec(err)?.[1] ?? err.split("\n")[0] ?? "";

/**
 * No command of ours takes a file and its bundle: what the flags ask beyond the bundle is asked here, of the evidence.
 */
function fileVerdict(signed: Signed, words: readonly string[]): OurVerdict {
  const verification = verify(signed, fastVerifier, {
    options: {
      identityTexts: "exact",
      timestampRequired: words.includes("--use-signed-timestamps"),
    },
  });
  if (verification.truth !== "proven") return { accepts: false, code: outcome(verification).replace(/^\w+: /, "") };
  const { statement } = verification.evidence;
  if (signed.recipe.claim === "attestation" && statement?.predicateType !== signed.predicateType)
    return { accepts: false, code: "no-attestation" };
  return { accepts: true };
}

export async function ourVerdict(signed: Signed, { folder, words, target }: CaseFiles): Promise<OurVerdict> {
  if (target.kind === "file") return fileVerdict(signed, words);
  const [command = "", ...flags] = words;
  // Timestamps of layers count with an authority that was named; for cosign the trusted root names it.
  const chain = isLayer(signed.recipe) ? signed.attestor.ctlog?.tsaCertChain : undefined;
  const files: Record<string, string | Uint8Array> = {};
  for (const word of flags)
    if (word.startsWith(folder) && !word.endsWith("saved")) files[word] = new Uint8Array(readFileSync(word));
  if (chain !== undefined) files[join(folder, "timestamp.pem")] = chain;
  const more = chain === undefined ? [] : ["--timestamp-certificate-chain", join(folder, "timestamp.pem")];
  if (target.kind === "image") signed.store.write(join(folder, "layout"));
  const where =
    target.kind === "image"
      ? ["--layout", join(folder, "layout"), "--complete", `${signed.repository}@${signed.digest}`]
      : [target.path];
  const run = await runCli([command, ...flags, ...more, ...where], { files, now: signed.lab.now.toISOString() });
  return run.exit === 0 ? { accepts: true } : { accepts: false, code: codeOf(run.err) };
}
