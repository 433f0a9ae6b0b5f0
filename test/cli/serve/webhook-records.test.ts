import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openRecords } from "../../../cli/serve/webhook-records.ts";
import { createEngine } from "../../../core/decide/engine.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseRecord, verifyRecord } from "../../../core/record/read-record.ts";
import { replay } from "../../../core/record/replay.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { createLog } from "../../../proxy/log.ts";
import { ourKey } from "../../support/archive-store.ts";
import { entryOf, image, pod, policyText } from "../../support/fixture-policies.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { skipped } from "../../support/vectors.ts";
import { runCli, testIO } from "../command-io.ts";
import { head, serving } from "../serving.ts";
import { afterRecords, countsOf, fillStore, isAdmitted, now, recordingFiles } from "./recording.ts";

const test = suite("cli/serve/webhook-records");
const store = tempFolder();
test.before(() => fillStore(store));

/** Every record of a folder, verified and decided again. */
const replayed = (folder: string) =>
  readdirSync(folder).map((name) => {
    const text = readFileSync(`${folder}/${name}`);
    const record = parseRecord(text, defaultLimits);
    verifyRecord(record, [ourKey.key], nodeVerifier);
    const { allowed, difference } = replay(record, nodeVerifier);
    assert.is(difference, undefined, name);
    return { id: name.replace(".json", ""), allowed, policies: record.engine.policies.map((policy) => policy.name) };
  });

test("records of decisions that were made under load are decided again, byte for byte", async () => {
  const records = `${tempFolder()}/records`;
  const { exit } = await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""] }) => {
      const asked = ["signed", "unsigned"].flatMap((name) =>
        ["/mutate/fail", "/validate/fail", "/mutate/ignore"].map((path) => [name, path] as const),
      );
      const all = Array.from({ length: 5 }, () => asked).flat();
      await Promise.all(all.map(([name, path]) => isAdmitted(url, path, name)));
      await afterRecords(url, all.length);
      assert.equal(await countsOf(url), { written: all.length, lost: 0 });
    },
    { files: recordingFiles(store, records), now },
  );
  assert.is(exit, 0);
  const verdicts = replayed(records).map(({ allowed }) => allowed);
  assert.is(verdicts.length, 30);
  assert.ok(verdicts.includes(true) && verdicts.includes(false));
});

test("a review with halves of surrogate pairs is recorded as it was read, and is decided again", async () => {
  const records = `${tempFolder()}/records`;
  const { exit } = await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""] }) => {
      const more = { labels: { "a\ud800": "b\udc00" }, annotations: { note: "\ud83d", whole: "🔒" } };
      for (const path of ["/mutate/fail", "/validate/fail"]) await isAdmitted(url, path, "signed", more);
      await afterRecords(url, 2);
      assert.equal(await countsOf(url), { written: 2, lost: 0 });
    },
    { files: recordingFiles(store, records), now },
  );
  assert.is(exit, 0);
  assert.is(replayed(records).length, 2);
  for (const name of readdirSync(records)) {
    const text = readFileSync(`${records}/${name}`, "utf8");
    const { input } = JSON.parse(text);
    assert.equal(JSON.parse(input.request).object.metadata.labels, { "a\ufffd": "b\ufffd" });
    const { exit: shown, out, err } = await runCli(["explain", "r.json"], { now, files: { "r.json": text } });
    // Without its digest the validating pass denies it.
    assert.is(shown, input.pass === "mutate" ? 0 : 1, err + out);
  }
});

test("policies edited under load: each record has those that decided, and says what was answered", async () => {
  const records = `${tempFolder()}/records`;
  const rounds = 6;
  const ofRound = (round: number): string =>
    policyText({ name: `edit-${round}`, entries: [entryOf(round % 2 === 0 ? "a" : "b")] });
  const answers: boolean[] = [];
  const files = { ...recordingFiles(store, records), "policies/a.yaml": ofRound(0) };
  let logged: ReadonlyMap<string, unknown> = new Map();
  const { exit } = await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""], files: world, send, logged: waitFor, lines }) => {
      let isOver = false;
      /** Reviews follow each other until the last edit is in force, so that some meet each of the edits. */
      const client = async (): Promise<void> => {
        do answers.push(await isAdmitted(url, "/mutate/fail", "signed"));
        while (!isOver);
      };
      const clients = Promise.all(Array.from({ length: 6 }, client));
      for (let round = 1; round <= rounds; round++) {
        const before = answers.length;
        while (answers.length < before + 6) await new Promise((resolve) => setTimeout(resolve, 2));
        world["policies/a.yaml"] = ofRound(round);
        send("SIGHUP");
        await waitFor("the configuration was loaded again", round);
      }
      isOver = true;
      await clients;
      await afterRecords(url, answers.length);
      assert.equal(await countsOf(url), { written: answers.length, lost: 0 });
      logged = new Map(
        lines().flatMap(({ msg, decision, allowed }) => (msg === "request" ? [[String(decision), allowed]] : [])),
      );
    },
    { files, now },
  );
  assert.is(exit, 0);
  const decided = replayed(records);
  assert.is(decided.length, answers.length);
  const seen = new Set<string>();
  for (const { id, allowed, policies } of decided) {
    const [name = "", ...others] = policies.filter((one) => one.startsWith("edit-"));
    assert.equal(others, [], "policies of one moment");
    assert.is(allowed, Number(name.slice("edit-".length)) % 2 === 0, `${id} by ${name}`);
    assert.is(logged.get(id), allowed, id);
    seen.add(name);
  }
  assert.is(seen.size, rounds + 1);
  const count = (all: readonly boolean[]): number => all.filter((allowed) => allowed).length;
  assert.is(count(decided.map(({ allowed }) => allowed)), count(answers));
});

