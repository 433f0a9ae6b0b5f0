/**
 * A case on disk, and the command line that judges it: one and the same for cosign and for us, but for where the image
 * is.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Signed } from "../../lab/index.ts";
import { bases } from "./bases.ts";
import type { CaseRow } from "./matrix.ts";

export interface CaseFiles {
  readonly folder: string;
  /** Command and flags; what is judged comes behind. */
  readonly words: readonly string[];
  /** `image`: by name in a registry or layout; `saved`: a folder; `file`: a file with its bundle. */
  readonly target: { readonly kind: "image" } | { readonly kind: "saved" | "file"; readonly path: string };
}

/** Who must have signed, as flags. */
function signerWords({ attestor }: Signed, folder: string): readonly string[] {
  const { keys, keyless, annotations = {} } = attestor;
  const claims = Object.entries(annotations).flatMap(([name, value]) => ["-a", `${name}=${value}`]);
  if (keys !== undefined) {
    writeFileSync(join(folder, "key.pub"), keys.pem ?? "");
    return ["--key", join(folder, "key.pub"), ...claims];
  }
  return [
    "--certificate-identity",
    keyless?.subject ?? "",
    "--certificate-oidc-issuer",
    keyless?.issuer ?? "",
    ...claims,
  ];
}

/** Writes what both tools read. */
export function writeCase(row: CaseRow, signed: Signed, folder: string): CaseFiles {
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  const { claim, evidence, layout } = signed.recipe;
  writeFileSync(at("trusted_root.json"), signed.trustedRoot);
  const logged = evidence.some((kind) => kind === "promise" || kind === "proof" || kind === "rekor2");
  const flags = [
    ...["--trusted-root", at("trusted_root.json")],
    ...(logged ? [] : ["--insecure-ignore-tlog"]),
    ...(evidence.includes("timestamp") ? ["--use-signed-timestamps"] : []),
    ...signerWords(signed, folder),
  ];
  const type = claim === "attestation" ? ["--type", signed.predicateType] : [];
  if (layout === "file") {
    writeFileSync(at("artifact"), signed.artifact);
    writeFileSync(at("bundle.json"), signed.bundle ?? "");
    const command = claim === "attestation" ? "verify-blob-attestation" : "verify-blob";
    return {
      folder,
      words: [command, ...type, "--bundle", at("bundle.json"), ...flags],
      target: { kind: "file", path: at("artifact") },
    };
  }
  const words = [claim === "attestation" ? "verify-attestation" : "verify", ...type, ...flags];
  if (bases[row.base]?.saved !== true) return { folder, words, target: { kind: "image" } };
  signed.store.save(at("saved"), signed.digest);
  return { folder, words: [...words, "--local-image"], target: { kind: "saved", path: at("saved") } };
}
