import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openState } from "../../../proxy/state/open-state.ts";
import { writtenMirror } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/mirror-recheck");
const digest = `sha256:${"1".repeat(64)}`;
const [web, api] = [`registry.example/shop/web:2@${digest}`, `registry.example/shop/api@${digest}`];

function store(): string {
  const folder = writtenMirror(() => undefined);
  const state = openState(folder, { limits: defaultLimits, setAside: () => undefined });
  const policyDigest = `sha256:${"a".repeat(64)}` as const;
  const finding = { policy: "check-images", policyDigest, code: "unreachable", message: "refused" } as const;
  state.recheck((list) => {
    for (const image of [web, api])
      list.admit({ image, resource: "" }, [{ ...finding, state: "unknown" }], "2026-11-29T00:00:00Z");
    const refuted = { ...finding, state: "refuted", code: "wrong-key" } as const;
    list.evaluated({ image: web, resource: "" }, [refuted], "2026-11-30T00:00:00Z");
  });
  state.close();
  return folder;
}

test("refuted images stand first and make the exit code 1; lines fit", async () => {
  const folder = store();
  const { exit, out } = await runCli(["mirror", "recheck", "--store", folder], { width: 80 });
  assert.is(exit, 1);
  for (const line of out.split("\n")) assert.ok(line.length <= 100, line);
  assert.ok(out.indexOf(web) !== -1 && out.indexOf(web) < out.indexOf(api), out);
  assert.match(out, /refuted\s+check-images\s+wrong-key\s+2026-11-29 00:00\n/);
  const status = await runCli(["mirror", "status", "--store", folder]);
  assert.match(status.out, "re-check      let in undecided: 1 still are, 1 refuted since; see mirror recheck\n");
});

test("an image that was dealt with is forgotten; one that is not there is an error", async () => {
  const folder = store();
  const forgotten = await runCli(["mirror", "recheck", "--store", folder, "--forget", web, "-o", "json"]);
  assert.equal([forgotten.exit, JSON.parse(forgotten.out).counts.refuted], [0, 0]);
  assert.is((await runCli(["mirror", "recheck", "--store", folder, "--forget", web])).exit, 2);
  await runCli(["mirror", "recheck", "--store", folder, "--forget", api]);
  const { exit, out } = await runCli(["mirror", "recheck", "--store", folder]);
  assert.equal([exit, out], [0, "no image was let in undecided\n"]);
});

test("a damaged file is an error here, and a line of the mirror's status", async () => {
  const folder = store();
  writeFileSync(join(folder, "state.db"), "x".repeat(5000));
  assert.is((await runCli(["mirror", "recheck", "--store", folder])).exit, 6);
  const { exit, out } = await runCli(["mirror", "status", "--store", folder]);
  assert.is(exit, 0);
  assert.match(out, /re-check {6}the list cannot be read: .*\[mirror-corrupt\]/);
});

test("status has it among what needs somebody, where there is anything", async () => {
  const folder = store();
  const items = async () => {
    const { out } = await runCli(["status", "--store", folder, "-o", "json"]);
    return JSON.parse(out).items.filter(({ name }: { readonly name: string }) => name === "re-check");
  };
  assert.is((await items())[0]?.state, "critical");
  await runCli(["mirror", "recheck", "--store", folder, "--forget", web]);
  assert.is((await items())[0]?.state, "warning");
  await runCli(["mirror", "recheck", "--store", folder, "--forget", api]);
  assert.equal(await items(), []);
  writeFileSync(join(folder, "state.db"), "x".repeat(5000));
  assert.is((await items())[0]?.state, "skipped");
});

test.run();
