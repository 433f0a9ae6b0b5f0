/**
 * Runs in a Node of its own, without flags: `record-code.mjs DIST FIXTURES`. Runs command lines over the scenes of the
 * documentation, so that V8 compiles what they call, and writes that down for the Node that runs it. V8 compiles a
 * function when it is first called, so what no line calls is compiled by whoever calls it later, as ever.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import type * as program from "../cli/main.ts";
import { chunkLoader } from "../cli/start/chunk-loader.ts";
import { codeSeals, compiledFolder, compiledName } from "../cli/start/compiled-code.ts";
import { shownName } from "../cli/start/open-scripts.ts";
import { serveLayout } from "./record-registry.ts";

/** What people and scripts run most. Where SQLite is not installed, those with a mirror end early. */
const lines: readonly string[] = [
  "version",
  "help verify",
  "mirror add layout --complete MIRROR",
  "trust import trust/trusted-root.json MIRROR",
  "mirror ls MIRROR",
  "verify BY-KEY MIRROR IMAGE:signed",
  "verify BY-KEY --layout layout -o json IMAGE:signed",
  "verify BY-KEY --layout layout --complete IMAGE:unsigned",
  "verify BY-IDENTITY MIRROR IMAGE:signed-keyless",
  "verify BY-IDENTITY ROOT --layout layout IMAGE:signed-keyless-by-cosign-2",
  "apply policies/01-signature-by-key.yaml -r signed.yaml --layout layout",
  "apply policies/06-keyless.yaml -r signed-keyless.yaml MIRROR",
  "explain IMAGE:signed -p policies/01-signature-by-key.yaml --layout layout",
  "tree IMAGE:signed --layout layout",
  "verify BY-KEY ONLINE REGISTRY:signed",
  "verify BY-IDENTITY ROOT ONLINE REGISTRY:signed-keyless",
];

const host = "ghcr.io";
const repository = "kyverno/test-verify-image";
const named: Readonly<Record<string, string>> = {
  IMAGE: `${host}/${repository}`,
  MIRROR: "--store mirror",
  "BY-KEY": "--key trust/release.pub --insecure-ignore-tlog",
  "BY-IDENTITY": "--certificate-identity ada@example.com --certificate-oidc-issuer https://accounts.google.com",
  ONLINE: "--online --allow-http-registry",
  ROOT: "--trusted-root trust/trusted-root.json",
};

const podOf = (tag: string): string => `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: default }
spec: { containers: [{ name: web, image: "${named.IMAGE}:${tag}" }] }
`;

/** What is said on the standard output, as JSON. */
export interface Recording {
  /** Below the folder of the build. */
  readonly folder: string;
  /** Command line → exit code. */
  readonly lines: Readonly<Record<string, number>>;
  readonly chunks: number;
  readonly bytes: number;
}

/** Runs `act` while nothing that is written is shown. */
async function silently(act: () => Promise<void>): Promise<void> {
  const streams = [process.stdout, process.stderr] as const;
  const writers = streams.map((stream) => stream.write);
  for (const stream of streams) stream.write = () => true;
  try {
    await act();
  } finally {
    for (const [at, stream] of streams.entries()) stream.write = writers[at] ?? stream.write;
  }
}

async function record(dist: string, fixtures: string): Promise<Recording> {
  const chunks = join(dist, "chunks");
  const scripts = new Map<string, { readonly source: Buffer; readonly script: Script }>();
  /** One script a chunk, however often it runs: it collects what every line compiled. */
  const scriptOf = (name: string): Script => {
    const known = scripts.get(name);
    if (known !== undefined) return known.script;
    const source = readFileSync(join(chunks, name));
    const script = new Script(source.toString("utf8"), { filename: shownName(name) });
    scripts.set(name, { source, script });
    return script;
  };
  const loader = (): ((name: string) => object) =>
    chunkLoader({
      scriptOf,
      require: createRequire(join(dist, "sallyport.mjs")),
      importPackage: (name) => import(name),
      url: pathToFileURL(join(chunks, "/")).href,
    });
  const names = readdirSync(chunks);
  const main = names.find((name) => name.startsWith("main-"));
  if (main === undefined) throw new Error(`there is no main chunk in ${chunks}`);
  const exits: Record<string, number> = {};
  // V8 forgets code that has not run for a while; these chunks are all wanted in the end.
  setFlagsFromString("--no-flush-bytecode");
  await silently(async () => {
    process.stdout.setMaxListeners(0);
    process.stderr.setMaxListeners(0);
    process.chdir(fixtures);
    const registry = await serveLayout("layout", host);
    const texts: Readonly<Record<string, string>> = { ...named, REGISTRY: `${registry.host}/${repository}` };
    for (const tag of ["signed", "signed-keyless"]) writeFileSync(`${tag}.yaml`, podOf(tag));
    for (const line of lines) {
      const words = line
        .split(" ")
        .flatMap((word) => word.replace(/^[A-Z-]+/, (name) => texts[name] ?? name).split(" "));
      process.argv = [process.execPath, join(dist, "sallyport.mjs"), ...words];
      await (loader()(main) as typeof program).finished;
      exits[line] = Number(process.exitCode ?? 0);
    }
    process.exitCode = 0;
    registry.close();
    // Everything else is compiled as far as loading goes.
    const load = loader();
    for (const name of names) if (!scripts.has(name)) load(name);
  });
  // A flag that differs when the code is read would refuse it.
  setFlagsFromString("--flush-bytecode");
  const seals = codeSeals(process, hash);
  const folder = `compiled/${compiledFolder(process)}`;
  mkdirSync(join(dist, folder), { recursive: true });
  let bytes = 0;
  for (const [name, { source, script }] of scripts) {
    const file = seals.seal(source, script.createCachedData());
    bytes += file.length;
    writeFileSync(join(dist, folder, compiledName(name)), file);
  }
  return { folder, lines: exits, chunks: scripts.size, bytes };
}

const [dist = "", fixtures = ""] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await record(dist, fixtures))}\n`);
