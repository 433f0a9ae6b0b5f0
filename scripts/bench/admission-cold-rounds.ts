/** Times of decisions that nobody made before, from the SQLite mirror, in process: built as programs are. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AdmissionRequest, createEngine, type Engine, loadPolicies, requestFor } from "../../core/index.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { defaultLimits, type Limits } from "../../core/limits.ts";
import { addLayout } from "../../proxy/archive/add-layout.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { fillSigned, policyOf, signedImage } from "./admission-images.ts";
import { median } from "./bench.ts";

const now = new Date("2026-11-24T12:00:00Z");
const pod = (images: readonly string[]): AdmissionRequest =>
  requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "shop" },
    spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })) },
  });

function engineOf(text: string, crypto: SignatureVerifier = nodeVerifier, limits: Partial<Limits> = {}): Engine {
  const { policies, errors } = loadPolicies([{ name: "policy.yaml", text }]);
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
  return createEngine({ policies, crypto, limits });
}

/** What is compiled late takes thousands of runs, or as much time as a server has long spent. */
const warmMicroseconds = 12_000_000;
const warmRuns = 6000;

/**
 * Microseconds of the processor for one run of each, the medians of several rounds in turn: what else the machine does
 * costs all of them.
 */
function timesOf(runs: readonly (() => void)[], rounds: number, runsPerRound: number): readonly number[] {
  for (const run of runs) {
    const begun = process.cpuUsage();
    const used = (): number => process.cpuUsage(begun).user;
    const isWarm = (ran: number): boolean => rounds <= 3 || ran >= warmRuns || used() >= warmMicroseconds;
    for (let ran = 0; ran < runsPerRound || !isWarm(ran); ran++) run();
  }
  const times = runs.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, run] of runs.entries()) {
      const before = process.cpuUsage();
      for (let count = 0; count < runsPerRound; count++) run();
      const { user, system } = process.cpuUsage(before);
      times[index]?.push((user + system) / runsPerRound);
    }
  return times.map(median);
}

const forgetting = { memoEntries: 0 };

function withMirror<Result>(fill: (folder: string) => void, act: (mirror: Mirror) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    fill(folder);
    const mirror = openMirror(folder, { mode: "read", limits: defaultLimits });
    try {
      return act(mirror);
    } finally {
      mirror.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface KeylessTimes {
  /**
   * Microseconds: of a decision that nobody made before, of its signatures alone, and of one that is remembered. A key
   * that comes with the bundle is made from its bytes, as it must be by whoever verifies with it.
   */
  readonly cold: number;
  readonly signatures: number;
  readonly warm: number;
  readonly checks: number;
}

/** A keyless image with a bundle of cosign 3. */
export function keylessTimes(fixtures: string, quick: boolean): KeylessTimes {
  const fill = (folder: string): void => {
    const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
    addLayout(mirror, join(fixtures, "layout"), { complete: "repository" });
    const bytes = readFileSync(join(fixtures, "trust/trusted-root.json"));
    mirror.writer().pin({ kind: "trusted-root", name: "public-good", bytes }, { at: now.toISOString(), from: "bench" });
    mirror.close();
  };
  return withMirror(fill, (mirror) => {
    const text = readFileSync(join(fixtures, "policies/06-keyless.yaml"), "utf8");
    const request = pod(["ghcr.io/kyverno/test-verify-image:signed-keyless"]);
    const calls: Parameters<SignatureVerifier["verify"]>[] = [];
    const noting: SignatureVerifier = {
      name: "noting",
      verify(...given) {
        calls.push(given);
        return nodeVerifier.verify(...given);
      },
    };
    const knowledge = mirror.knowledge();
    const noted = engineOf(text, noting, forgetting);
    // Short rounds: what else the machine does then costs all of them alike.
    const rounds = quick ? 3 : 101;
    const runs = quick ? 3 : 8;
    // The chains of the trusted root are checked once, when it is loaded.
    for (let time = 0; time < 2; time++) {
      calls.length = 0;
      if (!noted.decide(request, knowledge, now).allowed) throw new Error("the keyless image is not admitted");
    }
    const own = [...calls];
    calls.length = 0;
    noted.decide(request, knowledge, now);
    // Keys of the trusted root are the same in each decision.
    const brought = own.map(([, key], index) => calls[index]?.[1] !== key);
    const bare = (): void => {
      for (const [index, [algorithm, key, signed, signature]] of own.entries())
        nodeVerifier.verify(algorithm, brought[index] === true ? { ...key } : key, signed, signature);
    };
    const cold = engineOf(text, nodeVerifier, forgetting);
    const warm = engineOf(text);
    const [coldTime = Number.NaN, signatures = Number.NaN, warmTime = Number.NaN] = timesOf(
      [() => void cold.decide(request, knowledge, now), bare, () => void warm.decide(request, knowledge, now)],
      rounds,
      runs,
    );
    return { cold: coldTime, signatures, warm: warmTime, checks: own.length };
  });
}

/** Ten containers by five attestors, one of which signed, beside one container by one attestor: how much more time. */
export function manyTimes(quick: boolean): number {
  let key = "";
  const fill = (folder: string): void => {
    key = fillSigned(folder, 20).key;
  };
  return withMirror(fill, (mirror) => {
    const others = Array.from({ length: 4 }, () =>
      generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString(),
    );
    const knowledge = mirror.knowledge();
    const decided = (keys: readonly string[], count: number): (() => void) => {
      const engine = engineOf(policyOf(keys), nodeVerifier, forgetting);
      const request = pod(Array.from({ length: count }, (_, index) => signedImage(index * 2)));
      if (!engine.decide(request, knowledge, now).allowed) throw new Error("the Pod is not admitted");
      return () => void engine.decide(request, knowledge, now);
    };
    const [many = Number.NaN, one = Number.NaN] = timesOf(
      [decided([...others, key], 10), decided([key], 1)],
      quick ? 3 : 7,
      quick ? 3 : 30,
    );
    return many / one;
  });
}
