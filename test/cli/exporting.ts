/** Command lines of exports and archives, with keys and a policy at hand. */
import { join } from "node:path";
import * as assert from "uvu/assert";
import { makeKey, ourKey } from "../support/archive-store.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";
import { runCli, type TestWorld } from "./command-io.ts";

/** A key that nobody knows yet. */
const other = makeKey();
const world: TestWorld = {
  width: 80,
  files: {
    "cosign.key": ourKey.pem,
    "cosign.pub": ourKey.signing.publicKey,
    "other.key": other.pem,
    "other.pub": other.signing.publicKey,
    "policy.yaml": "apiVersion: v1\n",
  },
};
export const run = (...words: readonly string[]) => runCli(words, world);

/** An export that goes well: the members of its document, and where the archive is. */
export async function made(store: string, ...words: readonly string[]) {
  const path = join(temporaryFolder(), "archive.tar");
  const { exit, out, err } = await run(
    "export",
    "--store",
    store,
    "-f",
    path,
    "--key",
    "cosign.key",
    ...words,
    "-o",
    "json",
  );
  assert.equal([exit, err], [0, ""]);
  return { path, ...JSON.parse(out) };
}
