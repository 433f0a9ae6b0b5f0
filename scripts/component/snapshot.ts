/**
 * The memory that a component begins with. It is written as pieces between zeros, of which there are as many as a
 * module of this kind may have: each is read, checked and placed for itself, and most zeros between them are few.
 */
import { join, positive, Reader, section, sectionsOf, unsigned } from "./core-module.ts";

const sections = { memory: 5, data: 11 } as const;
export const pageBytes = 65_536;

/** Zeros between two pieces: so many cost less than a piece. */
const mostZeros = 128;

interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

const [atConstant, constant, end] = [0, 0x41, 0x0b];

function readPieces(content: Uint8Array): readonly Piece[] {
  const reader = new Reader(content);
  return reader.vector(() => {
    if (reader.unsigned() !== atConstant || reader.byte() !== constant)
      throw new Error("a snapshot's memory that is not at constant addresses");
    const at = reader.signed();
    if (reader.byte() !== end) throw new Error("an address that is calculated");
    return { at, bytes: reader.take(reader.unsigned()) };
  });
}

/** Pieces in the order of their addresses, joined over few zeros. */
export function joinPieces(pieces: readonly Piece[], most = mostZeros): readonly Piece[] {
  const joined: { at: number; parts: Uint8Array[]; end: number }[] = [];
  for (const { at, bytes } of [...pieces].sort((left, right) => left.at - right.at)) {
    const last = joined.at(-1);
    if (last !== undefined && at < last.end) throw new Error("two pieces of a snapshot at one place");
    if (last === undefined || at - last.end > most) joined.push({ at, parts: [bytes], end: at + bytes.length });
    else {
      last.parts.push(new Uint8Array(at - last.end), bytes);
      last.end = at + bytes.length;
    }
  }
  return joined.map(({ at, parts }) => ({ at, bytes: join(...parts) }));
}

const encodePieces = (pieces: readonly Piece[]): Uint8Array =>
  join(
    unsigned(pieces.length),
    ...pieces.flatMap(({ at, bytes }) => [
      Uint8Array.of(atConstant, constant),
      positive(at),
      Uint8Array.of(end),
      unsigned(bytes.length),
      bytes,
    ]),
  );

export interface Snapshot {
  readonly module: Uint8Array;
  /** Where the pages begin that were added. */
  readonly added: number;
}

/** The module that has the memory, with so many pages more behind it, and its pieces joined. */
export function joinSnapshot(module: Uint8Array, pages: number): Snapshot {
  let had: number | undefined;
  const parts = sectionsOf(module).map(({ id, content }) => {
    if (id === sections.data) return section(id, encodePieces(joinPieces(readPieces(content))));
    if (id !== sections.memory) return section(id, content);
    const reader = new Reader(content);
    const [count, flags] = [reader.unsigned(), reader.byte()];
    had = reader.unsigned();
    if (count !== 1 || flags !== 0 || reader.at !== content.length)
      throw new Error("a snapshot is one memory that may grow");
    return section(id, join(Uint8Array.of(1, 0), unsigned(had + pages)));
  });
  if (had === undefined) throw new Error("there is no memory");
  return { module: join(module.subarray(0, 8), ...parts), added: had * pageBytes };
}
