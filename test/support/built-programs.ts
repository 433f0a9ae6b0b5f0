/** The programs as they are shipped, built once for all tests of a process. */
import { buildPrograms } from "../../scripts/build.ts";
import { linkPackages, projectRoot, tempFolder } from "./temp-folder.ts";

let built: Promise<string> | undefined;

/** The folder that holds `sallyport.mjs` and the clients of the conformance suites. Tests write nothing into it. */
export function builtPrograms(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const outdir = tempFolder();
  await buildPrograms({ root: projectRoot, outdir });
  linkPackages(outdir);
  return outdir;
}
