/** Questions whose answers may hold what is secret. Source: docs/spec/record.md#recording. */
import type { Question } from "./question.ts";

/**
 * Whether the answer may hold what is secret. Such answers hold for the run that asked, and are not kept. (A key in a
 * Secret is a question of its own, whose answer is the public key alone.)
 */
export const readsSecrets = (question: Question): boolean =>
  question.kind === "cluster" &&
  (question.verb === "raw" ? namesSecrets(question.path ?? "") : question.resource === "secrets");

/** The server decodes a path before it reads its steps. */
function namesSecrets(path: string): boolean {
  try {
    return decodeURIComponent(path.split("?")[0] ?? "")
      .toLowerCase()
      .split("/")
      .includes("secrets");
  } catch {
    // What cannot be decoded may name anything.
    return true;
  }
}
