/** Budgets and what is left of them, as people and programs read it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { defaultLimits } from "../../../core/limits.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { Lab } from "../../lab/index.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/status");
const target = fixtureBytes("trust/trusted-root.json");
const repository = makeTufRepository(target);
const at = "2026-11-01T00:00:00.000Z";
const origin = { at, from: "https://tuf.lab" };
const lab = new Lab();

interface SeenItem {
  readonly name: string;
  readonly subject?: string;
  readonly state: string;
  readonly code?: string;
  readonly text: string;
  readonly at?: string;
  readonly until?: string;
  readonly leftSeconds?: number;
  readonly fix?: string;
}

const sync = (started: string, more: object = {}) => ({
  kind: "mirror sync",
  started,
  ended: started,
  from: "mirror sync",
  summary: { failed: 0, outages: [], ...more } as JsonValue,
});

const trusted = (mirror: Mirror): void => {
  mirror
    .writer()
    .setAnswer({ kind: "trusted-root", name: "lab" }, { state: "present", value: repository.source(), ...origin });
  mirror.writer().pin({ kind: "tuf-root", name: "lab", bytes: repository.served("root") }, origin);
};

/** What `status` says at a time; its text has at most 80 columns, and shows every item. */
async function seen(store: string, now: string, ...words: readonly string[]) {
  const text = await runCli(["status", "--store", store, ...words], { now, width: 80 });
  const json = await runCli(["status", "--store", store, "-o", "json", ...words], { now });
  assert.is(text.exit, json.exit);
  for (const line of text.out.split("\n")) assert.ok(line.length <= 80, line);
  const document = JSON.parse(json.out);
  const items: readonly SeenItem[] = document.items;
  for (const { name, state, fix } of items) {
    assert.ok(text.out.includes(name), name);
    if (state === "stale" || state === "failed" || state === "critical") assert.ok(fix !== undefined, name);
  }
  const find = (name: string, subject?: string) =>
    items.find((item) => item.name === name && (subject === undefined || item.subject === subject));
  return { exit: text.exit, out: text.out, document, items, find };
}

const store = writtenMirror((mirror) => {
  trusted(mirror);
  mirror.log.addRun(sync(at));
});

test("a fresh mirror: dates, what is left, and nothing to mend", async () => {
  const { exit, document, find, items } = await seen(store, "2026-11-05T00:00:00Z");
  assert.equal([exit, document.kind, document.at], [0, "Status", "2026-11-05T00:00:00.000Z"]);
  assert.equal(
    items.slice(0, -1).map(({ name, state }) => `${name} ${state}`),
    ["clock ok", "mirror ok", "trust ok", "last sync ok"],
  );
  assert.is(items.at(-1)?.name, "disk", "how much is free is not ours to say");
  assert.equal([find("mirror")?.at, find("mirror")?.until], [at, "2026-12-01T00:00:00.000Z"]);
  assert.is(find("mirror")?.leftSeconds, 26 * 86_400);
  assert.is(find("trust", "lab")?.until, "2028-01-30T00:00:00.000Z", "its expiry and 90 days");
  assert.equal(document.freshness.mirror, { at, by: "sync", ageSeconds: 4 * 86_400 });
});

test("thresholds are crossed by a second: warned of, then stale, and the exit code says so", async () => {
  const flags = ["--max-mirror-age", "40d"];
  for (const [now, exit, state] of [
    ["2026-11-30T23:59:59Z", 0, "ok"],
    ["2026-12-01T00:00:00Z", 0, "warning"],
    ["2026-12-10T00:00:00Z", 0, "critical"],
    ["2026-12-11T00:00:00Z", 0, "critical"],
    ["2026-12-11T00:00:01Z", 3, "stale"],
  ] as const) {
    const found = await seen(store, now, ...flags);
    assert.equal([found.exit, found.find("mirror")?.state], [exit, state], now);
    assert.is(found.find("mirror")?.fix, state === "ok" ? undefined : `sallyport mirror sync --store ${store} -f LIST`);
  }
  assert.is((await seen(store, "2030-01-01T00:00:00Z", "--trust-mode", "pin")).find("mirror")?.state, "warning");
});

test("trusted roots: tolerated, critical, stale, broken; each with its command", async () => {
  for (const [now, exit, state] of [
    ["2027-11-03T00:00:00Z", 0, "ok"],
    ["2027-11-20T00:00:00Z", 0, "warning"],
    ["2028-01-29T12:00:00Z", 0, "critical"],
    ["2028-03-01T00:00:00Z", 3, "stale"],
  ] as const) {
    const found = await seen(store, now);
    assert.equal([found.exit, found.find("trust")?.state], [exit, state], now);
    assert.is(found.find("trust")?.fix, state === "ok" ? undefined : `sallyport trust update --store ${store}`);
  }
  const broken = writtenMirror((mirror) => {
    trusted(mirror);
    const value = { ...repository.source(), timestamp: repository.source().snapshot };
    mirror.writer().setAnswer({ kind: "trusted-root", name: "lab" }, { state: "present", value, ...origin });
  });
  const found = await seen(broken, "2026-11-05T00:00:00Z");
  assert.equal([found.exit, found.find("trust")?.state, found.find("trust")?.code], [3, "failed", "no-trust"]);
});

test("a mirror that was only added to: nobody knows its age, which spends a budget that denies", async () => {
  const bare = writtenMirror(() => undefined);
  const found = await seen(bare, "2026-11-05T00:00:00Z");
  assert.equal([found.exit, found.find("mirror")?.state, found.find("trust")?.state], [0, "warning", "warning"]);
  const denied = await seen(bare, "2026-11-05T00:00:00Z", "--max-mirror-age", "90d");
  assert.equal([denied.exit, denied.find("mirror")?.state, denied.find("mirror")?.code], [3, "stale", "stale"]);
});

