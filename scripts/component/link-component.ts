/**
 * Links the engine's component with its kernel: a component of both that imports nothing. Source: WebAssembly Component
 * Model §Binary Format.
 */
import { Buffer } from "node:buffer";

/** A function of the kernel: a module's export, and its parameters, which are texts. */
export interface KernelFunction {
  readonly name: string;
  readonly module: Uint8Array;
  readonly export: string;
  readonly parameters: readonly string[];
  readonly result: "string" | "bool";
}

type Bytes = readonly Uint8Array[];
const byte = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

/** LEB128. */
function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  while (left > 0x7f) {
    bytes.push(0x80 | (left & 0x7f));
    left = Math.floor(left / 128);
  }
  return byte(...bytes, left);
}

const join = (...parts: Bytes): Uint8Array => Buffer.concat(parts);
const vector = (items: Bytes): Uint8Array => join(unsigned(items.length), ...items);
const text = (value: string): Uint8Array => join(unsigned(Buffer.byteLength(value)), Buffer.from(value));
const section = (id: number, content: Uint8Array): Uint8Array => join(byte(id), unsigned(content.length), content);

/** Names of exports begin with a byte that says of what form they are. */
const plainName = (value: string): Uint8Array => join(byte(0), text(value));

const preamble = byte(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00);
const sections = { module: 1, instances: 2, component: 4, linked: 5, aliases: 6, types: 7, lifted: 8, exports: 11 };
const sort = { coreFunction: byte(0, 0), coreMemory: byte(0, 2), function: byte(1), instance: byte(5) } as const;
const fromModule = byte(1);
const fromComponent = byte(0);
const types = { string: byte(0x73), bool: byte(0x7f) } as const;

const typeOf = ({ parameters, result }: KernelFunction): Uint8Array =>
  join(byte(0x40), vector(parameters.map((name) => join(text(name), types.string))), byte(0), types[result]);

/** An alias of what an instance of a module, or of a component, exports. */
const alias = (kind: Uint8Array, from: Uint8Array, instance: number, name: string): Uint8Array =>
  join(kind, from, unsigned(instance), text(name));

/**
 * `engine` imports one instance, `imported`, which gets the functions; `exported` are the functions of the engine that
 * the whole exports.
 */
export function linkComponent(
  engine: Uint8Array,
  imported: string,
  functions: readonly KernelFunction[],
  exported: readonly string[],
): Uint8Array {
  const realloc = (index: number): number => 2 * index + 1;
  return join(
    preamble,
    ...functions.map(({ module }) => section(sections.module, module)),
    section(sections.instances, vector(functions.map((_, index) => join(byte(0), unsigned(index), vector([]))))),
    section(
      sections.aliases,
      vector(
        functions.flatMap((one, index) => [
          alias(sort.coreFunction, fromModule, index, one.export),
          alias(sort.coreFunction, fromModule, index, "cabi_realloc"),
          alias(sort.coreMemory, fromModule, index, "memory"),
        ]),
      ),
    ),
    section(sections.types, vector(functions.map(typeOf))),
    section(
      sections.lifted,
      vector(
        functions.map((_, index) => {
          const options = vector([join(byte(3), unsigned(index)), join(byte(4), unsigned(realloc(index)))]);
          return join(byte(0, 0), unsigned(2 * index), options, unsigned(index));
        }),
      ),
    ),
    section(sections.component, engine),
    section(
      sections.linked,
      vector([
        // The kernel's functions as an instance, and the engine with that.
        join(
          byte(1),
          vector(functions.map(({ name }, index) => join(plainName(name), sort.function, unsigned(index)))),
        ),
        join(byte(0, 0), vector([join(text(imported), sort.instance, unsigned(0))])),
      ]),
    ),
    section(sections.aliases, vector(exported.map((name) => alias(sort.function, fromComponent, 1, name)))),
    section(
      sections.exports,
      vector(
        exported.map((name, index) =>
          join(plainName(name), sort.function, unsigned(functions.length + index), byte(0)),
        ),
      ),
    ),
  );
}
