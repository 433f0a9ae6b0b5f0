import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("cli/commands/trust-status");
const target = fixtureBytes("trust/trusted-root.json");
const repository = makeTufRepository(target);
const at = "2026-11-02T00:00:00Z";

function mirror(floors = { root: "1", timestamp: "1", snapshot: "1", targets: "1" }): string {
  const store = tempFolder();
  const opened = openMirror(store, { mode: "write", limits: defaultLimits });
  const origin = { at, from: "https://tuf.lab" };
  opened
    .writer()
    .setAnswer(
      { kind: "trusted-root", name: "lab" },
      { state: "present", value: { ...repository.source(), floors }, ...origin },
    );
  opened.writer().pin({ kind: "tuf-root", name: "lab", bytes: repository.served("root") }, origin);
  opened.writer().pin({ kind: "trusted-root", name: "corp", bytes: target }, { at, from: "corp.json" });
  opened.close();
  return store;
}

const status = (now: string, store: string, ...words: readonly string[]) =>
  runCli(["trust", "status", "--store", store, ...words], { now });

test("every trusted root, with the mode", async () => {
  const { exit, out, err } = await status("2026-11-05T00:00:00Z", mirror());
  assert.equal([exit, err], [0, ""]);
  assert.is(
    out,
    `corp  pinned trusted_root.json from corp.json, received 2026-11-02 00:00 UTC (3 d ago)
  trusted root ${digestOf(target)}
  ✓ no expiry: an operator vouches for it

lab  TUF metadata from https://tuf.lab, received 2026-11-02 00:00 UTC (3 d ago)
  ROLE       VERSION  SEEN  EXPIRES
  root       1        1     2027-11-01 00:00 UTC (in 361 d)
  timestamp  1        1     2027-11-01 00:00 UTC (in 361 d)
  snapshot   1        1     2027-11-01 00:00 UTC (in 361 d)
  targets    1        1     2027-11-01 00:00 UTC (in 361 d)
  trusted root ${digestOf(target)}
  ✓ fresh

mode budget: warns from 7 d past a signed expiry, stale past 90 d, as of 2026-11-05 00:00 UTC
`,
  );
});

test("a clock that was set back is reported, and makes nothing fresher", async () => {
  const store = mirror();
  const opened = openMirror(store, { mode: "write", limits: defaultLimits });
  opened.writer().raiseSignedTime(new Date("2028-02-01T00:00:00Z"), { at, from: "test" });
  opened.close();
  const { exit, out, err } = await status("2026-11-05T00:00:00Z", store, "--trust", "lab");
  assert.equal([exit, /✓ fresh/.test(out)], [3, false], out);
  assert.match(err, /^warning: \[clock-behind\] .*2028-02-01/);
});

test("freshness that ends: tolerated, warned of, stale", async () => {
  const store = mirror();
  for (const [now, exit, pattern] of [
    ["2027-11-03T00:00:00Z", 0, "  ! root expired at 2027-11-01 00:00 UTC; this is within the budget\n"],
    ["2027-11-20T00:00:00Z", 0, "  ! freshness has ended: root version 1 expired at"],
    ["2028-03-01T00:00:00Z", 3, "  ✗ [stale] root version 1 expired at"],
  ] as const) {
    const seen = await status(now, store, "--trust", "lab");
    assert.is(seen.exit, exit);
    assert.match(seen.out, pattern);
  }
  assert.match((await status("2028-03-01T00:00:00Z", store)).out, "(expired 121 d ago)", "its roles are still shown");
  assert.is((await status("2027-11-01T00:00:00Z", store, "--trust-mode", "enforce")).exit, 3);
  assert.is((await status("2028-03-01T00:00:00Z", store, "--max-trust-age", "200d")).exit, 0);
});

test("metadata that does not verify, and unknown names", async () => {
  const broken = await status(at, mirror({ root: "1", timestamp: "9", snapshot: "1", targets: "1" }), "--trust", "lab");
  assert.is(broken.exit, 3);
  assert.match(broken.out, "  ✗ [no-trust] the TUF metadata does not verify: [rollback]");
  assert.is((await status(at, mirror(), "--trust", "nobody")).exit, 3);
});

test("as JSON", async () => {
  const { out } = await status(at, mirror(), "-o", "json");
  const document = JSON.parse(out);
  assert.equal(
    [document.kind, document.mode, document.maxTrustAge, document.roots.length],
    ["TrustStatus", "budget", { warnSeconds: 604_800, denySeconds: 7_776_000 }, 2],
  );
  assert.equal(document.roots[1].roles[0], {
    role: "root",
    version: "1",
    expires: "2027-11-01T00:00:00.000Z",
    floor: "1",
  });
  assert.equal([document.roots[0].state, document.roots[1].state], ["pinned", "fresh"]);
});

test.run();
