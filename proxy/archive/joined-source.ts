/**
 * Several archives as one: what oc-mirror writes in files of a largest size, `mirror_000001.tar`, `mirror_000002.tar`,
 * …, each with some of what it holds. Source: docs/spec/sigstore.md#saved-layouts.
 */
import { EngineError } from "../../core/errors.ts";
import type { LayoutFile, LayoutSource } from "./layout-source.ts";

/** The name without its number, of a file that may be one of several. */
export function seriesOf(path: string): string | undefined {
  const match = /^(.*)_\d{6}\.(tar(?:\.[a-z0-9]+)?)$/.exec(path);
  return match === null ? undefined : `${match[1]}_*.${match[2]}`;
}

export class JoinedSource implements LayoutSource {
  readonly name: string;
  readonly #sources: readonly LayoutSource[];

  /** Closes them when it is closed. */
  constructor(sources: readonly LayoutSource[]) {
    this.#sources = sources;
    this.name = sources.map(({ name }) => name).join(", ");
  }

  open(path: string): LayoutFile | undefined {
    for (const source of this.#sources) {
      const file = source.open(path);
      if (file !== undefined) return file;
    }
    return undefined;
  }

  /** A folder of which one archive has nothing is listed from the others. */
  list(folder: string): readonly string[] {
    let refused: EngineError | undefined;
    const lists = this.#sources.flatMap((source) => {
      try {
        return [source.list(folder)];
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        refused = error;
        return [];
      }
    });
    if (lists.length === 0 && refused !== undefined) throw refused;
    return [...new Set(lists.flat())];
  }

  markers(): readonly string[] {
    return this.#sources.flatMap((source) => source.markers?.() ?? []);
  }

  close(): void {
    for (const source of this.#sources) source.close();
  }
}
