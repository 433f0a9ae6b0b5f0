/** Runs a component of modules alone, as far as `scripts/component/linker.ts` writes one: by Node's WebAssembly. */
import { Reader, sectionsOf } from "../../scripts/component/core-module.ts";

type Call = (...numbers: readonly number[]) => number | undefined;
type Exports = Readonly<Record<string, unknown>>;
const { Instance, Module } = (
  globalThis as unknown as {
    readonly WebAssembly: {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
    };
  }
).WebAssembly;

/** What is called for a function that is exported, and for the memory of its values. */
export interface RunFunction {
  readonly called: Call;
  readonly realloc: Call;
  readonly after: Call;
}

export function runComponent(bytes: Uint8Array) {
  const modules: object[] = [];
  const instances: Exports[] = [];
  /** Functions, tables, memories, globals. */
  const items: readonly unknown[][] = [[], [], [], []];
  const lifted: (RunFunction | undefined)[] = [];
  const functions = new Map<string, RunFunction>();

  function readInstance(reader: Reader): Exports {
    if (reader.byte() === 1)
      return Object.fromEntries(
        reader.vector(() => [reader.text(), items[reader.byte()]?.[reader.unsigned()]] as const),
      );
    const module = modules[reader.unsigned()] as object;
    const given = reader.vector(() => [reader.text(), reader.byte() && instances[reader.unsigned()]] as const);
    return new Instance(module, Object.fromEntries(given)).exports;
  }

  const read: Readonly<Record<number, (reader: Reader) => void>> = {
    2: (reader) => instances.push(readInstance(reader)),
    6: (reader) => {
      reader.byte();
      const kind = reader.byte();
      reader.byte();
      const instance = instances[reader.unsigned()] as Exports;
      const name = reader.text();
      if (!(name in instance)) throw new Error(`nothing is exported as ${name}`);
      items[kind]?.push(instance[name]);
    },
    8: (reader) => {
      reader.take(2);
      const called = items[0]?.[reader.unsigned()] as Call;
      const options = new Map(
        reader.vector(() => {
          const option = reader.byte();
          return [option, option === 0 ? 0 : reader.unsigned()] as const;
        }),
      );
      const of = (option: number): Call => items[0]?.[options.get(option) ?? -1] as Call;
      lifted.push({ called, realloc: of(4), after: of(5) });
    },
    11: (reader) => {
      reader.byte();
      const name = reader.text();
      reader.byte();
      functions.set(name, lifted[reader.unsigned()] as RunFunction);
      lifted.push(undefined);
    },
  };
  for (const { id, content } of sectionsOf(bytes)) {
    if (id === 1) modules.push(new Module(content));
    else if (id !== 7) {
      const reader = new Reader(content);
      reader.vector(() => read[id]?.(reader));
    }
  }
  return { functions, memory: items[2]?.[0] as { readonly buffer: ArrayBuffer } };
}
