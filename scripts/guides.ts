/**
 * `npm run guides`: runs the commands of every guide and writes what they print into the page. A test runs them too,
 * and compares.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDist } from "./build.ts";
import { makeDemoFolder } from "./demo-folder.ts";
import { guideFaults, type GuidePage, type GuideRun, readGuide, renewGuide, runGuide } from "./guide-page.ts";

/** What a guide's commands find beside their folder. */
interface Surroundings {
  readonly variables: Readonly<Record<string, string>>;
  close(): void;
}

/** What is in the folder in which a guide's commands are run, and what they find beside it. */
type Preparation = (root: string, folder: string) => Surroundings | Promise<Surroundings>;

const nothing: Surroundings = { variables: {}, close: () => undefined };

/** What `npm run demo` leaves. */
const demo: Preparation = (root, folder) => {
  makeDemoFolder(root, folder);
  return nothing;
};

/** The layouts that the connected side made, a trusted root, and the checksums of all files; and its registry. */
const gap: Preparation = async (root, folder) => {
  cpSync(join(root, "test/fixtures/guides/across-the-gap"), folder, { recursive: true });
  cpSync(join(root, "test/fixtures/documentation/trust/trusted-root.json"), join(folder, "usb/trusted_root.json"));
  const files = readdirSync(join(folder, "usb"), { recursive: true, encoding: "utf8" })
    .map((path) => `usb/${path.replaceAll("\\", "/")}`)
    .filter((path) => statSync(join(folder, path)).isFile());
  const sums = files.sort().map((path) => `${sha256(readFileSync(join(folder, path)))}  ${path}\n`);
  writeFileSync(join(folder, "usb/SHA256SUMS"), sums.join(""));
  return network(root, folder);
};

/** An empty folder. */
const empty: Preparation = (_, folder) => {
  mkdirSync(folder, { recursive: true });
  return nothing;
};

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A registry on loopback, and the key of what it holds. */
const network: Preparation = (root, folder) => {
  const images = join(root, "test/fixtures/guides/across-the-gap/usb");
  mkdirSync(folder, { recursive: true });
  cpSync(join(images, "cosign.pub"), join(folder, "cosign.pub"));
  return startRegistry(root, "guide-registry.ts", images);
};

/** What `npm run demo` leaves, and a registry that can be pushed to. */
const replicas: Preparation = (root, folder) => {
  makeDemoFolder(root, folder);
  return startRegistry(root, "snapshot-registry.ts");
};

/** A registry in a process of its own: `$REGISTRY`. */
async function startRegistry(root: string, name: string, ...words: readonly string[]): Promise<Surroundings> {
  const script = join(root, "test/documentation", name);
  const registry = spawn(process.execPath, ["--import", "tsx", script, ...words], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const host = await new Promise<string>((resolve, reject) => {
    registry.stdout.once("data", (line: Buffer) => resolve(line.toString("utf8").trim()));
    registry.once("error", reject).once("exit", () => reject(new Error("the registry ended")));
  });
  return { variables: { REGISTRY: host }, close: () => void registry.stdin.end() };
}

/** Pages with commands → where they are run. */
export const guides: Readonly<Record<string, Preparation>> = {
  "README.md": demo,
  "docs/guides/across-the-gap.md": gap,
  "docs/guides/admission.md": demo,
  "docs/guides/ci-gate.md": demo,
  "docs/guides/coming-from-kyverno.md": demo,
  "docs/guides/coming-from-policy-controller.md": demo,
  "docs/guides/decide-at-the-edge.md": demo,
  "docs/guides/freshness.md": network,
  "docs/guides/in-a-cluster.md": replicas,
  "docs/guides/keeping-a-mirror.md": network,
  "docs/guides/nodes.md": empty,
  "docs/guides/phrase-book.md": demo,
  "docs/guides/reading-a-decision.md": demo,
  "docs/guides/replicas.md": replicas,
  "docs/guides/run-the-proxy.md": network,
  "docs/guides/trust.md": demo,
  "docs/guides/with-a-network.md": network,
  "docs/spec/command-line.md": demo,
};

/** Prepares the folder and runs a page's commands in it. */
export async function runGuideIn(
  folder: string,
  page: GuidePage,
  { root, prepare, program }: { readonly root: string; readonly prepare: Preparation; readonly program: string },
): Promise<GuideRun> {
  const around = await prepare(root, folder);
  try {
    return runGuide(page, folder, program, around.variables);
  } finally {
    around.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
  const work = mkdtempSync(join(tmpdir(), "sallyport-guides-"));
  try {
    await buildDist(root);
    const named = process.argv.slice(2);
    for (const [name, prepare] of Object.entries(guides)) {
      if (named.length > 0 && !named.some((part) => name.includes(part))) continue;
      const folder = join(work, basename(name));
      const path = join(root, name);
      const text = readFileSync(path, "utf8");
      const program = join(root, "dist/sallyport.mjs");
      const run = await runGuideIn(folder, readGuide(text), { root, prepare, program });
      const renewed = renewGuide(text, readGuide(text), run);
      writeFileSync(path, renewed);
      const faults = guideFaults(readGuide(renewed), run);
      process.stdout.write(`${name}: ${renewed === text ? "as it was" : "renewed"}, ${faults.length} faults\n`);
      for (const fault of faults) process.stdout.write(`  ${fault}\n`);
      if (faults.length > 0) process.exitCode = 1;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