test("records that wait are bounded by what their requests hold, too", async () => {
  const [results, said]: [string[], unknown[]] = [[], []];
  const opened = await openRecords({
    config: { records: { folder: tempFolder(), key: undefined } },
    contentId: undefined,
    metrics: { recorded: (result) => void results.push(result) },
    limits: { ...defaultLimits, recordsWaitingBytes: 10_000 },
    io: testIO().io,
    log: createLog({
      level: "error",
      format: "json",
      write: (lines) => void said.push((JSON.parse(lines) as { readonly code: string }).code),
      now: () => new Date(now),
    }),
  });
  assert.ok(opened);
  const engine = { policies: [], limits: defaultLimits };
  const record = opened.records({ fail: engine, ignore: engine });
  const decideAbout = (annotation: string): void => {
    const resource = { ...pod(image("signed")), metadata: { name: "web", annotations: { note: annotation } } };
    const request = requestFor(resource);
    const knowledge = new MemoryKnowledge(defaultLimits);
    const decision = createEngine({ ...engine, crypto: nodeVerifier }).decide(request, knowledge, new Date(now));
    const place = { pass: "validate", strictness: "fail" } as const;
    record({ request, decision, knowledge, place })(undefined);
  };
  for (const length of [6_000, 6_000, 1_000]) decideAbout("x".repeat(length));
  assert.equal([results, said], [["lost"], ["over-limit"]]);
  await opened.close();
  assert.equal(results, ["lost", "written", "written"]);
});

test("a folder of records that cannot be made ends the start; a key needs one", async () => {
  const files = recordingFiles(store, "unused");
  for (const records of ["{ folder: /dev/null/records }", "{ key: recorder.key }"]) {
    const text = (files["sallyport.yaml"] ?? head).replace(/records: .*/, `records: ${records}`);
    const { exit } = await runCli(["serve", "--config", "sallyport.yaml"], {
      files: { ...files, "sallyport.yaml": text },
      now,
    });
    assert.is(exit, 2);
  }
});

const program = fileURLToPath(new URL("../../kills/full-disk-records.ts", import.meta.url));
const disk = temporaryFolder();
const inNamespace = (words: readonly string[]) => spawnSync("unshare", ["-rm", ...words], { encoding: "utf8" });

if (inNamespace(["mount", "-t", "tmpfs", "tmpfs", disk]).status === 0)
  test("a full disk loses records and no answer: it is counted and said, and over when there is room again", () => {
    const { stdout, stderr } = inNamespace([process.execPath, "--import", "tsx", program, store, disk]);
    assert.is(stderr, "");
    const { answers, full, after, said, replayedOnDisk, left } = JSON.parse(stdout);
    assert.equal(answers, { right: 60, wrong: 0 });
    assert.is(full.written + full.lost, 40);
    assert.ok(full.written > 0 && full.lost > 8, JSON.stringify(full));
    assert.is(replayedOnDisk, full.written, "what is there is whole");
    assert.equal(left, [], "no part of a record stays");
    assert.equal(after, { written: full.written + 20, lost: full.lost });
    // At the first, the second, the fourth, … that is lost.
    assert.equal(
      said.map(({ lost }: { readonly lost: number }) => lost),
      Array.from({ length: Math.floor(Math.log2(full.lost)) + 1 }, (_, index) => 2 ** index),
    );
    for (const { code, error } of said) assert.match(`${code} ${error}`, /^invalid-usage .*(?:full|no (?:space|room))/);
  });
else skipped("cli/serve/webhook-records", 1, "no tmpfs can be mounted in a namespace of one's own");

test.run();
