/** Targets of a TUF repository that an update could not get: the first three with their reasons. */
import { codedText, type EngineError } from "../../core/errors.ts";

interface Missed {
  readonly path: string;
  readonly error: EngineError;
}

export function missedTargets(name: string, missed: readonly Missed[]): string {
  const first = missed.slice(0, 3).map(({ path, error }) => `\n${path}: ${codedText(error)}`);
  const more = missed.length > 3 ? `\nand ${missed.length - 3} more` : "";
  const what = missed.length === 1 ? "a target that its repository lists is" : `${missed.length} targets are`;
  return `${name}: ${what} not mirrored, and clients that want all will not find them:${first.join("")}${more}`;
}
