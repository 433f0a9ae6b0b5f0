import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("proxy/crossing/full-disk");
const program = fileURLToPath(new URL("../../kills/full-disk-import.ts", import.meta.url));
const folder = temporaryFolder();
const inNamespace = (words: readonly string[]) => spawnSync("unshare", ["-rm", ...words], { encoding: "utf8" });

if (inNamespace(["mount", "-t", "tmpfs", "tmpfs", folder]).status === 0)
  test("an import into a disk that is full at any write is said with a code, and the mirror is as before", () => {
    const words = ["--import", "tsx", program, folder, "600000", "3600000", "300000"];
    const { stdout, stderr } = inNamespace([process.execPath, ...words]);
    assert.is(stderr, "");
    const { codes, imported, faults } = JSON.parse(stdout);
    assert.equal(faults, []);
    assert.equal(Object.keys(codes), ["mirror-busy"], "the disk is full");
    assert.ok(imported > 0 && codes["mirror-busy"] > 1);
  });
else skipped("proxy/crossing/full-disk", 1, "no tmpfs can be mounted in a namespace of one's own");

test.run();
