/** The re-check list of a store, for people: whoever shows it reads it here. */
import type { Limits } from "../../core/limits.ts";
import { findState } from "./open-state.ts";
import type { RecheckCounts, RecheckEntry } from "./recheck-list.ts";

export interface RecheckView {
  readonly counts: RecheckCounts;
  /** Refuted ones first, then those that were let in last. */
  readonly entries: readonly RecheckEntry[];
}

/**
 * `folder`: of the mirror. Where no instance ever remembered anything, the list is empty.
 * @throws EngineError `mirror-corrupt` for a damaged file, `mirror-version`, `invalid-usage`.
 */
export function readRecheck(folder: string, limits: Limits): RecheckView {
  const state = findState(folder, limits);
  if (state === undefined) return { counts: { unknown: 0, refuted: 0, dropped: 0 }, entries: [] };
  try {
    return state.recheck((list) => ({ counts: list.counts(), entries: list.entries(limits.recheckEntries) }));
  } finally {
    state.close();
  }
}
