#!/usr/bin/env node
/**
 * The built program's first file, and with `main.ts` the only user of `process`. It awaits the end: a program that
 * stops without an answer ends with Node's own exit code 13, and never with 0.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type * as program from "../main.ts";
import { chunkLoader } from "./chunk-loader.ts";
import { openScripts } from "./open-scripts.ts";

/** The file name of the chunk that `main.ts` became. */
declare const SALLYPORT_MAIN: string;

const require = createRequire(import.meta.url);
const chunks = new URL("chunks/", import.meta.url);
const folders = { chunks: fileURLToPath(chunks), compiled: fileURLToPath(new URL("compiled/", import.meta.url)) };
const load = chunkLoader({
  scriptOf: openScripts(folders, process, require),
  require,
  importPackage: (name) => import(name),
  url: chunks.href,
});
await (load(SALLYPORT_MAIN) as typeof program).finished;
