/**
 * Bundle verification against sigstore-go: its own program (`sigstore-go/main.go`), built where Go and the Go modules
 * are at hand.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, median } from "./bench.ts";
import { importBundled } from "./bundled.ts";

const source = fileURLToPath(new URL("sigstore-go", import.meta.url));

/** What a command printed, or why it could not run. */
function run(
  command: string,
  words: readonly string[],
  cwd: string,
): { readonly out: string } | { readonly failed: string } {
  const { status, stdout, stderr, error } = spawnSync(command, words, { cwd, encoding: "utf8", timeout: 600_000 });
  if (error !== undefined) return { failed: `${command}: ${error.message}` };
  return status === 0
    ? { out: stdout }
    : { failed: `${command} ${words[0]}: ${stderr.trim().split("\n").at(-1) ?? `exit code ${status}`}` };
}

export const sigstoreGo: Bench = {
  name: "sigstore-go",
  says: "the same bundles, against sigstore-go in a process of its own that verifies for as long; one thread each",
  async run({ vectors, quick }) {
    if (vectors === undefined) return { skipped: "SALLYPORT_VECTORS is not set" };
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    try {
      const program = join(folder, "sigstore-go-bench");
      const built = run("go", ["build", "-o", program, "."], source);
      if ("failed" in built) return { skipped: built.failed };
      const rounds = await importBundled<typeof import("./verify-rounds.ts")>("verify-rounds");
      return (["v0.3 keyless, Rekor v1", "v0.3 keyless, Rekor v2"] as const).map((name) => {
        const { bundle, artifact, trustedRoot } = rounds.filesOf(vectors, rounds.cases[name]);
        const ours = rounds.ours(rounds.readMaterial(vectors, rounds.cases[name]), rounds.nodeVerifier);
        const seconds = quick ? 0.2 : 2;
        const ratios = Array.from({ length: quick ? 1 : 5 }, () => {
          const words = [bundle, artifact, trustedRoot, rounds.identity, rounds.issuer, String(seconds)];
          const theirs = run(program, words, folder);
          if ("failed" in theirs) throw new Error(theirs.failed);
          rounds.rate(ours, 200);
          return rounds.rate(ours, seconds * 1000) / Number(theirs.out);
        });
        return { what: `${name}: Node adapter, times sigstore-go`, ratio: median(ratios) };
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
