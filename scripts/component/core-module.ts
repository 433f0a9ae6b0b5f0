/**
 * What a WebAssembly module or component is made of, as far as linking needs it. Source: WebAssembly Core Specification
 * 1.0 §5.5; WebAssembly Component Model §Binary Format.
 */
import { Buffer } from "node:buffer";

export const modulePreamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const headerBytes = modulePreamble.length;
const moduleVersion = 1;

/** LEB128. */
export function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  while (left > 0x7f) {
    bytes.push(0x80 | (left & 0x7f));
    left = Math.floor(left / 128);
  }
  return Uint8Array.from([...bytes, left]);
}

/** LEB128 of an integer that may have a sign, and has none. */
export function positive(value: number): Uint8Array {
  const bytes = unsigned(value);
  const last = bytes.length - 1;
  // The sign is the second bit of the last byte.
  if ((bytes[last] as number) < 0x40) return bytes;
  return Uint8Array.from([...bytes.subarray(0, last), (bytes[last] as number) | 0x80, 0]);
}

export const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
export const vector = (items: readonly Uint8Array[]): Uint8Array => join(unsigned(items.length), ...items);
export const text = (value: string): Uint8Array => join(unsigned(Buffer.byteLength(value)), Buffer.from(value));
export const section = (id: number, content: Uint8Array): Uint8Array =>
  join(Uint8Array.of(id), unsigned(content.length), content);

/** Reads numbers, names and vectors one after another. */
export class Reader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error("a module is cut short");
    return byte;
  }

  unsigned(): number {
    let value = 0;
    for (let power = 1; ; power *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * power;
      if (byte < 0x80) return value;
    }
  }

  /** A constant of 32 bits, of either sign. */
  signed(): number {
    let [value, power] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * power;
      power *= 128;
      if (byte < 0x80) return byte < 0x40 ? value : value - power;
    }
  }

  take(length: number): Uint8Array {
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  text(): string {
    return Buffer.from(this.take(this.unsigned())).toString();
  }

  vector<Item>(read: () => Item): readonly Item[] {
    return Array.from({ length: this.unsigned() }, read);
  }

  /** Bytes from a place to the next one that is read. */
  since(start: number): Uint8Array {
    return this.bytes.subarray(start, this.at);
  }
}

export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

/** Of a module or of a component. */
export function sectionsOf(bytes: Uint8Array): readonly Section[] {
  const reader = new Reader(bytes);
  reader.at = headerBytes;
  const sections: Section[] = [];
  while (reader.at < bytes.length) sections.push({ id: reader.byte(), content: reader.take(reader.unsigned()) });
  return sections;
}

const sections = { type: 1, import: 2, global: 6, export: 7 } as const;
const kinds = ["function", "table", "memory", "global"] as const;
export type Kind = (typeof kinds)[number];

export interface Imported {
  readonly module: string;
  readonly name: string;
  readonly kind: Kind;
  /** A function's type as it is written. */
  readonly type: Uint8Array | undefined;
}

export interface CoreModule {
  readonly bytes: Uint8Array;
  readonly imports: readonly Imported[];
  readonly exports: ReadonlyMap<string, { readonly kind: Kind; readonly index: number }>;
  /** What globals of 32 bits begin with; undefined where that is no constant. */
  readonly globals: readonly (number | undefined)[];
}

const contentOf = (bytes: Uint8Array, id: number): Reader =>
  new Reader(sectionsOf(bytes).find((one) => one.id === id)?.content ?? Uint8Array.of(0));

const kindOf = (byte: number): Kind => {
  const kind = kinds[byte];
  if (kind === undefined) throw new Error(`what has kind ${byte} is not linked`);
  return kind;
};

function typeOf(reader: Reader): Uint8Array {
  const start = reader.at;
  if (reader.byte() !== 0x60) throw new Error("a type that is no function's");
  reader.take(reader.unsigned());
  reader.take(reader.unsigned());
  return reader.since(start);
}

/** Bounds of a table or memory. */
function skipBounds(reader: Reader): void {
  const bounded = reader.byte() === 1;
  reader.unsigned();
  if (bounded) reader.unsigned();
}

function importOf(reader: Reader, types: readonly Uint8Array[]): Imported {
  const [module, name, kind] = [reader.text(), reader.text(), kindOf(reader.byte())];
  if (kind === "function") return { module, name, kind, type: types[reader.unsigned()] };
  if (kind === "global") reader.take(2);
  if (kind === "table") reader.byte();
  if (kind === "table" || kind === "memory") skipBounds(reader);
  return { module, name, kind, type: undefined };
}

const constant = 0x41;
const end = 0x0b;

function globalsOf(bytes: Uint8Array): readonly (number | undefined)[] {
  const reader = contentOf(bytes, sections.global);
  const values: (number | undefined)[] = [];
  for (let left = reader.unsigned(); left > 0; left--) {
    reader.take(2);
    const isConstant = reader.byte() === constant;
    // What is calculated when a module starts is not what a snapshot has: those behind it are not needed.
    if (!isConstant) return values;
    values.push(reader.signed());
    if (reader.byte() !== end) return values.slice(0, -1);
  }
  return values;
}

export function readModule(bytes: Uint8Array): CoreModule {
  const types = contentOf(bytes, sections.type);
  const signatures = types.vector(() => typeOf(types));
  const imports = contentOf(bytes, sections.import);
  const exported = contentOf(bytes, sections.export);
  return {
    bytes,
    imports: imports.vector(() => importOf(imports, signatures)),
    exports: new Map(
      exported.vector(() => {
        const name = exported.text();
        return [name, { kind: kindOf(exported.byte()), index: exported.unsigned() }] as const;
      }),
    ),
    globals: globalsOf(bytes),
  };
}

const component = { module: 1, component: 4 } as const;

/** The modules of a component and of the components inside it. */
export function modulesOf(bytes: Uint8Array): readonly CoreModule[] {
  return sectionsOf(bytes).flatMap(({ id, content }) =>
    id === component.module && content[4] === moduleVersion
      ? [readModule(content)]
      : id === component.component
        ? modulesOf(content)
        : [],
  );
}
