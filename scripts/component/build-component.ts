/**
 * The engine as a WebAssembly component (`engine.wasm`), and the same as an ES module for hosts that know modules and
 * WebAssembly (`wasm/engine.js`, by jco). Source: docs/spec/bundles.md#component.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { neutralOptions } from "../build-options.ts";
import { sha256Bytes, sha256Module } from "../../core/kernel/sha256-code.ts";
import { sumBytesOf, sumModule } from "../../core/kernel/sum-code.ts";
import { lengthModule } from "../../core/kernel/text-code.ts";
import { withCheckedIntegers } from "./checked-integers.ts";
import { type KernelFunction, linkComponent } from "./link-component.ts";
import { withOptionalArguments } from "./optional-arguments.ts";
import { type ComponentTools, componentFolder, openTools } from "./tools.ts";
import { functionsOfWorld, initText, innerWorld, kernelName } from "./world.ts";

const wit = "scripts/component/engine.wit";
const kernelWit = "scripts/component/kernel.wit";

/** What the texts below import. */
export const componentParts = [
  "core/entry/component.ts",
  "core/encoding/base64-codecs.ts",
  "core/kernel/block-hashes.ts",
  "core/kernel/sum-verifier.ts",
];

/** What `kernel.wit` names, and who calculates it. */
const kernelFunctions: readonly KernelFunction[] = [
  { name: "blocks", bytes: sha256Bytes, module: sha256Module, export: "blocks" },
  ...(["P-256", "P-384"] as const).map(
    (curve): KernelFunction => ({
      name: `has-x-${curve.toLowerCase().replace("-", "")}`,
      bytes: sumBytesOf(curve),
      module: (base) => sumModule(curve, base),
      export: "hasX",
    }),
  ),
  { name: "utf8-length", bytes: 0, module: lengthModule, export: "length" },
];

/** Texts that hand the kernel, and what QuickJS has, to those who calculate with it. */
const entryText = (kernel: string): string => `
import kernel from "${kernel}";
import { createComponent } from "./core/entry/component.ts";
import { createSumVerifier } from "./core/kernel/sum-verifier.ts";
export const { load, evaluate, explain, verify } = createComponent(createSumVerifier(kernel));
`;
const hashesText = (kernel: string): string => `
import kernel from "${kernel}";
import { blockHashes } from "./core/kernel/block-hashes.ts";
const hex = { toHex: (bytes) => bytes.toHex(), fromHex: (text) => Uint8Array.fromHex(text) };
export const { hashes, sha256Hex } = blockHashes(kernel, hex);
`;

const codecsText = (kernel: string): string => `
import kernel from "${kernel}";
import { base64Codecs } from "./core/encoding/base64-codecs.ts";
export const hostCodecs = base64Codecs({
  fromBase64: (text) => Uint8Array.fromBase64(text),
  toBase64: (bytes) => bytes.toBase64(),
  atob,
  btoa,
  // A lone surrogate is nothing that is handed over.
  utf8Length: (text) => (text.isWellFormed() ? kernel.utf8Length(text) : -1),
});
`;

/** What Node has others for, as conditions of `#…` imports; here they are texts, since the kernel has no file. */
const ownModules = (root: string, kernel: string): Plugin => ({
  name: "own-modules",
  setup: ({ onResolve, onLoad }) => {
    const texts: Readonly<Record<string, string>> = { "#hashes": hashesText(kernel), "#codecs": codecsText(kernel) };
    onResolve({ filter: /^#(?:hashes|codecs)$/ }, ({ path }) => ({ path, namespace: "own" }));
    onLoad({ filter: /./, namespace: "own" }, ({ path }) => ({ contents: texts[path] ?? "", resolveDir: root }));
  },
});

/** So many buffers of each size, as large as the pages of QuickJS' memory that a bundle leaves behind. */
const wiped = [
  [1 << 20, 12],
  [1 << 18, 24],
  [1 << 16, 48],
  [1 << 14, 96],
  [1 << 12, 200],
  [1 << 10, 400],
  [1 << 9, 800],
  [1 << 8, 800],
  [1 << 7, 1600],
  [1 << 6, 1600],
] as const;

/**
 * The module that the component begins with. The component is a snapshot of memory, with what QuickJS' parser left in
 * freed memory, and the bundle's text is freed when it is parsed: so the bundle is a module of its own. Buffers are
 * zeroed: to take that memory once and give it back leaves zeros, which compress and are left out.
 */
const first = `
import { evaluate, explain, load, verify } from "./bundle.js";
export { evaluate, explain, load, verify };
for (let n = 0; n < 3; n++) {
  const held = [];
  for (const [size, count] of ${JSON.stringify(wiped)})
    for (let i = 0; i < count; i++) held.push(new ArrayBuffer(size - 32));
}
`;

/** The JavaScript that is made a component, as one module. Escapes instead of letters beyond ASCII: half the memory. */
export async function componentSource(root: string): Promise<string> {
  const kernel = kernelName(readFileSync(join(root, wit), "utf8"));
  const { entryPoints: _none, plugins = [], ...options } = neutralOptions(root, "");
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: entryText(kernel), resolveDir: root, sourcefile: "component.ts", loader: "ts" },
    plugins: [...plugins, ownModules(root, kernel)],
    external: [kernel],
    charset: "ascii",
    minify: true,
    write: false,
    outfile: "component.mjs",
  });
  return outputFiles?.[0]?.text ?? "";
}

