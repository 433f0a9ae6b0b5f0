/** Keys and roots that an operator pinned: they go before every recorded answer. */
import type { Database, Statement } from "better-sqlite3";
import type { Answer, TrustedRootSource } from "../../core/knowledge/answer.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { hasChecksum } from "./row-checksum.ts";
import { sqlText } from "./statements.ts";
import { checkBytes, toBytes } from "./stored-bytes.ts";
import { corrupt, guarded } from "./store-error.ts";

export interface PinRow {
  readonly kind: string;
  readonly name: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

/** A pin as it is shown. */
export interface StoredPin {
  readonly kind: string;
  readonly name: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly at: string;
  /** Where the bytes came from. */
  readonly from: string;
}

/** @throws EngineError `mirror-corrupt` when the pin was changed since it was written. */
export function checkPin(row: PinRow): void {
  const subject = `${row.kind} ${row.name}`;
  if (!hasChecksum(row.checksum, row.kind, row.name, row.digest, row.at, row.source))
    throw corrupt(subject, "a pin was changed since it was written");
  checkBytes(row.bytes, row.digest);
}

export class Pins {
  readonly #folder: string;
  readonly #one: Statement<[string, string], PinRow>;
  readonly #all: Statement<[], PinRow>;

  constructor(database: Database, folder: string) {
    this.#folder = folder;
    this.#one = database.prepare(sqlText("find-pin"));
    this.#all = database.prepare(sqlText("list-pins"));
  }

  /** @throws EngineError `mirror-corrupt`. */
  answer(question: Question): Answer | undefined {
    if (question.kind !== "trusted-root" && question.kind !== "key") return undefined;
    const row = this.#one.get(question.kind, question.kind === "key" ? question.reference : question.name);
    if (row === undefined) {
      // A pin whose name was damaged would be missed in silence, and what it replaced be believed again.
      const others = ["key", "trusted-root", "tuf-root"].filter((kind) => kind !== question.kind);
      for (const pin of this.#all.all()) if (!others.includes(pin.kind)) checkPin(pin);
      return undefined;
    }
    checkPin(row);
    const bytes = toBytes(row.bytes);
    const value =
      question.kind === "key"
        ? Buffer.from(bytes).toString("utf8")
        : ({ form: "pinned", bytes } satisfies TrustedRootSource);
    return { state: "present", value, at: row.at, from: row.source };
  }

  names(of: string): readonly string[] {
    return this.#all.all().flatMap(({ kind, name }) => (kind === of ? [name] : []));
  }

  /**
   * TUF roots that an operator pinned, by the names of trusted roots.
   * @throws EngineError `mirror-corrupt`.
   */
  tufRoots(): Readonly<Record<string, Uint8Array>> {
    return guarded(this.#folder, () => {
      const rows = this.#all.all().filter(({ kind }) => kind === "tuf-root");
      for (const row of rows) checkPin(row);
      return Object.fromEntries(rows.map(({ name, bytes }) => [name, toBytes(bytes)]));
    });
  }

  /** Whether an operator pinned it, as of now. */
  has(kind: "key" | "trusted-root", name: string): boolean {
    return guarded(this.#folder, () => this.#one.get(kind, name) !== undefined);
  }

  /** What an operator pinned, by kind and name. @throws EngineError `mirror-corrupt` */
  list(): readonly StoredPin[] {
    return guarded(this.#folder, () =>
      this.#all.all().map((row) => {
        checkPin(row);
        const { kind, name, digest, at, source: from } = row;
        return { kind, name, digest, bytes: toBytes(row.bytes), at, from };
      }),
    );
  }
}
