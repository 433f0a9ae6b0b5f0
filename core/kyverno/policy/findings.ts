/** The faults of a policy, collected while it is read, so that all are reported at once. */
import { toFieldPath } from "./field-path.ts";
import type { Position } from "./policy.ts";
import type { Remark } from "./remark.ts";

export interface PolicyProblem extends Position {
  readonly code: "invalid-policy" | "unsupported";
  /** One sentence: where, what was found, what is wanted. */
  readonly message: string;
  /** JSON pointer of the field at fault; empty for a whole document. */
  readonly pointer: string;
  /** Name of the policy, where it has one. */
  readonly policy?: string;
}

/** Nobody reads more than these, and a file full of faults must not cost more than one of policies. */
const maxProblems = 200;

interface Found extends Pick<PolicyProblem, "code" | "message" | "pointer"> {
  readonly settings?: readonly string[];
}

/** Problems and warnings of one document. */
export class Findings {
  readonly warnings: Remark[] = [];
  readonly #problems: Found[] = [];

  /** Fields that a misspelt one is taken to mean: what they lack follows from that. */
  readonly #meant = new Set<string>();

  /**
   * The field at `pointer` is not as it must be. `message` continues the sentence that begins with the field.
   * `settings` are other fields that decide so: where one of them has a fault of its own, this may only follow from it.
   */
  refuse(pointer: string, message: string, settings: readonly string[] = []): void {
    if (!this.isFull && !this.#meant.has(pointer))
      this.#problems.push({ code: "invalid-policy", message, pointer, settings });
  }

  /** The field is unknown; the one at `meant` was probably meant. */
  misspelt(pointer: string, message: string, meant: string): void {
    this.refuse(pointer, message);
    this.#meant.add(meant);
  }

  /** The field is valid in Kyverno and not in this program. */
  unsupported(pointer: string, message: string): void {
    if (!this.isFull) this.#problems.push({ code: "unsupported", message, pointer });
  }

  /** The field is valid and has no effect, or not for long. `message` as for {@link refuse}. */
  warn(pointer: string, message: string): void {
    if (this.warnings.length < maxProblems) this.warnings.push({ pointer, message });
  }

  get isFull(): boolean {
    return this.#problems.length >= maxProblems;
  }

  get isClean(): boolean {
    return this.#problems.length === 0;
  }

  /** Findings of a later look that only follow from a fault inside the same field are noise: they are left out. */
  add(later: Findings): void {
    const faults = this.#problems.map(({ pointer }) => pointer);
    const follows = (pointer: string): boolean =>
      this.#meant.has(pointer) || faults.some((fault) => fault === pointer || fault.startsWith(`${pointer}/`));
    this.#problems.push(
      ...later.#problems.filter(
        ({ pointer, settings = [] }) => !follows(pointer) && !settings.some((setting) => faults.includes(setting)),
      ),
    );
    this.warnings.push(...later.warnings);
  }

  /** With positions, in the order of the file. */
  problems(keyPosition: (pointer: string) => Position, policy: string | undefined): readonly PolicyProblem[] {
    return this.#problems
      .map(({ code, message, pointer }) => ({
        code,
        message: `${toFieldPath(pointer)}: ${message}`,
        pointer,
        ...keyPosition(pointer),
        ...(policy === undefined ? {} : { policy }),
      }))
      .sort((a, b) => a.line - b.line || a.column - b.column);
  }
}
