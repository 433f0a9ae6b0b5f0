/**
 * One thread of a fuzz run. It says which input it is at in shared memory, so that the watcher can name the one it
 * hangs or dies at.
 */
import { parentPort, workerData } from "node:worker_threads";
import { EngineError } from "../../core/errors.ts";
import { inputAt } from "./mutate.ts";
import { targetOf } from "./targets.ts";

export interface WorkerTask {
  readonly target: string;
  readonly seed: number;
  /** The first index, and how far the next one of this thread is. */
  readonly first: number;
  readonly stride: number;
  /** [0]: the index it is at; [1]: how many are done; [2]: how many were refused. */
  readonly progress: Int32Array;
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly most: number;
}

/** Any error but an `EngineError` with a code, or a run that took too long. */
export interface Finding {
  readonly index: number;
  readonly problem: string;
}

const task = workerData as WorkerTask;
const target = targetOf(task.target);
if (target === undefined) throw new Error(`no target ${task.target}`);

for (let index = task.first; index < task.most && Date.now() < task.until; index += task.stride) {
  Atomics.store(task.progress, 0, index);
  const input = inputAt(index, task.seed, target);
  try {
    target.run(input);
  } catch (error) {
    if (error instanceof EngineError) Atomics.add(task.progress, 2, 1);
    else
      parentPort?.postMessage({
        index,
        problem: error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error),
      } satisfies Finding);
  }
  Atomics.add(task.progress, 1, 1);
}
parentPort?.postMessage("done");
