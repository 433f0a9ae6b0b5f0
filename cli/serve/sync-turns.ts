/**
 * Whose turn it is to sync. A sync keeps a transaction of the mirror open while answers come, and a mirror has one:
 * that of the configuration before is over first.
 */
export class SyncTurns {
  #last: Promise<unknown> = Promise.resolve();

  /** Begins once all others have ended. Who is told to stop before does not begin, and waits for nobody. */
  run(act: () => Promise<void>, stop: AbortSignal): Promise<void> {
    const before = this.#last;
    const mine = this.#turn(before, stop).then((isMine) => (isMine ? act() : undefined));
    this.#last = Promise.allSettled([before, mine]);
    return mine;
  }

  #turn(before: Promise<unknown>, stop: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => resolve(false);
      stop.addEventListener("abort", leave, { once: true });
      void before.then(() => {
        stop.removeEventListener("abort", leave);
        resolve(true);
      });
      if (stop.aborted) leave();
    });
  }
}
