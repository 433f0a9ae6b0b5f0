/** Attacks by somebody who may write to the mirror that is exported and does not have the key, or has the medium. */
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { runCli } from "../cli/command-io.ts";
import { makeTufRepository } from "../lab/tuf-repository.ts";
import { throwsCode } from "../support/assert.ts";
import { exported, variedMirror } from "../support/archive-store.ts";
import { fixtureBytes } from "../support/fixture-images.ts";
import { exportedSince, importing } from "../support/importing.ts";
import { dumpMirror } from "../support/mirror-dump.ts";
import { origin, reading, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("archives");

const strange = encodeUtf8('{"mediaType":"somebody else"}');
const question = { kind: "trusted-root", name: "lab" } as const;
const trustOf = (store: string) => reading(store, (mirror) => mirror.knowledge().answer(question));

/** Two mirrors that trust `lab` by metadata: the second got it by an archive. */
async function bothSides(): Promise<{ readonly near: string; readonly far: string; readonly root: Uint8Array }> {
  const repository = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
  const tuf = Object.fromEntries([...repository.files].map(([path, bytes]) => [`tuf/${path}`, bytes]));
  const root = repository.rootHistory[0] as Uint8Array;
  const near = variedMirror();
  const words = ["trust", "import", "tuf", "--name", "lab", "--root", "root.json", "--store", near];
  const files = { ...tuf, "root.json": root };
  assert.is((await runCli(words, { files, now: "2026-11-02T00:00:00Z" })).exit, 0);
  const far = temporaryFolder();
  importing(far, exported(near).path);
  return { near, far, root };
}

function refusedTrust(far: string, paths: readonly string[], changes: Parameters<typeof importing>[2] = {}): void {
  const before = dumpMirror(far);
  for (const path of paths) throwsCode("no-trust", () => importing(far, path, changes));
  assert.is(dumpMirror(far), before);
}

async function refusedChange(change: (mirror: Mirror) => void): Promise<void> {
  const { near, far, root } = await bothSides();
  const before = trustOf(far);
  writtenMirror(change, near);
  // A root that this side has by itself would be the next that counts.
  refusedTrust(far, [exported(near).path, exportedSince(near, 1).path], { initialRoot: () => root });
  assert.equal(trustOf(far), before);
  importing(far, exportedSince(near, 1).path, { acceptPins: true, initialRoot: () => root });
}

attack(246, "a file is pinned in front of metadata", () =>
  refusedChange((mirror) => void mirror.writer().pin({ kind: "trusted-root", name: "lab", bytes: strange }, origin)),
);

attack(246, "a file is the answer in the place of metadata", () =>
  refusedChange((mirror) => {
    const value = { form: "pinned", bytes: strange } as const;
    mirror.writer().setAnswer(question, { state: "present", value, ...origin });
  }),
);

attack(246, "the pin of the root is taken away", () =>
  refusedChange((mirror) => mirror.writer().unpin("tuf-root", "lab")),
);

attack(246, "a root is pinned where this side has one without a pin", async () => {
  const { near, root } = await bothSides();
  const far = temporaryFolder();
  const { path } = exported(near);
  throwsCode("no-trust", () => importing(far, path, { initialRoot: () => strange }));
  importing(far, path, { initialRoot: () => root });
});

run();
