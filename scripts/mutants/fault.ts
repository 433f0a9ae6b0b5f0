/** A planted fault: one exact replacement in one source file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Fault {
  /** Words with hyphens, unique. */
  readonly name: string;
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** The fault is on a signature's path, so the golden verdicts must see it too. */
  readonly signature?: true;
}

/**
 * The text with the fault in it.
 * @throws Error when what is to be replaced is not there exactly once.
 */
export function plant(fault: Fault, text: string): string {
  const count = text.split(fault.from).length - 1;
  if (count !== 1) throw new Error(`${fault.name}: ${fault.file} holds its text ${count} times, not once`);
  if (fault.from === fault.to) throw new Error(`${fault.name}: changes nothing`);
  return text.replace(fault.from, () => fault.to);
}

/** What is wrong with a table of faults for the sources below `root`. */
export function tableProblems(root: string, faults: readonly Fault[]): readonly string[] {
  const names = faults.map(({ name }) => name);
  const problems = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is there twice`);
  for (const fault of faults) {
    try {
      plant(fault, readFileSync(join(root, fault.file), "utf8"));
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  return problems;
}
