/**
 * Links the engine anew. What componentize-qjs makes is a component of components: a host puts adapters between them,
 * through which every call goes, to the kernel and to WASI's functions, each of which is a trap. Here it becomes one
 * component of modules that call each other: QuickJS with its snapshot, what lifts and lowers its values, and the
 * kernel, which works in QuickJS' memory. The whole imports nothing. Source: docs/decisions/057-bundles.md.
 */
import { type CoreModule, type Imported, modulesOf } from "./core-module.ts";
import { type Item, Linker } from "./linker.ts";
import { bodies, moduleOf, placingModule } from "./small-modules.ts";
import { joinSnapshot, pageBytes } from "./snapshot.ts";
import type { WorldFunction } from "./world.ts";

/** A function of the kernel. */
export interface KernelFunction {
  readonly name: string;
  /** Bytes of memory that its module has for itself, from `base` on. */
  readonly bytes: number;
  readonly module: (base: number) => Uint8Array;
  readonly export: string;
}

/** What is exported: by the library that is QuickJS, and by the one that lifts the world's values. */
export interface Exported {
  readonly runtime: readonly WorldFunction[];
  readonly lifting: readonly WorldFunction[];
}

/** The three modules, by what they export. */
function partsOf(engine: Uint8Array) {
  const modules = modulesOf(engine);
  const withExports = (...names: readonly string[]): CoreModule => {
    const [found, ...others] = modules.filter(({ exports }) => names.every((name) => exports.has(name)));
    if (found === undefined || others.length > 0)
      throw new Error(`not one module of the component exports ${names.join(", ")}`);
    return found;
  };
  return {
    snapshot: withExports("memory", "__indirect_function_table", "__stack_pointer"),
    runtime: withExports("wit_dylib_export_call", "init"),
    lifting: withExports("evaluate", "__wasm_call_ctors"),
  };
}

/** Before what belongs to one of the libraries, among the snapshot's exports. */
const libraries = { runtime: "componentize_qjs_runtime.wasm", lifting: "wit-dylib.wasm" } as const;
const wasi = "wasi_snapshot_preview1";
const reset = "reset_adapter_state";
const [noneToNone, reallocType] = [Uint8Array.of(0x60, 0, 0), Uint8Array.of(0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f)];

/** Gives a function's place among all. */
type Others = ReadonlyMap<string, (name: string) => number>;

/** The engine's component with the kernel that it imports by a name. */
export function linkComponent(
  engine: Uint8Array,
  kernelName: string,
  kernel: readonly KernelFunction[],
  exported: Exported,
): Uint8Array {
  const { snapshot, runtime, lifting } = partsOf(engine);
  const linker = new Linker();

  const types = new Map(
    [...runtime.imports, ...lifting.imports].flatMap(({ type }) =>
      type === undefined ? [] : [[type.join(), type] as const],
    ),
  );
  const traps = linker.instance(moduleOf(types, bodies.trap), new Map());
  // WASI's adapter has a state where it has functions that are called.
  const still = linker.instance(moduleOf(new Map([[reset, noneToNone]]), bodies.nothing), new Map());
  const resetting = linker.of(still, "function", reset);

  const pagesOf = ({ bytes }: KernelFunction): number => Math.ceil(bytes / pageBytes);
  const { module, added } = joinSnapshot(
    snapshot.bytes,
    kernel.reduce((sum, one) => sum + pagesOf(one), 0),
  );
  const given = linker.gathered([{ name: reset, kind: "function", index: resetting }]);
  const owner = linker.instance(module, new Map([[wasi, given]]));
  const memory = linker.of(owner, "memory", "memory");
  const table = linker.of(owner, "table", "__indirect_function_table");

  function globalOf({ module: from, name }: Imported, library: string): number {
    const found = [`${library}:${name.replace(/^__/, "")}`, name].find(
      (one) => snapshot.exports.get(one)?.kind === "global",
    );
    if (found === undefined) throw new Error(`the snapshot has no ${from} ${name}`);
    return linker.of(owner, "global", found);
  }

  function indexOf(wanted: Imported, library: string, others: Others): number {
    const { module: from, name, kind, type } = wanted;
    if (kind === "memory") return memory;
    if (kind === "table") return table;
    if (kind === "global") return globalOf(wanted, library);
    if (from === wasi && name === reset) return resetting;
    return others.get(from)?.(name) ?? linker.of(traps, "function", type?.join() ?? "");
  }

  function libraryOf({ bytes, imports }: CoreModule, library: string, others: Others): number {
    const names = [...new Set(imports.map(({ module: from }) => from))];
    const gathered = names.map((from) => {
      const items = imports
        .filter((one) => one.module === from)
        .map((one): Item => ({ name: one.name, kind: one.kind, index: indexOf(one, library, others) }));
      return [from, linker.gathered(items)] as const;
    });
    return linker.instance(bytes, new Map(gathered));
  }

  const running = libraryOf(runtime, libraries.runtime, new Map());
  const ofRuntime = (name: string): number => linker.of(running, "function", name);

  let base = added;
  const calculated = new Map<string, number>();
  for (const one of kernel) {
    const env = linker.gathered([
      { name: "memory", kind: "memory", index: memory },
      { name: "cabi_realloc", kind: "function", index: ofRuntime("cabi_realloc") },
    ]);
    const instance = linker.instance(one.module(base), new Map([["env", env]]));
    calculated.set(one.name, linker.of(instance, "function", one.export));
    base += pagesOf(one) * pageBytes;
  }
  const ofKernel = (name: string): number => {
    const index = calculated.get(name);
    if (index === undefined) throw new Error(`the kernel has no ${name}`);
    return index;
  };
  const lifted = libraryOf(
    lifting,
    libraries.lifting,
    new Map([
      ["env", ofRuntime],
      [kernelName, ofKernel],
    ]),
  );

  // What QuickJS calls by its place in the table, which is in the snapshot.
  const slots = new Map(
    runtime.imports
      .filter(({ module: from }) => from === "GOT.func")
      .map(({ name }) => {
        const slot = snapshot.globals[snapshot.exports.get(`${libraries.runtime}:${name}`)?.index ?? -1];
        if (name !== "cabi_realloc" || slot === undefined) throw new Error(`the place of ${name} is not known`);
        return [name, slot] as const;
      }),
  );
  const placed = [...slots.keys()].map((name): Item => ({ name, kind: "function", index: ofRuntime(name) }));
  const env = linker.gathered([...placed, { name: "table", kind: "table", index: table }]);
  linker.instance(placingModule(slots, reallocType), new Map([["env", env]]));

  for (const [instance, functions] of [
    [running, exported.runtime],
    [lifted, exported.lifting],
  ] as const)
    for (const { name, types: own, type } of functions) {
      const first = own.map((one) => linker.type(one));
      const index = linker.type(type((one) => first[one] as number));
      const of = (called: string): number => linker.of(instance, "function", called);
      linker.lift(name, index, {
        called: of(name),
        memory,
        realloc: of("cabi_realloc"),
        after: of(`cabi_post_${name}`),
      });
    }
  return linker.bytes();
}
