/**
 * What a registry says when it does not store what it is sent. Source: OCI distribution 1.1 (error codes);
 * https://distribution.github.io/distribution/about/configuration/#maintenance (read-only registries answer 405).
 */
import { EngineError } from "../../../core/errors.ts";
import type { BoundedResponse } from "../fetch-bounded.ts";
import { type FaultFacts, registryFault } from "./registry-fault.ts";

export interface PushFaultFacts extends FaultFacts {
  /** Bytes that were sent, or were to be. */
  readonly size?: number | undefined;
}

/** Words of registries that have no room: Harbor's, GitLab's and the specification's. */
const noRoom = /quota|insufficient.storage|no space left|out of space|storage limit/i;

export function pushFault(response: BoundedResponse, { size, ...facts }: PushFaultFacts): EngineError {
  const told = registryFault(response, facts);
  const { status } = response;
  const because = (code: EngineError["code"], why: string): EngineError =>
    new EngineError(code, `${why}: ${told.message}`, { subject: told.subject });
  if (status === 413)
    return because(
      "upstream-error",
      `the registry, or a proxy before it, takes no content ${size === undefined ? "so large" : `of ${size} bytes`}`,
    );
  if (status === 507 || noRoom.test(told.message)) return because("upstream-error", "the registry has no room for it");
  if (status === 405 || (status === 400 && /UNSUPPORTED/.test(told.message)))
    return because("access-denied", "the registry is read-only, or does not allow this");
  return told;
}
