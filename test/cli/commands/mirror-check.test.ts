import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DamagedPlace } from "../../../proxy/mirror/damage.ts";
import { mendingCommands } from "../../../cli/render/mend.ts";
import { tamper } from "../../support/temporary-mirror.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";

const places: Readonly<Record<DamagedPlace, true>> = {
  "mirror.db": true,
  answer: true,
  attempt: true,
  blob: true,
  checkpoint: true,
  complete: true,
  distrust: true,
  import_key: true,
  import_seen: true,
  layer: true,
  pin: true,
  run: true,
  signed_time: true,
  tuf_floor: true,
  tuf_metadata: true,
};
const test = suite("cli/commands/mirror-check");
const demo = demoLayout();

async function filled(): Promise<string> {
  const store = tempFolder();
  assert.is((await runCli(["mirror", "add", demo.folder, "--store", store, "--complete"])).exit, 0);
  return store;
}

test("a damaged row is named by table and key, with the commands that mend it, and they do", async () => {
  const store = await filled();
  tamper(store, "UPDATE blob SET bytes = x'00' WHERE digest = ?", demo.digests.signed);
  const text = await runCli(["mirror", "check", "--store", store]);
  assert.is(text.exit, 6);
  assert.match(text.err, `damage in blob ${demo.digests.signed}`);
  assert.match(text.err, /\n {2}needed by \S+:\S+/);
  const { damaged, damage } = JSON.parse((await runCli(["mirror", "check", "--store", store, "-o", "json"])).out);
  assert.is(damaged, 1);
  assert.equal([damage[0].table, damage[0].key], ["blob", [demo.digests.signed]]);
  assert.is(damage[0].images.length, damage[0].imageCount);
  assert.ok(damage[0].images.every((image: string) => image.includes(":")));
  assert.equal(damage[0].fix[0], `sallyport mirror check --store ${store} --remove-damaged --yes`);
  const mended = await runCli(damage[0].fix[0].split(" ").slice(1), { width: 80 });
  assert.is(mended.exit, 0);
  assert.match(mended.out, `removed blob\n  ${demo.digests.signed}\n`);
  assert.is((await runCli(damage[0].fix[1].replace("LAYOUT", demo.folder).split(" ").slice(1))).exit, 0);
  const after = await runCli(["mirror", "check", "--store", store]);
  assert.equal([after.exit, after.err], [0, ""]);
});

test("removing needs a word of its own", async () => {
  const store = await filled();
  assert.is((await runCli(["mirror", "check", "--store", store, "--remove-damaged"])).exit, 2);
  assert.is((await runCli(["mirror", "check", "--store", store, "--yes"])).exit, 2);
});

test("every kind of damage has a command", () => {
  const layout = { by: "layout" } as const;
  for (const by of ["layout", "archive", "sync"] as const)
    for (const table of Object.keys(places))
      assert.ok(mendingCommands(table, ["x"], "mirror", { by }).length > 0, `${by} ${table}`);
  assert.equal(mendingCommands("answer", [], "mirror", layout), ["sallyport mirror add --store NEW LAYOUT"]);
  assert.match(mendingCommands("answer", ["trusted-root", "x"], "m", layout).join(), "trust update --store m");
  assert.match(mendingCommands("pin", ["tuf-root", "x"], "m", layout).join(), "trust import --store m");
});

test("what mends it is what filled it", () => {
  const mending = (table: DamagedPlace, key: readonly string[], by: "archive" | "sync") =>
    mendingCommands(table, key, "m", { by }).at(-1);
  assert.is(mending("blob", ["x"], "archive"), "sallyport import --store m FULL-ARCHIVE");
  assert.is(mending("pin", ["key", "x"], "archive"), "sallyport import --store m FULL-ARCHIVE");
  assert.is(mending("layer", ["x"], "archive"), "sallyport mirror add --store m --with-layers LAYOUT");
  assert.is(mending("mirror.db", [], "archive"), "sallyport import --store NEW FULL-ARCHIVE");
  assert.is(mending("blob", ["x"], "sync"), "sallyport mirror sync --store m -f LIST");
  assert.match(mending("answer", ["trusted-root", "x"], "sync") ?? "", "trust update");
  const last = { by: "archive", full: "a.001 a.002" } as const;
  assert.is(mendingCommands("blob", ["x"], "m", last).at(-1), "sallyport import --store m a.001 a.002");
  const snapshot = { by: "snapshot", from: "oci://r.corp/m" } as const;
  for (const table of Object.keys(places))
    assert.equal(mendingCommands(table, ["x"], "m", snapshot), ["sallyport snapshot pull oci://r.corp/m --store m"]);
});

test.run();
