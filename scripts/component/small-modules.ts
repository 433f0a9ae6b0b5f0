/** Modules that stand beside the engine's: of functions that do nothing or trap, and of places in a table. */
import { join, modulePreamble, positive, section, text, unsigned, vector } from "./core-module.ts";

const byte = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const sections = { type: 1, import: 2, function: 3, export: 7, element: 9, code: 10 } as const;
const end = 0x0b;

export const bodies = { nothing: [], trap: [0x00] } as const;

/** Functions by their names, with their types as they are written, and one body. */
export const moduleOf = (types: ReadonlyMap<string, Uint8Array>, body: readonly number[]): Uint8Array =>
  join(
    modulePreamble,
    section(sections.type, vector([...types.values()])),
    section(sections.function, vector([...types].map((_, index) => unsigned(index)))),
    section(
      sections.export,
      vector([...types.keys()].map((name, index) => join(text(name), byte(0), unsigned(index)))),
    ),
    section(sections.code, vector([...types].map(() => join(unsigned(body.length + 2), byte(0, ...body, end))))),
  );

const [constant, functionReference] = [0x41, 0x70];

/** Puts functions, which it imports from `env` by their names, into places of `env`'s `table`. All have one type. */
export function placingModule(slots: ReadonlyMap<string, number>, type: Uint8Array): Uint8Array {
  const functions = [...slots.keys()].map((name) => join(text("env"), text(name), byte(0, 0)));
  const table = join(text("env"), text("table"), byte(1, functionReference, 0, 0));
  const elements = [...slots.values()].map((slot, index) =>
    join(byte(0, constant), positive(slot), byte(end, 1), unsigned(index)),
  );
  return join(
    modulePreamble,
    section(sections.type, vector([type])),
    section(sections.import, vector([...functions, table])),
    section(sections.element, vector(elements)),
  );
}
