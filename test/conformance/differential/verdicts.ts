/** The table of verdicts: for each case cosign's and ours, and where they differ the row that decides. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../support/temp-folder.ts";
import type { CaseRow } from "./matrix.ts";

export interface VerdictRow {
  readonly id: string;
  readonly cosign: "accept" | "refuse";
  readonly ours: "accept" | "refuse";
  /** Of our refusal. */
  readonly code?: string;
  /** First line of cosign's. */
  readonly error?: string;
  /** Why we differ. */
  readonly reason?: string;
}

const read = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(join(projectRoot, "test/fixtures/differential", name), "utf8")) as readonly T[];

export const readMatrix = (): readonly CaseRow[] => read("matrix.json");
export const readVerdicts = (): readonly VerdictRow[] => read("verdicts.json");
