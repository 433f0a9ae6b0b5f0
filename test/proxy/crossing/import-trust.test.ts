import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "../../cli/command-io.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { exported, variedMirror } from "../../support/archive-store.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { importing } from "../../support/importing.ts";
import { dumpMirror } from "../../support/mirror-dump.ts";
import { reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/import-trust");

/** A mirror with a trusted root that is TUF metadata, verified from a root that is pinned as `lab`. */
async function trusting(): Promise<string> {
  const repository = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
  const tuf = Object.fromEntries([...repository.files].map(([path, bytes]) => [`tuf/${path}`, bytes]));
  const files = { ...tuf, "root.json": repository.rootHistory[0] as Uint8Array };
  const store = temporaryFolder();
  const words = ["trust", "import", "tuf", "--name", "lab", "--root", "root.json", "--store", store];
  assert.is((await runCli(words, { files, now: "2026-11-02T00:00:00Z" })).exit, 0);
  return store;
}

test("metadata follows from the root that came pinned, and its versions are floors from then on", async () => {
  const near = await trusting();
  for (const kind of ["full", "trust"] as const) {
    const far = temporaryFolder();
    importing(far, exported(near, { kind }).path);
    const [here, there] = [near, far].map((store) =>
      reading(store, (mirror) => mirror.knowledge().recorded({ kind: "trusted-root", name: "lab" })),
    );
    assert.equal(there, here);
    assert.ok(there?.state === "present" && there.value.form === "tuf" && there.value.floors?.timestamp === "1");
  }
});

test("older metadata than was seen here is refused, and so is metadata of another root", async () => {
  const near = await trusting();
  const { path } = exported(near);
  const far = writtenMirror((mirror) => mirror.writer().raiseFloors("lab", { timestamp: "2" }));
  const before = dumpMirror(far);
  throwsCode("rollback", () => importing(far, path));
  assert.is(dumpMirror(far), before);
  const other = reading(await trusting(), (mirror) => mirror.knowledge().tufRoots().lab);
  const strange = writtenMirror((mirror) =>
    mirror.writer().pin(
      { kind: "tuf-root", name: "lab", bytes: Buffer.concat([other ?? Buffer.of(), Buffer.from("\n")]) },
      {
        at: "2026-01-01T00:00:00Z",
        from: "operator",
      },
    ),
  );
  throwsCode("no-trust", () => importing(strange, path));
});

test("a pin that an operator took away comes again with the last archive only where it is accepted", () => {
  const far = temporaryFolder();
  const { path } = exported(variedMirror());
  const imported = importing(far, path);
  const pins = () =>
    reading(far, (mirror) =>
      mirror
        .knowledge()
        .pins()
        .map(({ name }) => name),
    );
  const [pin] = reading(far, (mirror) => mirror.knowledge().pins());
  assert.ok(pin !== undefined && imported.mended === undefined);
  const { name, digest } = pin;
  const kind = "key";
  writtenMirror((mirror) => mirror.writer().unpin(kind, name), far);
  throwsCode("archive-sequence", () => importing(far, path, { acceptPins: false }));
  // However often it comes.
  for (let times = 0; times < 2; times++) {
    tamper(far, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app 1.1'");
    assert.equal(importing(far, path, { acceptPins: false }).mended, { damaged: 0, missing: 1, left: 0 });
    assert.equal(pins(), []);
  }

  tamper(far, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app 1.1'");
  importing(far, path, { acceptPins: [digest] });
  assert.equal(pins(), [name]);

  // One that was lost in another way is put back.
  tamper(far, "DELETE FROM pin");
  assert.equal(importing(far, path, { acceptPins: false }).mended, { damaged: 0, missing: 1, left: 0 });
  assert.equal(pins(), [name]);
});

test.run();
