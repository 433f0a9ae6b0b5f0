/** Work under way, by key: whoever wants what is being done already waits for the same end. */
export class Flights<Value> {
  readonly #running = new Map<string, Promise<Value>>();

  get(key: string): Promise<Value> | undefined {
    return this.#running.get(key);
  }

  /** What is under way for the key; else `begin` begins it. It is forgotten when it ends, well or badly. */
  join(key: string, begin: () => Promise<Value>): Promise<Value> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const begun = begin().finally(() => this.#running.delete(key));
    this.#running.set(key, begun);
    return begun;
  }
}
