/** Tables of TOML files, with the place of whatever is wrong. Source: https://toml.io/en/v1.0.0. */
import { parse, TomlError } from "smol-toml";
import { EngineError } from "../../../core/errors.ts";

/** A reader of one table: what it does not find is `undefined`, what has another type is refused. */
export class TomlTable {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #at: string;

  constructor(values: Readonly<Record<string, unknown>>, at: string) {
    this.#values = values;
    this.#at = at;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  #get(key: string): unknown {
    return this.has(key) ? this.#values[key] : undefined;
  }

  refuse(key: string, why: string): never {
    throw new EngineError("invalid-config", `${key}: ${why}`, { subject: this.#at });
  }

  text(key: string): string | undefined {
    const value = this.#get(key);
    return value === undefined || typeof value === "string" ? value : this.refuse(key, "expected a text");
  }

  flag(key: string): boolean | undefined {
    const value = this.#get(key);
    return value === undefined || typeof value === "boolean" ? value : this.refuse(key, "expected true or false");
  }

  /** What is written alone, or in a list. */
  listOrOne(key: string): readonly unknown[] {
    const value = this.#get(key);
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  }

  /** A text, or a list of texts. */
  texts(key: string): readonly string[] {
    return this.listOrOne(key).map((one) => (typeof one === "string" ? one : this.refuse(key, "expected texts")));
  }

  table(key: string): TomlTable | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : this.#sub(key, value);
  }

  tables(key: string): readonly TomlTable[] {
    return this.listOrOne(key).map((value) => this.#sub(key, value));
  }

  /** In the order of the file. */
  keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  #sub(key: string, value: unknown): TomlTable {
    return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
      ? new TomlTable(value as Readonly<Record<string, unknown>>, `${this.#at} ${key}`)
      : this.refuse(key, "expected a table");
  }
}

/** @throws EngineError `invalid-config` for a text that is not TOML. */
export function parseToml(text: string, path: string): TomlTable {
  try {
    return new TomlTable(parse(text), path);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ""] = error.message.split("\n");
    throw new EngineError("invalid-config", `line ${error.line}: ${first}`, { subject: path, cause: error });
  }
}
