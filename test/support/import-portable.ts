/**
 * Modules of core as a host other than Node has them: every `#…` import resolves to its `default`. The tests' own
 * imports resolve to Node's modules.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { neutralOptions } from "../../scripts/build-options.ts";
import { projectRoot, tempFolder } from "./temp-folder.ts";

/** The module at `path`, bundled as the portable engine is. It throws the same class of errors as the tests import. */
export async function importPortable<T>(path: string): Promise<T> {
  const outfile = join(tempFolder({ "package.json": '{ "type": "module" }' }), "portable.js");
  await build({
    ...neutralOptions(projectRoot, join(projectRoot, path)),
    outfile,
    external: [join(projectRoot, "core/errors.ts")],
  });
  return (await import(pathToFileURL(outfile).href)) as T;
}
