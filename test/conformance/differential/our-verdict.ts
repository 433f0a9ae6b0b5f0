/** Our verdict on a case: the command line for images, the verifier behind the conformance client for files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../../cli/command-io.ts";
import { type Signed, isLayer, outcome, verify } from "../../lab/index.ts";
import { nodeVerifier } from "../../../proxy/crypto-node.ts";
import type { CaseFiles } from "./case-files.ts";

export interface OurVerdict {
  readonly accepts: boolean;
  /** The code of a refusal. */
  readonly code?: string;
}

/** The code that the command's last words name. */
const codeOf = (err: string): string => /^error ([a-z-]+):/m.exec(err)?.[1] ?? /\[([a-z-]+)\]/.exec(err)?.[1] ?? err.split("\n")[0] ?? "";

export async function ourVerdict(signed: Signed, { folder, words, target }: CaseFiles): Promise<OurVerdict> {
  if (target.kind === "file") {
    const found = outcome(verify(signed, nodeVerifier, { options: { identityTexts: "exact" } }));
    return found === "proven" ? { accepts: true } : { accepts: false, code: found.replace(/^\w+: /, "") };
  }
  const [command = "", ...flags] = words;
  // Timestamps of layers count with an authority that was named; for cosign the trusted root names it.
  const chain = isLayer(signed.recipe) ? signed.attestor.ctlog?.tsaCertChain : undefined;
  const files: Record<string, string | Uint8Array> = {};
  for (const word of flags) if (word.startsWith(folder) && !word.endsWith("saved")) files[word] = new Uint8Array(readFileSync(word));
  if (chain !== undefined) files[join(folder, "timestamp.pem")] = chain;
  const more = chain === undefined ? [] : ["--timestamp-certificate-chain", join(folder, "timestamp.pem")];
  if (target.kind === "image") signed.store.write(join(folder, "layout"));
  const where = target.kind === "image" ? ["--layout", join(folder, "layout"), "--complete", `${signed.repository}@${signed.digest}`] : [target.path];
  const run = await runCli([command, ...flags, ...more, ...where], { files, now: signed.lab.now.toISOString() });
  return run.exit === 0 ? { accepts: true } : { accepts: false, code: codeOf(run.err) };
}
