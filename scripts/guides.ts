/**
 * `npm run guides`: runs the commands of every guide and writes what they print into the page. A test runs them too,
 * and compares.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPrograms } from "./build.ts";
import { makeDemoFolder } from "./demo-folder.ts";
import { guideFaults, readGuide, renewGuide, runGuide } from "./guide-page.ts";

/** What is in the folder in which a guide's commands are run. */
type Preparation = (root: string, folder: string) => void;

/** The layouts that the connected side made, and a trusted root. */
const gap: Preparation = (root, folder) => {
  cpSync(join(root, "test/fixtures/guides/across-the-gap"), folder, { recursive: true });
  cpSync(join(root, "test/fixtures/documentation/trust/trusted-root.json"), join(folder, "usb/trusted_root.json"));
};

/** Pages with commands → where they are run. */
export const guides: Readonly<Record<string, Preparation>> = {
  "README.md": makeDemoFolder,
  "docs/guides/across-the-gap.md": gap,
  "docs/guides/ci-gate.md": makeDemoFolder,
  "docs/guides/phrase-book.md": makeDemoFolder,
  "docs/guides/reading-a-decision.md": makeDemoFolder,
  "docs/guides/trust.md": makeDemoFolder,
  "docs/spec/command-line.md": makeDemoFolder,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
  const work = mkdtempSync(join(tmpdir(), "sallyport-guides-"));
  try {
    await buildPrograms({ root, outdir: join(root, "dist") });
    const named = process.argv.slice(2);
    for (const [name, prepare] of Object.entries(guides)) {
      if (named.length > 0 && !named.some((part) => name.includes(part))) continue;
      const folder = join(work, basename(name));
      prepare(root, folder);
      const path = join(root, name);
      const text = readFileSync(path, "utf8");
      const run = runGuide(readGuide(text), folder, join(root, "dist/sallyport.mjs"));
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
