import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import * as assert from "uvu/assert";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { reading, temporaryFolder } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/mirror/kill");
const program = fileURLToPath(new URL("./kill-writer.ts", import.meta.url));

/**
 * Starts a writer, kills it `afterMs` after its first commit (or after its start), and returns the last number that it
 * reported as stored.
 */
function killedWriter(
  folder: string,
  from: number,
  kill: { readonly afterMs: number; readonly counting: "first commit" | "start" },
  ...words: readonly string[]
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", program, folder, String(from), ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    const later = () => setTimeout(() => child.kill("SIGKILL"), kill.afterMs);
    if (kill.counting === "start") later();
    child.stdout.on("data", (text: Buffer) => {
      if (output === "" && kill.counting === "first commit") later();
      output += text.toString();
    });
    child.on("error", reject);
    child.on("close", () => {
      // A line that the kill cut off was not reported.
      const lines = output
        .slice(0, output.lastIndexOf("\n") + 1)
        .split("\n")
        .filter((line) => line !== "");
      resolve(lines.length === 0 ? from - 1 : Number(lines.at(-1)));
    });
  });
}

test("kill -9 loses nothing that was reported, and the next reader and writer open at once", async () => {
  const folder = temporaryFolder();
  let next = 0;
  for (const afterMs of [0, 35, 120]) {
    const last = await killedWriter(folder, next, { afterMs, counting: "first commit" });
    assert.ok(last >= next, "something was stored");
    reading(folder, (mirror) => {
      for (let count = 0; count <= last; count++) {
        const answer = mirror.knowledge().answer({ kind: "tag", repository: "ghcr.io/org/app", tag: String(count) });
        assert.is(answer?.state, "present", `tag ${count} of ${last}`);
        if (answer?.state === "present")
          assert.is(
            mirror.knowledge().answer({ kind: "manifest", repository: "ghcr.io/org/app", digest: answer.value.digest })
              ?.state,
            "present",
          );
      }
      assert.equal(mirror.inspect(nodeVerifier).damage, []);
    });
    openMirror(folder, { mode: "write", limits: defaultLimits }).close();
    next = last + 1;
  }
});

test("kill -9 never leaves a fact beside the claim that denied it", async () => {
  const folder = temporaryFolder();
  const repository = "ghcr.io/org/app";
  let next = 0;
  for (const afterMs of [0, 20, 50, 90, 140]) {
    await killedWriter(folder, next, { afterMs, counting: "first commit" }, repository);
    reading(folder, (mirror) => {
      const has = (tag: number) =>
        mirror.knowledge().answer({ kind: "tag", repository, tag: String(tag) })?.state === "present";
      while (has(next)) next += 1;
      for (const { from } of mirror.knowledge().allClaims()) assert.is(Number(from), next - 1);
    });
  }
  assert.ok(next > 0, "something was stored");
});

test("kill -9 while the mirror is being made leaves none or a whole one", async () => {
  for (const afterMs of [150, 250, 300, 350, 450]) {
    const folder = temporaryFolder();
    await killedWriter(folder, 0, { afterMs, counting: "start" });
    openMirror(folder, { mode: "write", limits: defaultLimits }).close();
    assert.equal(
      reading(folder, (mirror) => mirror.inspect(nodeVerifier).damage),
      [],
    );
  }
});

test.run();
