/** The engine's world, as hosts and as QuickJS see it. Source: docs/spec/bundles.md#component. */
import { join, text, unsigned, vector } from "./core-module.ts";

/** The interface of the kernel, which QuickJS imports as a module. */
export function kernelName(wit: string): string {
  const [, name, version] = /^package ([a-z:]+)@([0-9.]+);$/m.exec(wit) ?? [];
  if (name === undefined || version === undefined) throw new Error("the world has no package with a version");
  return `${name}/kernel@${version}`;
}

/** The world that QuickJS is given: with the kernel, which is linked afterwards. */
export function innerWorld(wit: string, kernel: string): string {
  const opened = wit.replace(/^(world [a-z-]+ \{)$/m, "$1\n  import kernel;");
  if (opened === wit) throw new Error("there is no world");
  return `${opened}\n${kernel}`;
}

/** What a world exports, and what is added to it. */
export const exportsOfWorld = (wit: string): readonly string[] =>
  [...[...wit.matchAll(/^\s*export ([a-z-]+): func/gm)].map(([, name = ""]) => name), "init"].sort();

/** What componentize-qjs exports beside the world: it made the snapshot by that, and it does nothing any more. */
export const initText =
  "export init: func(shim: string, script: string, entry-path: option<string>, disable-gc: bool) -> result<_, string>;";

/** A function of the world with its type, which names types that are made for it before, by their order. */
export interface WorldFunction {
  readonly name: string;
  readonly types: readonly Uint8Array[];
  readonly type: (index: (type: number) => number) => Uint8Array;
}

const primitives: Readonly<Record<string, number>> = { bool: 0x7f, u8: 0x7d, u32: 0x79, string: 0x73 };
const [list, option, result, functionType] = [0x70, 0x6b, 0x6a, 0x40];

const primitive = (name: string): Uint8Array => {
  const code = primitives[name];
  if (code === undefined) throw new Error(`a type that is not known here: ${name}`);
  return Uint8Array.of(code);
};

/** `list<u8>`, `option<u32>`, `result<_, string>`: of what is primitive. */
function madeType(written: string): Uint8Array {
  const [, kind, inside = ""] = /^(list|option|result)<([a-z0-9_, ]+)>$/.exec(written) ?? [];
  if (kind === "list") return join(Uint8Array.of(list), primitive(inside));
  if (kind === "option") return join(Uint8Array.of(option), primitive(inside));
  if (kind !== "result") throw new Error(`a type that is not known here: ${written}`);
  const cases = inside
    .split(", ")
    .map((one) => (one === "_" ? Uint8Array.of(0) : join(Uint8Array.of(1), primitive(one))));
  return join(Uint8Array.of(result), ...cases);
}

/** The functions that a text in WIT exports. */
export function functionsOfWorld(wit: string): readonly WorldFunction[] {
  return [...wit.matchAll(/^\s*export ([a-z-]+): func\((.*)\) -> (.*);$/gm)].map(
    ([, name = "", inside = "", answer = ""]) => {
      const types: Uint8Array[] = [];
      const typeOf = (written: string): ((index: (type: number) => number) => Uint8Array) => {
        const code = primitives[written];
        if (code !== undefined) return () => Uint8Array.of(code);
        const at = types.push(madeType(written)) - 1;
        return (index) => unsigned(index(at));
      };
      const parameters = inside
        .split(/, (?=[a-z-]+: )/)
        .map((one) => one.split(": ") as [string, string])
        .map(([label, written]) => [label, typeOf(written)] as const);
      const last = typeOf(answer);
      return {
        name,
        types,
        type: (index) =>
          join(
            Uint8Array.of(functionType),
            vector(parameters.map(([label, one]) => join(text(label), one(index)))),
            Uint8Array.of(0),
            last(index),
          ),
      };
    },
  );
}
