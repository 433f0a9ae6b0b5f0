/** What an instance remembers decides nothing: that it cannot be read or written keeps nobody from an answer. */
import { EngineError } from "../../core/errors.ts";
import type { State } from "./state.ts";

/** What `act` returns; undefined where it fails, which is reported. A fault of the program is thrown. */
export function reportFaults<T>(act: () => T, report: (error: EngineError) => void): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    report(error);
    return undefined;
  }
}

/** Begins to bring to the disk what was written, and returns before it is there. */
export function syncLater(state: State, report: (error: EngineError) => void): void {
  state.sync().catch((error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
    report(error);
  });
}
