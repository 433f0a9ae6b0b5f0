/**
 * The verdicts of the real cosign 3 on the golden images, against ours: the same command lines must accept and refuse
 * the same, or a row says why not.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goldenDir, skipped } from "../support/vectors.ts";
import { runCli } from "../cli/command-io.ts";

const test = suite("conformance/cosign-verdicts");

interface CosignCase {
  readonly id: string;
  readonly what: string;
  readonly layouts: readonly (
    | "registry"
    | { readonly path: string; readonly repository: string; readonly tag: string }
  )[];
  readonly cosign3?: {
    readonly argv: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly exit: number;
  };
}

/** Cases where we differ, and the row that decides. */
const differences: Readonly<Record<string, string>> = {
  "v0-020": "docs/spec/sigstore.md#hash-for-a-key: every hash registered for the key's type is tried",
  "v0-024": "docs/spec/sigstore.md#hash-for-a-key: pure and prehashed Ed25519 are tried",
  "v0-162": "docs/spec/sigstore.md#hash-for-a-key: every hash registered for the key's type is tried",
  "v0-164": "docs/spec/sigstore.md#hash-for-a-key: pure and prehashed Ed25519 are tried",
  "v0-190": "docs/spec/kyverno.md#keys: what is not asked for is not read",
  "v0-396": "docs/spec/sigstore.md#in-toto-statement: the statement's type is checked",
  "v2-054":
    "contested: cosign 3 wants --use-signed-timestamps where the log is ignored; a bundle's timestamps count " +
    "(docs/spec/outcomes.md#what-a-silent-policy-requires)",
  "v2-080": "docs/spec/sigstore.md#rekor-v1-entries: the bytes that were logged decide",
  "v2-102": "docs/spec/kyverno.md#layout-expectations: only a signature counts as a signature",
};

const golden = goldenDir();
if (golden === undefined) skipped("conformance/cosign-verdicts", 158, "SALLYPORT_GOLDEN is not set");
else {
  const folder = join(golden, "verify");
  const cases = readFileSync(join(folder, "cases.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CosignCase);
  const files = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));

  for (const { id, what, layouts, cosign3 } of cases) {
    const [layout] = layouts;
    if (cosign3 === undefined || layout === undefined) continue;
    const { argv, env = {}, exit } = cosign3;
    test(`${id}: ${what}`, async () => {
      const flag =
        layout === "registry"
          ? join(folder, "registry")
          : `${layout.repository}:${layout.tag}=${join(folder, layout.path)}`;
      const [command = "", ...words] = argv;
      const world = { files: files([...argv, ...Object.values(env)].filter((word) => word.startsWith("trust/"))), env };
      const run = await runCli([command, "--layout", flag, "--complete", ...words], world);
      const row = differences[id];
      if (row === undefined)
        assert.is(run.exit === 0, exit === 0, `cosign ended with ${exit}, we with ${run.exit}: ${run.err}`);
      else assert.is.not(run.exit === 0, exit === 0, `agrees with cosign after all: ${row}`);
      // "No signature" is the one refusal that both name alike; what does not parse is none for cosign, and malformed
      // for us.
      if (row === undefined && exit === 10 && !run.err.startsWith("error malformed:")) assert.is(run.exit, 10);
    });
  }
}

test.run();
