import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { origin } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";

const test = suite("cli/commands/mirror-status");
const demo = demoLayout();

test("what is here, in numbers and within 80 columns", async () => {
  const store = tempFolder();
  await runCli(["mirror", "add", demo.folder, "--store", store, "--complete"]);
  const { exit, out } = await runCli(["mirror", "status", "--store", store], { width: 80 });
  assert.is(exit, 0);
  for (const line of out.split("\n")) assert.ok(line.length <= 80, line);
  const { contentId, answers, claims, ...more } = JSON.parse(
    (await runCli(["mirror", "status", "--store", store, "-o", "json"])).out,
  );
  assert.match(out, `content id    ${contentId.slice(7, 19)}\n`);
  assert.ok(answers.tag.present > 0 && claims.image > 0 && more.blobs > 0 && more.databaseBytes > 0);
  assert.ok(more.diskFreeBytes >= 0);
  assert.is(more.writer, undefined);
  assert.match(out, "writer        nobody\n");
  assert.match(out, "layers        none: it decides, but cannot start containers\n");
});

test("who writes is named, to those who ask and to those who wait", async () => {
  const store = tempFolder();
  const holder = { pid: 4711, host: "node-3", since: origin.at, command: "mirror sync" };
  const mirror = openMirror(store, { mode: "write", limits: defaultLimits, holder });
  mirror.writer().setCheckpoint({ origin: "log.example", size: 7n, note: "note" }, origin);
  const { out } = await runCli(["mirror", "status", "--store", store]);
  assert.match(out, "writer        mirror sync, process 4711 on node-3, since 2026-01-01 00:00 UTC\n");
  assert.match(out, "checkpoint    log.example, 7 entries");
  const { exit, err } = await runCli(["mirror", "gc", "--store", store]);
  assert.is(exit, 6);
  assert.match(err, "mirror sync, process 4711 on node-3, since 2026-01-01T00:00:00Z, writes to this mirror");
  mirror.close();
  assert.match((await runCli(["mirror", "status", "--store", store])).out, "writer        nobody\n");
});

test("two mirrors with the same content have the same id, whatever came first", async () => {
  const ids = [];
  for (const order of [
    ["k8s://a/b", "k8s://c/d"],
    ["k8s://c/d", "k8s://a/b"],
  ]) {
    const store = tempFolder();
    for (const key of order) {
      const pinned = await runCli(["mirror", "pin-key", key, "key.pub", "--store", store], {
        files: { "key.pub": demo.key.pem },
      });
      assert.is(pinned.exit, 0);
    }
    const { out } = await runCli(["mirror", "status", "--store", store, "-o", "json"]);
    ids.push(JSON.parse(out).contentId);
  }
  assert.is(ids[0], ids[1]);
});

test.run();
