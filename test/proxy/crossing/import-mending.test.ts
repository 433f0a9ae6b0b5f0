import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { addImage, exported, variedMirror } from "../../support/archive-store.ts";
import { exportedSince, importing } from "../../support/importing.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";

const test = suite("proxy/crossing/import-mending");
const idOf = (store: string): string => reading(store, (mirror) => mirror.contentId());
const damageOf = (store: string) => reading(store, (mirror) => mirror.inspect(nodeVerifier).damage);
const change = (store: string, write: (mirror: Mirror) => void): string => writtenMirror(write, store);
const repository = "ghcr.io/org/app";

test("the last archive again puts back what is damaged or gone, and nothing else may come twice", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const { path } = exported(near);
  importing(far, path);
  throwsCode("archive-sequence", () => importing(far, path));

  tamper(far, "UPDATE blob SET bytes = x'00' WHERE digest = (SELECT min(digest) FROM blob)");
  tamper(far, "UPDATE pin SET bytes = x'00'");
  tamper(far, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app 1.1'");
  tamper(far, "DELETE FROM complete");
  const damaged = damageOf(far).length;
  assert.ok(damaged >= 2);
  const again = importing(far, path);
  assert.equal(again.mended, { damaged, missing: 2, left: 0 });
  assert.equal([damageOf(far).length, idOf(far)], [0, idOf(near)]);
  throwsCode("archive-sequence", () => importing(far, path));

  // What this side has by itself no archive puts back.
  change(far, (mirror) => mirror.writer().addDistrust({ kind: "log", value: "cd".repeat(32), reason: "ours" }, origin));
  tamper(far, "UPDATE distrust SET reason = 'theirs' WHERE reason = 'ours'");
  assert.equal(importing(far, path).mended, { damaged: 0, missing: 0, left: 1 });

  // A delta has only what changed, and the full archive before it is older than what is here.
  change(near, (mirror) => void addImage(mirror, repository, "new"));
  const delta = exportedSince(near, 1);
  importing(far, delta.path);
  tamper(far, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app new'");
  for (const replayed of [delta.path, path]) throwsCode("archive-sequence", () => importing(far, replayed));
  assert.is(importing(far, exported(near).path).mended, undefined);
});

test("an archive that comes again to mend takes nothing newer away, and makes no ended claim again", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const { path } = exported(near);
  importing(far, path);
  const asked = { kind: "tag", repository, tag: "1.1" } as const;
  const said = (digit: string) =>
    ({
      state: "present",
      value: { digest: `sha256:${digit.repeat(64)}`, mediaType: "application/vnd.oci.image.index.v1+json", size: 2 },
      at: "2026-02-01T00:00:00Z",
      from: "ghcr.io",
    }) as const;
  const claims = () => reading(far, (mirror) => mirror.knowledge().allClaims());
  assert.is(claims().length, 1);
  const newer = { kind: "tag", repository, tag: "newer" } as const;
  change(far, (mirror) => {
    mirror.writer().setAnswer(newer, said("a"));
    mirror.writer().setAnswer(asked, said("b"));
  });
  assert.equal(claims(), []);
  // News is no damage.
  throwsCode("archive-sequence", () => importing(far, path));

  tamper(far, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app 1.0'");
  tamper(far, "UPDATE pin SET bytes = x'00'");
  assert.equal(importing(far, path).mended, { damaged: 1, missing: 1, left: 0 });
  assert.equal(claims(), []);
  const now = reading(far, (mirror) => [newer, asked].map((question) => mirror.knowledge().answer(question)));
  assert.equal(now, [said("a"), said("b")]);
  assert.is(
    reading(far, (mirror) => mirror.knowledge().answer({ ...asked, tag: "none" })),
    undefined,
  );

  // A newer row that is damaged is none that counts.
  tamper(far, "UPDATE answer SET source = 'else' WHERE question = 'tag ghcr.io/org/app 1.1'");
  assert.is(importing(far, path).mended?.left, 0);
  const near11 = reading(near, (mirror) => mirror.knowledge().answer(asked));
  assert.equal(
    reading(far, (mirror) => mirror.knowledge().answer(asked)),
    near11,
  );
});

test("a damaged layer comes again with the archive that brought it", () => {
  const layer = encodeUtf8("a layer");
  const digest = digestOf(layer);
  const near = writtenMirror((mirror) => {
    const bytes = encodeUtf8(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: layer.length }],
      }),
    );
    const question = { kind: "manifest", repository, digest: digestOf(bytes) } as const;
    mirror.writer().setAnswer(question, { state: "present", value: bytes, ...origin });
    mirror.layers.add(digest, (take) => {
      take(layer);
      return true;
    });
  });
  const far = temporaryFolder();
  const { path } = exported(near, { withLayers: true });
  importing(far, path);
  const file = reading(far, (mirror) => mirror.layers.path(digest));
  chmodSync(file, 0o600);
  writeFileSync(file, "another");
  assert.equal(importing(far, path).mended, { damaged: 1, missing: 0, left: 0 });
  assert.is(readFileSync(file, "utf8"), "a layer");
});

test.run();
