/** The ages in the metrics of a server: by its budgets. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { origin, writtenMirror } from "../../support/temporary-mirror.ts";
import { head, serving } from "../serving.ts";

const test = suite("cli/serve/watch-freshness");
const repository = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
const synced = "2026-11-01T00:00:00.000Z";

const store = writtenMirror((mirror) => {
  const value = repository.source();
  mirror.writer().setAnswer({ kind: "trusted-root", name: "lab" }, { state: "present", value, ...origin });
  mirror.writer().pin({ kind: "tuf-root", name: "lab", bytes: repository.served("root") }, origin);
  const summary = { failed: 0, outages: [] } as JsonValue;
  mirror.log.addRun({ kind: "mirror sync", started: synced, ended: synced, from: "mirror sync", summary });
});

/** The lines of the metrics about ages, at a time. */
async function linesAt(
  now: string,
  from = store,
  budgets = "freshness: { maxMirrorAge: 40d }",
  start = "sallyport_freshness_",
): Promise<readonly string[]> {
  const config = `${head}store: ${from}\nlisteners: [{ address: "127.0.0.1:0" }]\n${budgets}\n`;
  let lines: readonly string[] = [];
  const { exit, err } = await serving(
    ["-c", "c.yaml"],
    async ({ urls: [url = ""] }) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      lines = text.split("\n").filter((line) => line.startsWith(start));
    },
    { files: { "c.yaml": config }, now },
  );
  assert.is(exit, 0, err);
  return lines;
}

const seconds = (time: string): number => Date.parse(time) / 1000;

test("fresh, warned of, stale: by the thresholds of the configuration", async () => {
  const stateOf = (lines: readonly string[], what: string): string | undefined =>
    lines
      .find((line) => line.startsWith(`sallyport_freshness_state{what="${what}"`))
      ?.split(" ")
      .at(-1);
  for (const [now, mirror, trust] of [
    ["2026-11-02T00:00:00Z", "0", "0"],
    ["2026-12-05T00:00:00Z", "1", "0"],
    ["2026-12-12T00:00:00Z", "2", "0"],
    ["2027-11-15T00:00:00Z", "2", "1"],
    ["2029-01-01T00:00:00Z", "2", "2"],
  ] as const) {
    const lines = await linesAt(now);
    assert.equal([stateOf(lines, "mirror"), stateOf(lines, "trust")], [mirror, trust], now);
    const label = '{what="mirror",subject=""}';
    assert.ok(
      lines.includes(`sallyport_freshness_as_of_timestamp_seconds${label} ${seconds(synced)}`),
      lines.join("\n"),
    );
    assert.ok(
      lines.includes(`sallyport_freshness_ends_timestamp_seconds${label} ${seconds("2026-12-11T00:00:00Z")}`),
      lines.join("\n"),
    );
    assert.ok(lines.some((line) => line.startsWith('sallyport_freshness_state{what="trust",subject="lab"}')));
  }
});

test("what has no age has no metric, rather than an alert that never ends", async () => {
  const empty = writtenMirror(() => undefined);
  assert.equal(await linesAt("2026-11-02T00:00:00Z", empty, ""), []);
  assert.equal(await linesAt("2026-11-02T00:00:00Z", empty), ['sallyport_freshness_state{what="mirror",subject=""} 2']);
});

test("how long the metadata of each role lasts", async () => {
  const lines = await linesAt("2026-12-05T00:00:00Z", store, "", "sallyport_trust_expiry_seconds");
  const roles = lines.map((line) => /root="lab",role="(\w+)"\} \d+$/.exec(line)?.[1]);
  assert.equal(roles, ["root", "timestamp", "snapshot", "targets"]);
});

test("what the mirror holds is told once it is counted, and what clients pulled at once", async () => {
  const config = `${head}store: ${store}\nlisteners: [{ address: "127.0.0.1:0" }]\n`;
  let lines: readonly string[] = [];
  const { exit, err } = await serving(
    ["-c", "c.yaml"],
    async ({ urls: [url = ""] }) => {
      await (await fetch(`${url}/v2/`)).text();
      while (!lines.some((line) => line.startsWith("sallyport_mirror_images")))
        lines = (await (await fetch(`${url}/metrics`)).text())
          .split("\n")
          .filter((line) => /^sallyport_(?:mirror_images|proxy_bytes_total)/.test(line));
    },
    { files: { "c.yaml": config } },
  );
  assert.is(exit, 0, err);
  assert.equal(
    lines.filter((line) => line.startsWith("sallyport_mirror_images")),
    ["yes", "no", "unknown"].map((signed) => `sallyport_mirror_images{signed="${signed}"} 0`),
  );
  assert.ok(lines.includes('sallyport_proxy_bytes_total{result="stored"} 2'), lines.join("\n"));
});

test.run();
