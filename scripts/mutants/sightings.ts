/**
 * Who sees a planted fault: the tests, the attacks and the golden sets. Of each only what imports the changed file
 * runs, the cheapest first, until the first failure.
 */
import { spawn } from "node:child_process";
import { runTests } from "../run-tests.ts";
import type { Fault } from "./fault.ts";
import type { ModuleGraph } from "./module-graph.ts";
import type { Sighting } from "./results.ts";

/** A mutant may loop for ever. */
const timeoutMs = 180_000;

/** Golden suites and the modules that run them, the cheapest first. */
export const goldenSuites: Readonly<Record<string, string>> = {
  "golden-wildcards": "test/conformance/golden-images.ts",
  "golden-images": "test/conformance/golden-images.ts",
  "golden-jmespath": "test/conformance/golden-jmespath.ts",
  "golden-conditions": "test/conformance/golden-conditions.ts",
  "golden-match": "test/conformance/golden-match.ts",
  "golden-autogen": "test/conformance/golden-autogen.ts",
  "golden-verify": "test/conformance/golden-verify.ts",
};

export interface Chosen {
  readonly tests: readonly string[];
  readonly attacks: readonly string[];
  readonly golden: readonly string[];
}

/** The suites that import the changed file: its own test first, then the nearest and lightest. */
export function chooseFor({ file, signature }: Fault, graph: ModuleGraph): Chosen {
  const reaching = graph.reaching(file);
  const own = `test/${file.replace(/\.ts$/, ".test.ts")}`;
  const rank = (path: string): number => (path === own ? -1 : (reaching.get(path) ?? 0) * 1000 + graph.weight(path));
  const files = [...reaching.keys()]
    .filter((path) => path.endsWith(".test.ts"))
    .sort((left, right) => rank(left) - rank(right));
  const isAttack = (path: string): boolean => path.startsWith("test/attacks/");
  const golden = Object.entries(goldenSuites).flatMap(([name, path]) => (reaching.has(path) ? [name] : []));
  return {
    tests: files.filter((path) => !isAttack(path) && !path.startsWith("test/conformance/")),
    attacks: files.filter(isAttack),
    golden: signature === true ? ["golden-verify"] : golden,
  };
}

/** The first of the files in which a test fails; of so many CPU seconds, where they are given. */
export async function firstFailing(
  root: string,
  files: readonly string[],
  cpuSeconds?: number,
): Promise<string | undefined> {
  if (files.length === 0) return undefined;
  const { failing } = await runTests({
    root,
    files,
    stopAtFirst: true,
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
    jobs: 1,
    fileTimeoutMs: timeoutMs,
    write: () => undefined,
  });
  return failing[0];
}

/** The first of the golden suites that fails in the tree at `root`. */
export function firstFailingGolden(root: string, suites: readonly string[]): Promise<string | undefined> {
  if (suites.length === 0) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--import", import.meta.resolve("tsx"), "test/conformance/run.ts", "--first", ...suites],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs, killSignal: "SIGKILL" },
    );
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    child.stderr.resume();
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(undefined);
      // Without a line of its own, a suite broke off: the first that has none.
      else resolve(/^FAIL (\S+)/m.exec(out)?.[1] ?? suites.find((name) => !out.includes(` ${name} `)) ?? suites[0]);
    });
  });
}

/**
 * All attacks take as long as all else together: what the nearest of them do not see, the others rarely do. Of a fault
 * that nobody else sees, all are run.
 */
export const attackSeconds = 12;

/** Looks for the fault that is planted in the tree at `root`. */
export async function look(root: string, chosen: Chosen): Promise<Sighting> {
  const [tests, attacks, golden] = await Promise.all([
    firstFailing(root, chosen.tests),
    firstFailing(root, chosen.attacks, attackSeconds),
    firstFailingGolden(root, chosen.golden),
  ]);
  const seen = [tests, attacks, golden].some((who) => who !== undefined);
  const attack = seen ? attacks : await firstFailing(root, chosen.attacks);
  return {
    ...(tests === undefined ? {} : { tests }),
    ...(attack === undefined ? {} : { attacks: attack }),
    ...(golden === undefined ? {} : { golden }),
  };
}
