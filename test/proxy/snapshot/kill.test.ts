import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { killPulls, pullVictim, pushMany } from "../../kills/kill-pulls.ts";
import { hasStrace } from "../../kills/power-cut.ts";
import { onStage } from "../../support/snapshot-stage.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("proxy/snapshot/kill");

// `npm run kills` does the same more often.
test("kill -9 at any moment of a pull leaves one snapshot whole, and never an older one", async () => {
  const { met, faults } = await killPulls(8, 7, 20);
  assert.equal(faults, []);
  assert.ok(met >= 3, `${met} different snapshots`);
});

const program = fileURLToPath(new URL("../../kills/full-disk-pull.ts", import.meta.url));
const inNamespace = (words: readonly string[]) => spawnSync("unshare", ["-rm", ...words], { encoding: "utf8" });
const mounted = temporaryFolder();
if (inNamespace(["mount", "-t", "tmpfs", "tmpfs", mounted]).status === 0)
  test("a disk that is full at any write of a pull is said with a code, and the present snapshot stays", () => {
    const words = ["--import", "tsx", program, mounted, "4096", "420000", "32000"];
    const { stdout, stderr } = inNamespace([process.execPath, ...words]);
    assert.is(stderr, "");
    const { codes, faults } = JSON.parse(stdout);
    assert.equal(faults, []);
    assert.equal(Object.keys(codes), ["mirror-busy"], "the disk is full");
  });
else skipped("proxy/snapshot/kill", 1, "no tmpfs can be mounted in a namespace of one's own");

if (hasStrace())
  test("before a name is given, what it names is on the disk; before anything goes, the name is", () =>
    onStage(async (stage) => {
      const { key } = await pushMany(stage, 3);
      const store = temporaryFolder();
      const log = join(temporaryFolder(), "strace.log");
      const traced = ["-f", "-y", "-o", log, "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,unlink"];
      const words = ["--import", "tsx", pullVictim, store, stage.place.text, key, "1", "3"];
      // Not in this process's own turn: the registry is in it.
      const child = spawn("strace", [...traced, process.execPath, ...words], { stdio: "ignore" });
      assert.is(await new Promise((resolve) => child.once("close", resolve)), 0);
      const calls = readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line.includes(store) && !/ENOENT|writer|resumed/.test(line))
        .map((line) => {
          const [, name = "", rest = ""] = /^\d+\s+(\w+)\((.*)$/.exec(line) ?? [];
          const paths = [...rest.matchAll(new RegExp(`${store}(/[^"<>]*)?`, "g"))].map(([, path = "/"]) => path);
          const last = paths.at(-1) ?? "";
          const call = name.replace("fdatasync", "fsync").replace(/renameat2?/, "rename");
          return `${call} ${last.replace(/\/\d+-[0-9a-f]+/, "/FILE")}`;
        })
        .filter((call) => !call.endsWith("-journal"));
      const once = [
        "fsync /snapshots/FILE.db.new",
        "rename /snapshots/FILE.db",
        "fsync /snapshots",
        "fsync /snapshot.json.new",
        "rename /snapshot.json",
        "fsync /",
      ];
      assert.equal(calls, [...once, ...once, ...once, "unlink /snapshots/FILE.db"]);
    }));
else skipped("proxy/snapshot/kill", 1, "strace is not installed");

test.run();
