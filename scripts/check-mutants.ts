/** The text of every planted fault is still in its file, once: the table of faults cannot rot. */
import type { CheckReport } from "./check.ts";
import { type Fault, tableProblems } from "./mutants/fault.ts";
import { faults as table } from "./mutants/faults.ts";

export function checkMutants(root: string, faults: readonly Fault[] = table): CheckReport {
  const few = faults.length < 40 ? [`${faults.length} faults; the table has at least 40`] : [];
  return { saw: `${faults.length} faults`, faults: [...few, ...tableProblems(root, faults)] };
}
