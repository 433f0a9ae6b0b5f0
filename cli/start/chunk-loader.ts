/**
 * Loads the parts of the built program. The build writes each as a script of one function that fills `exports`, because
 * V8 takes code that was compiled earlier for scripts, and Node's own loaders do not hand it over.
 */
import type { Script } from "node:vm";

/** What a chunk is: `scripts/chunk-scripts.ts` writes functions with these parameters. */
type ChunkFunction = (
  exports: object,
  require: (name: string) => unknown,
  module: { exports: object },
  importFrom: (name: string) => Promise<unknown>,
  moduleUrl: string,
) => void;

export interface ChunkSurroundings {
  /** The script of a chunk, by its file's name. */
  readonly scriptOf: (name: string) => Script;
  /** Modules of Node, and packages as the program's own file finds them. */
  readonly require: (name: string) => unknown;
  readonly importPackage: (name: string) => Promise<unknown>;
  /** The folder of the chunks, as a URL that ends with a slash. */
  readonly url: string;
}

/** Chunks name each other as files of one folder. */
const beside = "./";

/** A function that loads a chunk by its file's name, with those that it needs. Each runs once. */
export function chunkLoader({ scriptOf, require, importPackage, url }: ChunkSurroundings): (name: string) => object {
  const modules = new Map<string, { exports: object }>();
  const load = (name: string): object => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    try {
      (scriptOf(name).runInThisContext() as ChunkFunction)(module.exports, required, module, importFrom, url + name);
    } catch (error) {
      // Nobody may be given a half of it later.
      modules.delete(name);
      throw error;
    }
    return module.exports;
  };
  // Packages may also ask it to resolve a name.
  const required = Object.assign(
    (name: string): unknown => (name.startsWith(beside) ? load(name.slice(beside.length)) : require(name)),
    require,
  );
  const importFrom = async (name: string): Promise<unknown> =>
    name.startsWith(beside) ? load(name.slice(beside.length)) : importPackage(name);
  return load;
}
