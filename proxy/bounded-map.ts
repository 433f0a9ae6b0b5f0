/** A map that has room for so many entries: the one that was set longest ago makes room for the next. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  /** The entry counts as new, whether or not its key was there. */
  override set(key: Key, value: Value): this {
    this.delete(key);
    if (this.size >= this.#most) for (const oldest of this.keys()) if (this.delete(oldest)) break;
    return super.set(key, value);
  }
}
