/**
 * The WebAssembly component: how large it is, that it imports nothing, and that it exports what its world says and
 * `init`, which componentize-qjs adds. Where its tools cannot be had it is not looked at, and counted as skipped.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { CheckReport } from "./check.ts";
import { findComponent } from "./component/build-component.ts";
import { exportsOfWorld } from "./component/world.ts";

/** In bytes: as it is, and as gzip. */
const mostRaw = 8_000_000;
const mostGzip = 3_145_728;

/** What jco's module gives its users. */
export const exportsOfModule = (declarations: string): readonly string[] =>
  [...declarations.matchAll(/^export function (\w+)\(/gm)].map(([, name = ""]) => name).sort();

/** Faults of a component's folder. */
export function componentFaults(folder: string, raw = mostRaw, zipped = mostGzip): readonly string[] {
  const bytes = readFileSync(join(folder, "engine.wasm"));
  const gzip = gzipSync(bytes, { level: 9 }).length;
  const world = exportsOfWorld(readFileSync(join(folder, "engine.wit"), "utf8"));
  const module = exportsOfModule(readFileSync(join(folder, "wasm/engine.d.ts"), "utf8"));
  return [
    ...(bytes.length > raw ? [`engine.wasm has ${bytes.length} bytes, at most ${raw}`] : []),
    ...(gzip > zipped ? [`engine.wasm has ${gzip} bytes as gzip, at most ${zipped}`] : []),
    ...(world.join() === module.join() ? [] : [`the component exports ${module.join()}, its world ${world.join()}`]),
  ];
}

export async function checkComponent(root: string): Promise<CheckReport> {
  if (!existsSync(join(root, "scripts/component"))) return { saw: "nothing", faults: ["there is no component"] };
  const found = await findComponent(root);
  if ("missing" in found) return { saw: `nothing: ${found.missing}`, faults: [], skipped: 1 };
  const size = statSync(join(found.folder, "engine.wasm")).size;
  return { saw: `${Math.ceil(size / 1024)} KiB`, faults: componentFaults(found.folder) };
}
