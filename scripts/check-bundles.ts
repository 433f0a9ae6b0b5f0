/**
 * The portable engine needs no host: its bundle names nothing of Node's and runs in a bare context. Source:
 * docs/architecture.md#portability.
 */
import { createContext, runInContext } from "node:vm";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { bundleText, hasEngine } from "./build-engine.ts";
import type { CheckReport } from "./check.ts";

/** What dependencies do only where a host has it (`TextEncoder`, timers) is left to the run in a bare context. */
const forbidden: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: "node:", pattern: /["'`]node:[a-z]/g },
  { name: "process.", pattern: /(?<![\w$.])process\s*(?:\.|\?\.|\[)/g },
  { name: "Buffer", pattern: /(?<![\w$.])Buffer\s*(?:\.|\?\.|\[|\()/g },
  { name: "require(", pattern: /(?<![\w$.])require\s*\(/g },
];

/** What a bundle's text names of a host, each with the text around it. */
export function hostNames(script: string): readonly string[] {
  return forbidden.flatMap(({ name, pattern }) =>
    [...script.matchAll(pattern)].map(({ index }) => {
      const around = script.slice(Math.max(0, index - 40), index + 60).replace(/\s+/g, " ");
      return `${name} at ${index}: …${around}…`;
    }),
  );
}

/** Bytes of the engine as a browser fetches it. */
const mostPacked = 204_800;

/** What somebody may want of the engine by itself, and how many bytes that has at most, of more than 700,000. */
const parts: Readonly<Record<string, number>> = {
  "": 1_000,
  EngineError: 1_500,
  matchWildcard: 4_000,
  parseReference: 6_000,
  MemoryKnowledge: 32_000,
  nobleVerifier: 72_000,
  parseBundle: 96_000,
  loadPolicies: 128_000,
};

/** How many bytes of a module a bundler keeps for one name of it; for none where `name` is empty. */
export async function bytesOfPart(module: string, name: string): Promise<number> {
  const path = "engine.mjs";
  const { outputFiles } = await build({
    stdin: { contents: name === "" ? `import "${path}";` : `export { ${name} } from "${path}";` },
    bundle: true,
    minify: true,
    format: "esm",
    charset: "utf8",
    write: false,
    logLevel: "silent",
    plugins: [
      {
        name: "in-memory",
        setup(setting) {
          setting.onResolve({ filter: /./ }, () => ({ path, namespace: "memory" }));
          setting.onLoad({ filter: /./, namespace: "memory" }, () => ({ contents: module }));
        },
      },
    ],
  });
  return Buffer.byteLength(outputFiles[0]?.text ?? "");
}

/** Names of which a bundler keeps more than it should. */
async function partFaults(module: string): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [name, most] of Object.entries(parts)) {
    const bytes = await bytesOfPart(module, name);
    if (bytes > most) faults.push(`engine.mjs: ${bytes} bytes stay for ${name || "no name"}, at most ${most}`);
  }
  return faults;
}

/** What V8 puts beside the language and a smaller host lacks. */
export const extras = ["console", "Intl", "WebAssembly", "SharedArrayBuffer", "Atomics"];

/**
 * Runs a script that defines the global `sallyport` in a context with nothing but the language, and `expression` after
 * it.
 */
export function runBare(script: string, expression: string): unknown {
  const context = createContext(Object.create(null) as object);
  for (const name of extras) runInContext(`delete globalThis.${name}`, context);
  runInContext(script, context, { filename: "engine.js" });
  return runInContext(expression, context, { filename: "smoke.js", timeout: 30_000 });
}

/** An engine over one policy, asked about one Pod with empty knowledge, must leave the matter unknown. */
const smoke = `
(() => {
  const keyless = { subject: "*", issuer: "https://issuer.example", rekor: { url: "https://log.example" } };
  const rule = {
    name: "signed",
    match: { any: [{ resources: { kinds: ["Pod"] } }] },
    verifyImages: [{ imageReferences: ["*"], attestors: [{ entries: [{ keyless }] }] }],
  };
  const policy = {
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "smoke" },
    spec: { validationFailureAction: "Enforce", rules: [rule] },
  };
  const loaded = sallyport.loadPolicies([{ name: "smoke.json", text: JSON.stringify(policy) }]);
  if (loaded.errors.length > 0) return loaded.errors[0].message;
  const engine = sallyport.createEngine({ policies: loaded.policies, crypto: sallyport.nobleVerifier });
  const request = sallyport.requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: { containers: [{ name: "c", image: "registry.example/app:1" }] },
  });
  const decision = engine.decide(request, { answer: () => undefined }, new Date(0));
  return [decision.allowed, decision.results.map((result) => result.status).join(), decision.open.length > 0].join(" ");
})()`;

/** Builds the engine in memory, scans it and runs the smoke test. */
export async function checkBundles(root: string): Promise<CheckReport> {
  if (!hasEngine(root)) return { saw: "nothing", faults: ["there is no engine to build: core/index.ts is missing"] };
  let script: string;
  let module: string;
  try {
    script = await bundleText(root, "engine", "script");
    module = await bundleText(root, "engine", "module");
  } catch (error) {
    return {
      saw: "nothing",
      faults: [
        `the engine does not build for a neutral host: ${error instanceof Error ? error.message : String(error)}`,
      ],
    };
  }
  const faults = [...hostNames(script), ...(await partFaults(module))];
  const packed = brotliCompressSync(module).length;
  if (packed > mostPacked) faults.push(`engine.mjs has ${packed} bytes as brotli, at most ${mostPacked}`);
  try {
    const answer = String(runBare(script, smoke));
    if (!answer.startsWith("false error") || !answer.endsWith("true"))
      faults.push(`the engine in a bare context answered: ${answer}`);
  } catch (error) {
    faults.push(
      `the engine does not run in a bare context: ${(error as { message?: string }).message ?? String(error)}`,
    );
  }
  return { saw: `${Math.ceil(script.length / 1024)} KiB, ${packed} bytes of brotli`, faults };
}
