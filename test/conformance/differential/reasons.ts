/** Why we differ from cosign 3, by mutation or by case: the row of sigstore.md or kyverno.md that decides. */
import type { CaseRow } from "./matrix.ts";

const byMutation: Readonly<Record<string, string>> = {};
const byCase: Readonly<Record<string, string>> = {};

export const reasonFor = ({ id, mutation }: CaseRow): string | undefined => byCase[id] ?? (mutation === undefined ? undefined : byMutation[mutation]);
