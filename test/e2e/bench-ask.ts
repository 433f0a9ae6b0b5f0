/**
 * `npm run bench:ask`: `verify --online` as a process beside cosign 3.1.3, against one registry on loopback,
 * interleaved in one run. Ratios with their bounds, then the requests of both. Exit code 1 when a bound is missed.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keepsBound, median } from "../../scripts/bench/bench.ts";
import { buildDist } from "../../scripts/build.ts";
import { labIdentity } from "../lab/identities.ts";
import { obtain } from "./components.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const cosign = obtain("cosign3");
if ("missing" in cosign) throw new Error(`there is nothing to compare with: ${cosign.missing}`);
await buildDist(root);
const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
const registry = spawn(process.execPath, ["--import", "tsx", join(root, "test/e2e/bench-registry.ts"), folder], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
});

/** Each program's words for the same images. */
interface Task {
  readonly what: string;
  readonly atMost: number;
  readonly rounds: number;
  readonly sallyport: readonly string[];
  readonly cosign: readonly string[];
}

const env = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  TUF_ROOT: "/nonexistent",
  SIGSTORE_NO_CACHE: "1",
};

function run(program: string, words: readonly string[]): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(program, words, { cwd: folder, env, encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${program} ${words.join(" ").slice(0, 300)}: exit code ${status}\n${stderr.slice(-2000)}`);
  return performance.now() - begun;
}

/** With a connection of its own: while a program runs, this one does not see that the registry closes a kept one. */
function askedOf(url: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    get(`${url}/asked`, { agent: false }, async (response) => {
      let text = "";
      for await (const piece of response) text += String(piece);
      resolve(JSON.parse(text) as readonly string[]);
    }).once("error", reject);
  });
}

/** Requests by what they ask for. */
function kinds(requests: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of requests) {
    const kind = /\/(manifests|blobs|referrers)\//.exec(line)?.[1] ?? "/v2/";
    const name = kind === "manifests" && /\/sha256-[0-9a-f]{64}/.test(line) ? "signature tags" : kind;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const twice = requests.length - new Set(requests).size;
  return `${requests.length} (${[...counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}; ${twice} twice)`;
}

let missed = 0;
try {
  const url = await new Promise<string>((resolve, reject) => {
    registry.stdout.once("data", (line: Buffer) => resolve(line.toString("utf8").trim()));
    registry.once("close", (code) => reject(new Error(`the registry ended with ${code}`)));
  });
  const host = new URL(url).host;
  const identity = labIdentity.names[0] as { readonly email: string };
  const keyless = [
    ...["--trusted-root", "root.json", "--certificate-identity", identity.email],
    ...["--certificate-oidc-issuer", labIdentity.extensions.issuer ?? ""],
  ];
  const keyed = ["--key", "last.pub", "--insecure-ignore-tlog"];
  const images = Array.from({ length: 100 }, (_, index) => `${host}/keyless/app${index}:1`);
  const one = images.slice(0, 1);
  const many = [`${host}/keyed/app:1`];
  const task = (
    what: string,
    atMost: number,
    rounds: number,
    flags: readonly string[],
    names: readonly string[],
  ): Task => ({
    what,
    atMost,
    rounds,
    sallyport: ["verify", "--online", "-q", ...flags, ...names],
    cosign: ["verify", "--allow-http-registry", "--output", "text", ...flags, ...names],
  });
  const tasks = [
    task("one keyless image by bundle", 2, 9, keyless, one),
    task("100 keyless images in one call", 0.5, 5, keyless, images),
    task("200 signatures by key, the last one right", 1, 5, keyed, many),
  ];
  for (const { what, atMost, rounds, ...words } of tasks) {
    const times: Record<"sallyport" | "cosign", number[]> = { sallyport: [], cosign: [] };
    const requests: Partial<Record<"sallyport" | "cosign", string>> = {};
    for (let round = 0; round <= rounds; round++)
      for (const program of ["cosign", "sallyport"] as const) {
        const [path, before] =
          program === "cosign" ? [cosign.path, []] : [process.execPath, [`${root}/dist/sallyport.mjs`]];
        const time = run(path, [...before, ...words[program]]);
        // The first round only fills the caches of the disk.
        if (round > 0) times[program].push(time);
        requests[program] = kinds(await askedOf(url));
      }
    const row = { what, ratio: median(times.sallyport) / median(times.cosign), atMost };
    const kept = keepsBound(row);
    if (!kept) missed += 1;
    console.log(
      `${row.ratio.toFixed(2).padStart(8)}  ${what}, times cosign 3.1.3  (at most ${atMost}${kept ? "" : ": MISSED"})`,
    );
    for (const program of ["sallyport", "cosign"] as const) console.log(`          ${program}: ${requests[program]}`);
  }
} finally {
  registry.removeAllListeners("close");
  registry.kill();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${3 - missed} bounds kept, ${missed} missed`);
process.exitCode = missed === 0 ? 0 : 1;
