/** Recipes with a proof of inclusion, and the changes of proof and checkpoint that are tried on them. */
import type { EntryInclusionProof, LogEntry } from "../../core/tlog/log-entry.ts";
import type { Changes, CheckpointChanges, Recipe, RekorV1, RekorV2 } from "../lab/index.ts";
import { lab } from "./refuses.ts";

/** By Rekor v1. */
export const first: readonly Recipe[] = [
  { claim: "blob" },
  { by: "certificate" },
  { claim: "attestation", evidence: ["proof"] },
];
/** By Rekor v2. */
export const second: readonly Recipe[] = [
  { claim: "blob", evidence: ["rekor2"] },
  { by: "certificate", evidence: ["rekor2", "timestamp"] },
];
export const both = [...first, ...second];

export const isSecond = ({ evidence = [] }: Recipe): boolean => evidence.includes("rekor2");
export const logOf = (recipe: Recipe): RekorV1 | RekorV2 => (isSecond(recipe) ? lab.rekor2 : lab.rekor);

/** Another proof in the only entry. */
export const proof = (change: (proof: EntryInclusionProof, entry: LogEntry) => EntryInclusionProof): Changes => ({
  entries: ([entry]) =>
    entry?.inclusionProof ? [{ ...entry, inclusionProof: change(entry.inclusionProof, entry) }] : [],
});

export const checkpoint = (recipe: Recipe, changes: CheckpointChanges): Changes =>
  isSecond(recipe) ? { rekor2: { checkpoint: changes } } : { rekor1: { checkpoint: changes } };
