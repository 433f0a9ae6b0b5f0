/**
 * Export and import of evidence beside `tar` and `sha256sum` over the same bytes, a delta after one image, and memory
 * for ten times the images. The programs are those that people run: the built command line, and coreutils.
 */
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDist } from "../build.ts";
import { type Bench, type BenchRow, median } from "./bench.ts";
import { fillEvidence } from "./crossing-fill.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
/** Beyond the image's own bytes. */
const mostOverhead = 64 * 1024;

interface Ran {
  readonly ms: number;
  /** Most resident memory, in KiB. */
  readonly peak: number;
}

function run(program: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(program, words, {
    env: { PATH: process.env.PATH ?? "", ...env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")}: exit code ${status}\n${stderr.slice(-1000)}`);
  return performance.now() - begun;
}

/** The built program, which writes down how much memory it took. */
function sallyport(folder: string, ...words: readonly string[]): Ran {
  const note = join(folder, "peak");
  const probe =
    "import{writeFileSync as w}from'node:fs';" +
    "process.on('exit',()=>w(process.env.PEAK,String(process.resourceUsage().maxRSS)))";
  const ms = run(process.execPath, [join(root, "dist/sallyport.mjs"), ...words], {
    PEAK: note,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(probe)}`,
  });
  return { ms, peak: Number(readFileSync(note, "utf8")) };
}

interface Crossed {
  readonly exports: readonly Ran[];
  readonly imports: readonly Ran[];
  /** The same bytes packed and hashed, and hashed and unpacked, by coreutils. */
  readonly packing: readonly number[];
  readonly unpacking: readonly number[];
}

/** Crosses a mirror of so many images, and packs and unpacks what crossed, in turns. */
function cross(folder: string, images: number, rounds: number): Crossed {
  const store = join(folder, `mirror-${images}`);
  fillEvidence(store, 0, images);
  const archive = join(folder, `archive-${images}.tar`);
  const results = Array.from({ length: rounds }, (_, round) => {
    const exported = sallyport(folder, "export", "--store", store, "-f", archive, "--key", join(folder, "key.pem"));
    const unpacked = join(folder, "unpacked");
    mkdirSync(unpacked);
    const hashing = () => run("sha256sum", [archive]);
    const unpacking = hashing() + run("tar", ["-xf", archive, "-C", unpacked]);
    const packing = run("tar", ["-cf", join(folder, "packed.tar"), "-C", unpacked, "."]) + hashing();
    rmSync(unpacked, { recursive: true });
    const target = join(folder, `far-${images}-${round}`);
    const imported = sallyport(folder, "import", archive, "--store", target, "--key", join(folder, "key.pub"));
    rmSync(target, { recursive: true });
    return { exported, imported, packing, unpacking };
  });
  return {
    exports: results.map(({ exported }) => exported),
    imports: results.map(({ imported }) => imported),
    packing: results.map(({ packing }) => packing),
    unpacking: results.map(({ unpacking }) => unpacking),
  };
}

const timeOf = (runs: readonly Ran[]): number => median(runs.map(({ ms }) => ms));
const peakOf = (runs: readonly Ran[]): number => median(runs.map(({ peak }) => peak));

/** How much larger a delta after one image is than the image's evidence, in terms of what is allowed. */
function deltaRow(folder: string, images: number, bound: (atMost: number) => Pick<BenchRow, "atMost">): BenchRow {
  const store = join(folder, `mirror-${images}`);
  const own = fillEvidence(store, images, images + 1);
  const last = JSON.parse(readFileSync(join(store, "exports", "000001.json"), "utf8")).sequence as number;
  const delta = join(folder, "delta.tar");
  const words = ["-f", delta, "--key", join(folder, "key.pem"), "--since", String(last)];
  sallyport(folder, "export", "--store", store, ...words);
  return {
    what: `a delta after one image of ${images}, times 64 KiB and the image's own ${own} bytes`,
    ratio: statSync(delta).size / (mostOverhead + own),
    ...bound(1),
  };
}

export const crossing: Bench = {
  name: "archive",
  says:
    "`sallyport export` and `import` of images with a bundle of cosign 3, 13 kilobytes of evidence each; `tar` and " +
    "`sha256sum` over the same bytes",
  async run({ quick }) {
    await buildDist(root);
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    try {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      writeFileSync(join(folder, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
      writeFileSync(join(folder, "key.pub"), publicKey.export({ type: "spki", format: "pem" }));
      const [few, many] = quick ? ([10, 20] as const) : ([1000, 10_000] as const);
      const rounds = quick ? 1 : 3;
      const small = cross(folder, few, rounds);
      const large = cross(folder, many, rounds);
      const atLeast = (least: number): Pick<BenchRow, "atLeast"> => (quick ? {} : { atLeast: least });
      const atMost = (most: number): Pick<BenchRow, "atMost"> => (quick ? {} : { atMost: most });
      return [
        {
          what: `export of ${many} images: times the speed of \`tar -c\` and \`sha256sum\``,
          ratio: median(large.packing) / timeOf(large.exports),
          ...atLeast(0.5),
        },
        {
          what: "their import: times the speed of `sha256sum` and `tar -x`",
          ratio: median(large.unpacking) / timeOf(large.imports),
          ...atLeast(0.5),
        },
        deltaRow(folder, many, atMost),
        {
          what: `most memory of an export of ${many} images, times that of ${few}`,
          ratio: peakOf(large.exports) / peakOf(small.exports),
          ...atMost(1.2),
        },
        {
          what: `most memory of an import of ${many} images, times that of ${few}`,
          ratio: peakOf(large.imports) / peakOf(small.imports),
          ...atMost(1.2),
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