const digestOf = (...parts: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
};

async function make(root: string, source: string, tools: ComponentTools, folder: string): Promise<void> {
  const world = readFileSync(join(root, wit), "utf8");
  mkdirSync(join(folder, "wasm"), { recursive: true });
  const parts = join(folder, "parts");
  mkdirSync(parts);
  writeFileSync(join(parts, "inner.wit"), innerWorld(world, readFileSync(join(root, kernelWit), "utf8")));
  writeFileSync(join(parts, "bundle.js"), source);
  writeFileSync(join(parts, "first.js"), first);
  const engine = await tools.componentize({
    witPath: join(parts, "inner.wit"),
    jsSource: first,
    jsPath: join(parts, "first.js"),
    moduleRoot: parts,
    world: "engine",
    sync: true,
    stubWasi: true,
    optSize: true,
  });
  rmSync(parts, { recursive: true });
  const component = linkComponent(engine.component, kernelName(world), kernelFunctions, {
    runtime: functionsOfWorld(initText),
    lifting: functionsOfWorld(world),
  });
  const { files, imports } = await tools.transpileBytes(component, {
    name: "engine",
    base64Cutoff: 0,
    minify: true,
    nodejsCompat: true,
    tlaCompat: false,
    wasiShim: false,
    emitTypescriptDeclarations: true,
    // An error is an Error, as in modules that jco's own command makes, and no bare text.
    noComponentErrorWrapping: false,
  });
  if (imports.length > 0) throw new Error(`the component imports ${imports.join(", ")}`);
  writeFileSync(join(folder, "engine.wasm"), component);
  cpSync(join(root, wit), join(folder, "engine.wit"));
  const edits: Readonly<Record<string, (text: string) => string>> = {
    "engine.js": withCheckedIntegers,
    "engine.d.ts": withOptionalArguments,
  };
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(join(folder, "wasm", name), edits[name]?.(Buffer.from(bytes).toString("utf8")) ?? bytes);
}

export interface FindOptions {
  /** Told of what takes long. */
  readonly say?: (text: string) => void;
  /** Nothing is installed and nothing is built. */
  readonly onlyBuilt?: boolean;
}

/**
 * The folder of the component that belongs to the sources as they are, built if it is not there yet; or why it cannot
 * be built here.
 */
export async function findComponent(
  root: string,
  { say = () => undefined, onlyBuilt = false }: FindOptions = {},
): Promise<{ readonly folder: string } | { readonly missing: string }> {
  const source = await componentSource(root);
  const read = (name: string): string => readFileSync(join(root, "scripts/component", name), "utf8");
  const key = digestOf(
    source,
    ...[
      "engine.wit",
      "kernel.wit",
      "package-lock.json",
      "build-component.ts",
      "core-module.ts",
      "link-component.ts",
      "linker.ts",
      "small-modules.ts",
      "snapshot.ts",
      "world.ts",
      "checked-integers.ts",
      "optional-arguments.ts",
    ].map(read),
    ...kernelFunctions.map(({ module }) => Buffer.from(module(0)).toString("hex")),
  );
  const folder = join(componentFolder(root), "built", key.slice(0, 16));
  if (existsSync(folder)) return { folder };
  if (onlyBuilt) return { missing: "it was not built for these sources" };
  const tools = await openTools(root, say);
  if ("missing" in tools) return tools;
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  await make(root, source, tools, fresh);
  // What earlier sources made is not wanted again.
  const built = join(componentFolder(root), "built");
  for (const name of existsSync(built) ? readdirSync(built) : [])
    if (join(built, name) !== fresh) rmSync(join(built, name), { recursive: true, force: true });
  renameSync(fresh, folder);
  return { folder };
}
