/** Times of deciding with many policies loaded, and again with what was verified before. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, loadPolicies, requestFor } from "../../core/index.ts";
import { addLayout, nodeVerifier, openMirror } from "../../proxy/index.ts";
import { type BenchRow, timeOf } from "./bench.ts";

const now = new Date("2026-11-24T12:00:00Z");

export const policyText = (index: number): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: team-${index} }
spec:
  validationFailureAction: Enforce
  rules:
  - name: signed
    match: { any: [{ resources: { kinds: [Pod] } }] }
    verifyImages:
    - imageReferences: ["ghcr.io/team-${index}/*"]
      attestors: [{ entries: [{ keys: { kms: "awskms:///team-${index}" } }] }]
`;

const pod = (...images: readonly string[]) =>
  requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "shop" },
    spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })) },
  });

/** Microseconds to decide a Pod that none of the policies concerns. */
export function unmatched(count: number, quick: boolean): number {
  const files = Array.from({ length: Math.ceil(count / 100) }, (_, file) => ({
    name: `${file}.yaml`,
    text: Array.from({ length: Math.min(100, count - file * 100) }, (_, index) => policyText(file * 100 + index)).join("---\n"),
  }));
  const { policies, errors } = loadPolicies(files);
  if (errors.length > 0 || policies.length !== count) throw new Error(`${policies.length} of ${count} policies load`);
  const engine = createEngine({ policies, crypto: nodeVerifier });
  const request = pod("quay.io/org/web:1", "ghcr.io/org/sidecar:2");
  const nobody = { answer: () => undefined };
  return timeOf(() => void engine.decide(request, nobody, now), quick ? 3 : 9, quick ? 200 : 2000);
}

/** A Pod of five keyless and keyed containers, from the SQLite mirror: verified anew, and remembered. */
export function remembered(fixtures: string, quick: boolean): BenchRow {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const mirror = openMirror(folder, { mode: "write" });
  try {
    addLayout(mirror, join(fixtures, "layout"), { complete: true });
    mirror
      .writer()
      .pin(
        { kind: "trusted-root", name: "public-good", bytes: readFileSync(join(fixtures, "trust/trusted-root.json")) },
        { at: now.toISOString(), from: "bench" },
      );
    const text = ["06-keyless", "07-keyless-github-workflow"].map((name) => readFileSync(join(fixtures, "policies", `${name}.yaml`), "utf8")).join("---\n");
    const { policies } = loadPolicies([{ name: "keyless.yaml", text }]);
    const keyless = "ghcr.io/kyverno/test-verify-image:signed-keyless";
    const request = pod(keyless, "ghcr.io/acme/app:v1.2.0", keyless, "ghcr.io/acme/app:v1.2.0", keyless);
    const knowledge = mirror.knowledge();
    const engines = [0, 10_000].map((memoEntries) => createEngine({ policies, crypto: nodeVerifier, limits: { memoEntries } }));
    const times = engines.map((engine, index) => {
      if (!engine.decide(request, knowledge, now).allowed) throw new Error("the Pod is not admitted");
      return timeOf(() => void engine.decide(request, knowledge, now), quick ? 3 : 9, (index === 0 ? 1 : 100) * (quick ? 3 : 20));
    });
    const [cold = Number.NaN, warm = Number.NaN] = times;
    return { what: "a Pod of five containers: remembered, times as fast as verified anew", ratio: cold / warm, atLeast: 50 };
  } finally {
    mirror.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
