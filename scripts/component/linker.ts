/**
 * Writes a component: sections in their order, and how many things of each kind there are. Source: WebAssembly
 * Component Model §Binary Format.
 */
import { join, type Kind, section, text, unsigned, vector } from "./core-module.ts";

const byte = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const preamble = byte(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00);
const sections = { module: 1, instance: 2, alias: 6, type: 7, canonical: 8, export: 11 } as const;
const sorts: Readonly<Record<Kind, number>> = { function: 0, table: 1, memory: 2, global: 3 };
const options = { utf8: 0, memory: 3, realloc: 4, after: 5 } as const;
const instanceArgument = 0x12;

/** Something that an instance has: its name there, and its place among all of its kind. */
export interface Item {
  readonly name: string;
  readonly kind: Kind;
  readonly index: number;
}

/** What a function of the world calls, the memory of its values, and who gives some of it and takes it back. */
export interface Lifted {
  readonly called: number;
  readonly memory: number;
  readonly realloc: number;
  readonly after: number;
}

type Counted = Kind | "module" | "instance" | "type" | "lifted";

export class Linker {
  readonly #parts: Uint8Array[] = [preamble];
  readonly #counts = new Map<Counted, number>();

  #next(kind: Counted): number {
    const index = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, index + 1);
    return index;
  }

  #add(id: number, item: Uint8Array): void {
    this.#parts.push(section(id, vector([item])));
  }

  /** An instance of a module that gets what it imports from other instances, by the names that it has for them. */
  instance(module: Uint8Array, given: ReadonlyMap<string, number>): number {
    this.#parts.push(section(sections.module, module));
    const names = [...given].map(([name, at]) => join(text(name), byte(instanceArgument), unsigned(at)));
    this.#add(sections.instance, join(byte(0), unsigned(this.#next("module")), vector(names)));
    return this.#next("instance");
  }

  /** An instance of what others have. */
  gathered(items: readonly Item[]): number {
    const exported = items.map(({ name, kind, index }) => join(text(name), byte(sorts[kind]), unsigned(index)));
    this.#add(sections.instance, join(byte(1), vector(exported)));
    return this.#next("instance");
  }

  /** What an instance has by a name. */
  of(instance: number, kind: Kind, name: string): number {
    this.#add(sections.alias, join(byte(0, sorts[kind], 1), unsigned(instance), text(name)));
    return this.#next(kind);
  }

  /** A type of the world. */
  type(type: Uint8Array): number {
    this.#add(sections.type, type);
    return this.#next("type");
  }

  /** Exports a function of the world. Texts are UTF-8. */
  lift(name: string, type: number, { called, memory, realloc, after }: Lifted): void {
    const written = [
      byte(options.utf8),
      join(byte(options.memory), unsigned(memory)),
      join(byte(options.realloc), unsigned(realloc)),
      join(byte(options.after), unsigned(after)),
    ];
    this.#add(sections.canonical, join(byte(0, 0), unsigned(called), vector(written), unsigned(type)));
    this.#add(sections.export, join(byte(0), text(name), byte(1), unsigned(this.#next("lifted")), byte(0)));
    // What is exported is one more function.
    this.#next("lifted");
  }

  bytes(): Uint8Array {
    return join(...this.#parts);
  }
}
