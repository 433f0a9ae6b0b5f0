/** Times of deciding with many policies loaded, and again with what was verified before. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, loadPolicies, requestFor } from "../../core/index.ts";
import { addLayout } from "../../proxy/archive/add-layout.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { type BenchRow, timeOf } from "./bench.ts";
import { defaultLimits } from "../../core/limits.ts";

const now = new Date("2026-11-24T12:00:00Z");

/** `entry`: of `verifyImages`, in one line. */
const policyOf = (name: string, entry: string): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: ${name} }
spec:
  validationFailureAction: Enforce
  rules:
  - name: signed
    match: { any: [{ resources: { kinds: [Pod] } }] }
    verifyImages:
    - ${entry}
`;

export const policyText = (index: number): string =>
  policyOf(
    `team-${index}`,
    `{ imageReferences: ["ghcr.io/team-${index}/*"], attestors: [{ entries: [{ keys: { kms: ` +
      `"awskms:///team-${index}" } }] }] }`,
  );

const pod = (...images: readonly string[]) =>
  requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "shop" },
    spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })) },
  });

/** Microseconds to decide a Pod that no policy applies to. */
export function unmatched(count: number, quick: boolean): number {
  const files = Array.from({ length: Math.ceil(count / 100) }, (_, file) => ({
    name: `${file}.yaml`,
    text: Array.from({ length: Math.min(100, count - file * 100) }, (_, index) => policyText(file * 100 + index)).join(
      "---\n",
    ),
  }));
  const { policies, errors } = loadPolicies(files);
  if (errors.length > 0 || policies.length !== count) throw new Error(`${policies.length} of ${count} policies load`);
  const engine = createEngine({ policies, crypto: nodeVerifier });
  const request = pod("quay.io/org/web:1", "ghcr.io/org/sidecar:2");
  const nobody = { answer: () => undefined };
  return timeOf(() => void engine.decide(request, nobody, now), quick ? 3 : 9, quick ? 200 : 2000);
}

const person =
  '{ subject: "*@example.com", issuer: "https://accounts.google.com", rekor: { url: https://rekor.sigstore.dev } }';

/** A person's identity, or the release key: what teams have who move from keys to identities. */
const eitherPolicy = (pem: string): string =>
  policyOf(
    "person-or-key",
    '{ imageReferences: ["ghcr.io/kyverno/test-verify-image:*"], attestors: [{ count: 1, entries: [{ keyless: ' +
      `${person} }, { keys: { publicKeys: ${JSON.stringify(pem)} } }] }] }`,
  );

/**
 * A Pod of five images, three keyless and two by key with log entries, from the SQLite mirror: verified again, and
 * remembered.
 */
export function remembered(fixtures: string, quick: boolean): BenchRow {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  try {
    addLayout(mirror, join(fixtures, "layout"), { complete: "repository" });
    mirror
      .writer()
      .pin(
        { kind: "trusted-root", name: "public-good", bytes: readFileSync(join(fixtures, "trust/trusted-root.json")) },
        { at: now.toISOString(), from: "bench" },
      );
    const texts = [
      readFileSync(join(fixtures, "policies/07-keyless-github-workflow.yaml"), "utf8"),
      eitherPolicy(readFileSync(join(fixtures, "trust/release.pub"), "utf8")),
    ];
    const { policies, errors } = loadPolicies([{ name: "policies.yaml", text: texts.join("---\n") }]);
    if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
    const tags = ["signed-keyless", "signed-keyless-by-cosign-2", "signed-and-logged", "signed-in-a-bundle"];
    const request = pod("ghcr.io/acme/app:v1.2.0", ...tags.map((tag) => `ghcr.io/kyverno/test-verify-image:${tag}`));
    const knowledge = mirror.knowledge();
    const engines = [0, 10_000].map((memoEntries) =>
      createEngine({ policies, crypto: nodeVerifier, limits: { memoEntries } }),
    );
    const times = engines.map((engine, index) => {
      const first = engine.decide(request, knowledge, now);
      if (!first.allowed)
        throw new Error(`the Pod is not admitted: ${first.results.map(({ message }) => message).join("; ")}`);
      if (first.patches.filter(({ path }) => path.endsWith("/image")).length !== 5)
        throw new Error("not all images are verified");
      return timeOf(
        () => void engine.decide(request, knowledge, now),
        quick ? 3 : 9,
        (index === 0 ? 1 : 100) * (quick ? 3 : 20),
      );
    });
    const [cold = Number.NaN, warm = Number.NaN] = times;
    return {
      what: "a Pod of five containers: remembered, times as fast as verified again",
      ratio: cold / warm,
      atLeast: 50,
    };
  } finally {
    mirror.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
