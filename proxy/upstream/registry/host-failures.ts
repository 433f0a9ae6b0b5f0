/** What several hosts said that could not answer, as one error: each host with its reason, in the order of asking. */
import { codeRow, EngineError } from "../../../core/errors.ts";
import type { Endpoint } from "./endpoint.ts";

export interface HostFailure {
  readonly endpoint: Endpoint;
  readonly error: EngineError;
}

/** What somebody must repair, such as a refused login: waiting does not help, and no failure policy overlooks it. */
const mustBeRepaired = ({ error: { code } }: HostFailure): boolean => codeRow(code).ignorable !== "artifact";

/**
 * The failure that decides, with all of them in its words. What must be repaired comes before what may pass, so that
 * the outage of a registry behind a mirror does not hide that the mirror refuses the login; then the host that knows
 * what exists; then the first.
 */
export function joinFailures(failures: readonly HostFailure[]): HostFailure | undefined {
  const knowing = failures.filter(({ endpoint }) => endpoint.knowsAbsence);
  const decisive = knowing.find(mustBeRepaired) ?? failures.find(mustBeRepaired) ?? knowing.at(-1) ?? failures.at(0);
  if (decisive === undefined || failures.length === 1) return decisive;
  const words = failures.map(({ endpoint: { host }, error }) => `${host}: ${error.message}`).join("; ");
  const { endpoint, error } = decisive;
  return { endpoint, error: new EngineError(error.code, words, { subject: error.subject, cause: error }) };
}