test("the last sync and the last import, and what they could not do", async () => {
  const folder = writtenMirror((mirror) => {
    mirror.log.addRun(sync(at));
    const outages = [{ from: "ghcr.io", code: "unreachable", questions: 3 }];
    mirror.log.addRun(sync("2026-11-03T00:00:00.000Z", { failed: 2, outages }));
  });
  const found = await seen(folder, "2026-11-05T00:00:00Z");
  assert.is(found.find("last sync")?.state, "warning");
  assert.match(found.find("last sync")?.text ?? "", /1 hosts? could not be asked, 2 images failed/);
  assert.is(found.find("mirror")?.at, at, "the last complete one counts");
  const imported = writtenMirror((mirror) => {
    const summary = { signedTime: "2026-10-20T00:00:00Z" };
    mirror.log.addRun({ kind: "import", started: at, ended: at, from: "m.tar", summary });
  });
  const after = await seen(imported, "2026-11-05T00:00:00Z", "--max-mirror-age", "3d");
  assert.equal([after.exit, after.find("mirror")?.at], [3, "2026-10-20T00:00:00.000Z"]);
  assert.is(after.find("mirror")?.fix, `sallyport import --store ${imported} FILE`);
  assert.match(after.find("last import")?.text ?? "", "m.tar");
});

test("--at shows it as it would be, and is no clock; every command that shows ages has it", async () => {
  const store = writtenMirror((mirror) => {
    trusted(mirror);
    mirror.log.addRun(sync("2026-11-01T00:00:00.000Z"));
    mirror.writer().raiseSignedTime(new Date("2026-11-20T00:00:00Z"), origin);
  });
  const now = "2026-11-21T00:00:00Z";
  for (const command of [["status"], ["doctor"], ["mirror", "status"], ["trust", "status"]]) {
    const words = [...command, "--store", store, "--at"];
    const then = await runCli([...words, "2026-11-02T00:00:00Z"], { now });
    assert.not.match(then.out + then.err, "clock-behind", command.join(" "));
    assert.match(then.err, "shown as of 2026-11-02 00:00 UTC, not now");
    const later = await runCli([...words, "2029-01-01T00:00:00Z"], { now });
    if (command.join(" ") !== "mirror status") assert.is(later.exit, 3, command.join(" "));
    assert.match(later.out, /stale|old/);
    // One form of a time in what people read.
    assert.not.match(later.out, /\d{4}-\d\d-\d\dT/);
    assert.is((await runCli([...words, "yesterday"], { now })).exit, 2);
  }
});

test("an attack: a clock set back is told, and makes nothing fresher", async () => {
  const folder = writtenMirror((mirror) => {
    mirror.log.addRun(sync(at));
    mirror.writer().raiseSignedTime(new Date("2027-03-01T00:00:00Z"), origin);
  });
  const found = await seen(folder, "2026-11-02T00:00:00Z", "--max-mirror-age", "30d");
  assert.equal([found.exit, found.find("clock")?.code, found.find("mirror")?.state], [3, "clock-behind", "stale"]);
});

test("checkpoints: of trusted logs with the time that was signed, others without", async () => {
  const time = new Date("2026-11-01T00:00:00Z");
  const more = [`Timestamp: ${BigInt(time.getTime()) * 1_000_000n}`];
  const note = lab.rekor.checkpoint([new Uint8Array(8)], { more });
  const folder = writtenMirror((mirror) => {
    mirror.writer().setCheckpoint({ origin: lab.rekor.origin, size: 1n, note }, origin);
    mirror.writer().setCheckpoint({ origin: "other", size: 1n, note: "note" }, origin);
    mirror.writer().pin({ kind: "trusted-root", name: "lab", bytes: lab.trustedRoot() }, origin);
  });
  const { items, exit } = await seen(folder, "2026-11-05T00:00:00Z");
  const states = (list: readonly SeenItem[]) =>
    list.filter(({ name }) => name === "checkpoint").map(({ state, at: when }) => [state, when]);
  assert.equal(
    [exit, states(items)],
    [
      0,
      [
        ["ok", undefined],
        ["ok", time.toISOString()],
      ],
    ],
  );
  const old = await seen(folder, "2026-11-05T00:00:01Z", "--max-checkpoint-age", "4d");
  assert.equal(
    [old.exit, states(old.items)],
    [
      3,
      [
        ["stale", undefined],
        ["stale", time.toISOString()],
      ],
    ],
  );
});

test("a damaged mirror, and none, are errors", async () => {
  assert.is((await runCli(["status"])).exit, 2);
  const folder = temporaryFolder();
  assert.is((await runCli(["status", "--store", `${folder}/none`])).exit, 2);
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  mirror.close();
  assert.is((await runCli(["status", "--store", folder, "--max-mirror-age", "-1d"])).exit, 2);
  assert.is((await runCli(["status", "--store", folder, "--max-mirror-age", "999999d"])).exit, 2);
});

test("a folder without a mirror: the commands that fill it, with its name", async () => {
  const folder = temporaryFolder();
  const { exit, err } = await runCli(["status", "--store", folder]);
  assert.is(exit, 2);
  const said = err.replaceAll(/\s+/g, " ");
  for (const command of [
    `import --store ${folder} ARCHIVE --key PUBLIC`,
    `mirror sync --store ${folder} -f LIST`,
    `mirror add --store ${folder} IMAGE=LAYOUT`,
  ])
    assert.ok(said.includes(command), err);
});

test.run();
