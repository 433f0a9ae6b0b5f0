/**
 * Hosts of the engine, and how each is asked: the built files run where a user would run them. A host that is not here
 * says what is missing.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { openCapsule } from "../../core/capsule/open-capsule.ts";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import { parsePublicKeysPem } from "../../core/crypto/public-key.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { createEngine, type Decision } from "../../core/decide/engine.ts";
import { toDecisionJson } from "../../core/decide/result-json.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { bundleText } from "../../scripts/build-engine.ts";
import { extras } from "../../scripts/check-bundles.ts";
import { findComponent } from "../../scripts/component/build-component.ts";
import { componentFolder } from "../../scripts/component/tools.ts";
import { findBrowser } from "./browser.ts";
import type { Scene } from "./corpus.ts";
import { decideScript, workerHosts } from "./workers.ts";

/** One text for each decision, in the order of the corpus. */
export type Decided = readonly string[];

export type Answered = Decided | { readonly missing: string };

export interface Host {
  readonly name: string;
  decide(scenes: readonly Scene[]): Promise<Answered> | Answered;
}

const whole = (decision: Decision): string => JSON.stringify({ decisions: [toDecisionJson(decision)] });

const inNode = (name: string, crypto: SignatureVerifier): Host => ({
  name,
  decide: (scenes) =>
    scenes.flatMap(({ capsule: bytes, keys, cases }) => {
      const limits = defaultLimits;
      const accepted = keys.flatMap((text) => parsePublicKeysPem(text, limits));
      const capsule = openCapsule(bytes, { keys: accepted, verifier: crypto, limits });
      const engine = createEngine({ ...capsule.engine, crypto });
      return cases.map(({ request, now }) =>
        whole(engine.decide(requestFor(JSON.parse(request)), capsule.knowledge, new Date(now))),
      );
    }),
});

/** The corpus as a script's host reads it: bytes as lists of numbers, or base64. */
const plain = (scenes: readonly Scene[]): string =>
  JSON.stringify(scenes.map((scene) => ({ ...scene, capsule: Buffer.from(scene.capsule).toString("base64") })));

const projected = (texts: readonly string[]): Decided => texts.map((text) => whole(JSON.parse(text) as Decision));

const inContext = (root: string): Host => ({
  name: "bare context (V8)",
  decide: async (scenes) => {
    const context = createContext(Object.create(null) as object);
    for (const name of extras) runInContext(`delete globalThis.${name}`, context);
    runInContext(await bundleText(root, "edge", "script"), context, { filename: "engine.iife.js" });
    // Bytes are made inside: a context has constructors of its own.
    const hex = JSON.stringify(
      scenes.map((scene) => ({ ...scene, capsule: Buffer.from(scene.capsule).toString("hex") })),
    );
    const bytesOf =
      "(text) => Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16))";
    const said = runInContext(`JSON.stringify((${decideScript})(${hex}, ${bytesOf}))`, context) as string;
    return projected(JSON.parse(said) as readonly string[]);
  },
});

/** A host that says nothing for so long has failed, and the next is asked. */
export const lateAfter = 10 * 60_000;

/** Runs a program that reads the corpus and writes one JSON list of texts. */
function byProgram(command: string, words: readonly string[], scenes: readonly Scene[], root: string): Decided {
  const folder = join(componentFolder(root), "determinism");
  mkdirSync(folder, { recursive: true });
  const [input, output] = [join(folder, "corpus.json"), join(folder, "decided.json")];
  writeFileSync(input, plain(scenes));
  const { status, stderr, error } = spawnSync(command, [...words, input, output], {
    encoding: "utf8",
    timeout: lateAfter,
  });
  if (error !== undefined || status !== 0)
    throw new Error(`${command}: ${error?.message ?? stderr.trim().slice(-1500)}`);
  return JSON.parse(readFileSync(output, "utf8")) as Decided;
}

/** Node 20's V8 has these constants, and wants to be told so. */
export const wasmFlags = (): readonly string[] =>
  process.allowedNodeEnvironmentFlags.has("--experimental-wasm-extended-const") ||
  Number(process.versions.node.split(".")[0]) < 21
    ? ["--experimental-wasm-extended-const"]
    : [];

const here = (root: string, name: string): string => join(root, "test/determinism", name);

const byModule = (root: string): Host => ({
  name: "QuickJS by jco, in Node",
  decide: async (scenes) => {
    const found = await findComponent(root);
    if ("missing" in found) return found;
    const module = join(found.folder, "wasm/engine.js");
    return byProgram(process.execPath, [...wasmFlags(), here(root, "jco-host.mjs"), module], scenes, root);
  },
});

/** Python with wasmtime: one that was named, or a virtual environment below `.component/`. */
function findWasmtime(root: string): { readonly python: string } | { readonly missing: string } {
  const folder = join(componentFolder(root), "python");
  const python = join(folder, "bin/python");
  const isThere = (): boolean => spawnSync(python, ["-c", "import wasmtime"]).status === 0;
  if (existsSync(python) && isThere()) return { python };
  const made = spawnSync("python3", ["-m", "venv", folder], { encoding: "utf8" });
  if (made.status !== 0) return { missing: "python3 with venv" };
  const pip = spawnSync(python, ["-m", "pip", "install", "--quiet", "wasmtime==50.0.1"], { encoding: "utf8" });
  return pip.status === 0 && isThere() ? { python } : { missing: "wasmtime 50.0.1 of PyPI" };
}

const byWasmtime = (root: string): Host => ({
  name: "QuickJS by wasmtime, in Python",
  decide: async (scenes) => {
    const found = await findComponent(root);
    if ("missing" in found) return found;
    const wasmtime = findWasmtime(root);
    if ("missing" in wasmtime) return wasmtime;
    const words = [here(root, "wasmtime-host.py"), join(found.folder, "engine.wasm")];
    return byProgram(wasmtime.python, words, scenes, root);
  },
});

/** Decides in a page that a browser without a window shows. */
const inBrowser = (root: string): Host => ({
  name: "Chromium, headless",
  decide: async (scenes) => {
    const browser = findBrowser();
    if (browser === undefined) return { missing: "chromium" };
    const page = `<!doctype html><script src="/engine.js"></script><script type="module">
      const scenes = await (await fetch("/corpus")).json();
      const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
      let body;
      try { body = JSON.stringify((${decideScript})(scenes, bytesOf)); }
      catch (error) { body = JSON.stringify(String(error?.stack)); }
      await fetch("/decided", { method: "POST", body });
    </script>`;
    const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
      "/": ["text/html; charset=utf-8", page],
      "/engine.js": ["text/javascript; charset=utf-8", await bundleText(root, "edge", "script")],
      "/corpus": ["application/json", plain(scenes)],
    };
    const said = await browser.run(files, "/decided");
    const decided = JSON.parse(said) as readonly string[] | string;
    if (typeof decided === "string") throw new Error(`Chromium: ${decided}`);
    return projected(decided);
  },
});

/** The hosts that Node itself has. */
export const ownHosts = (root: string): readonly Host[] => [
  inNode("Node, OpenSSL", nodeVerifier),
  inNode("Node, portable", nobleVerifier),
  inContext(root),
];

export const allHosts = (root: string): readonly Host[] => [
  ...ownHosts(root),
  byModule(root),
  byWasmtime(root),
  inBrowser(root),
  ...workerHosts(root, projected),
];
