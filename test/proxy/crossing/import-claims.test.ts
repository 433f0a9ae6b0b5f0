import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { addImage, exported, variedMirror } from "../../support/archive-store.ts";
import { exportedSince, importing } from "../../support/importing.ts";
import { origin, reading, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/import-claims");
const idOf = (store: string): string => reading(store, (mirror) => mirror.contentId());
const change = (store: string, write: (mirror: Mirror) => void): string => writtenMirror(write, store);
const repository = "ghcr.io/org/app";

test("a claim of this side ends where the archive knows better", () => {
  const near = variedMirror();
  const far = change(temporaryFolder(), (mirror) => mirror.writer().setComplete("ghcr.io", origin));
  assert.equal(importing(far, exported(near).path).ended, ["ghcr.io"]);
  assert.is(idOf(far), idOf(near));
});

test("a claim of both sides stays this side's when archives withdraw it, until something contradicts it", () => {
  const claimed = (store: string): boolean =>
    reading(store, (mirror) =>
      mirror
        .knowledge()
        .allClaims()
        .some(({ scope }) => scope === repository),
    );
  const claim = (store: string) =>
    change(store, (mirror) => mirror.writer().setComplete(repository, { at: origin.at, from: "mirror add" }));
  for (const kind of ["full", "delta"] as const)
    for (const first of ["own", "archive", "nobody"] as const) {
      const near = variedMirror();
      // The same images, and the claim with them.
      const far = first === "own" ? variedMirror() : temporaryFolder();
      const bring = () => importing(far, kind === "full" ? exported(near).path : exportedSince(near, sequence).path);
      let sequence = 1;
      importing(far, exported(near).path);
      if (first === "archive") claim(far);
      change(near, (mirror) => mirror.writer().clearComplete(repository));
      bring();
      sequence += 1;
      assert.is(claimed(far), first !== "nobody", `${kind} ${first}`);
      bring();
      sequence += 1;
      assert.is(claimed(far), first !== "nobody", `${kind} ${first}, again`);
      // What is new in the repository is news for this side's claim, too.
      change(near, (mirror) => void addImage(mirror, repository, "new"));
      assert.equal(bring().ended, first === "nobody" ? [] : [repository]);
      assert.not(claimed(far));
    }
});

test("a claim that ended here is no longer this side's when archives make it again", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  importing(far, exported(near).path);
  change(far, (mirror) => mirror.writer().setComplete(repository, origin));
  change(far, (mirror) => mirror.writer().clearComplete(repository));
  importing(far, exported(near).path);
  change(near, (mirror) => mirror.writer().clearComplete(repository));
  importing(far, exported(near).path);
  assert.equal(
    reading(far, (mirror) => mirror.knowledge().allClaims()),
    [],
  );
});

test("a claim of this side that the archive makes, too, is as of this side, and not said to have ended", () => {
  const near = variedMirror();
  const own = { at: "2026-01-01T00:00:00.000Z", from: "mirror add" };
  const far = temporaryFolder();
  change(far, (mirror) => mirror.writer().setComplete(repository, own));
  // All that comes is news: what this side claimed was wrong, and what the archive claims is not.
  assert.equal(importing(far, exported(near).path).ended, []);
  const [claim] = reading(far, (mirror) => mirror.knowledge().allClaims());
  assert.is.not(claim?.at, own.at);
  change(far, (mirror) => mirror.writer().setComplete(repository, own));
  importing(far, exported(near).path);
  const [kept] = reading(far, (mirror) => mirror.knowledge().allClaims());
  assert.is(kept?.at, own.at);
});

test.run();
