/** A registry on loopback, a mirror, and syncs of one into the other, a minute apart. */
import type { JsonObject } from "../../../core/encoding/json.ts";
import { newKey } from "../../lab/keys.ts";
import { SmallRegistry } from "../../support/small-registry.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, type TestRun, type TestWorld } from "../command-io.ts";
import { policyFor } from "../demo-policy.ts";

export const key = newKey();
export const repository = "org/app";

export interface Lab {
  readonly registry: SmallRegistry;
  readonly store: string;
  readonly here: (tag: string) => string;
  /** A sync a minute after the last one, with the policy that wants the key. */
  sync(...words: readonly string[]): Promise<TestRun>;
  run(words: readonly string[], files?: TestWorld["files"]): Promise<TestRun>;
}

let minute = 0;

export async function withLab(act: (lab: Lab) => Promise<void>): Promise<void> {
  const registry = await new SmallRegistry().start();
  const store = tempFolder();
  const here = (tag: string): string => `${registry.host}/${repository}:${tag}`;
  const run: Lab["run"] = (words, files = {}) =>
    runCli(words, {
      files: { "policy.yaml": policyFor(key.pem, { images: `${registry.host}/*` }), ...files },
      now: new Date(Date.parse("2026-11-23T12:00:00Z") + 60_000 * minute++).toISOString(),
      width: 80,
    });
  try {
    await act({
      registry,
      store,
      here,
      run,
      sync: (...words) => run(["mirror", "sync", "--store", store, "--policies", "policy.yaml", ...words]),
    });
  } finally {
    await registry.close();
  }
}

export const addSigned = ({ registry }: Lab, tag: string): ReturnType<SmallRegistry["addImage"]> => {
  const digest = registry.addImage(repository, tag, `content of ${tag}`);
  registry.sign(repository, digest, key);
  return digest;
};

export const listOf = (entry: string): string =>
  `apiVersion: sallyport.dev/v1alpha1\nkind: ImageList\nimages:\n- {${entry}}\n`;

export interface Report {
  readonly exitCode: number;
  readonly summary: Readonly<Record<string, number>>;
  readonly images: readonly (JsonObject & { readonly status: string; readonly coverage: JsonObject })[];
  readonly outages: readonly JsonObject[];
  readonly complete: readonly JsonObject[];
  readonly withheld: readonly { readonly why: string }[];
  readonly wanted?: { readonly questions: readonly string[]; readonly bytes: number };
}
export const reportOf = ({ out }: TestRun): Report => JSON.parse(out) as Report;
export const statuses = (run: TestRun): readonly string[] => reportOf(run).images.map(({ status }) => status);
/** Requests for content, which never changes. */
export const contents = (asked: readonly string[]): readonly string[] =>
  asked.filter((line) => /\/(?:manifests|blobs)\/sha256:/.test(line));
