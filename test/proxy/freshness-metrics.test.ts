import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../../proxy/metrics.ts";

const test = suite("proxy/freshness-metrics");

test("what is not known has no value; what is known is told as of the last look", async () => {
  const { freshness, render } = createMetrics("1");
  const lines = async (): Promise<readonly string[]> =>
    (await render()).split("\n").filter((line) => /^sallyport_(?:trust|last|freshness)_/.test(line));
  assert.equal(await lines(), []);
  const now = new Date(1_000_000);
  freshness.watch(() => ({ aging: [], roles: [], now }));
  assert.equal(await lines(), []);
  const roles = [
    { root: "lab", role: "root", expires: new Date(1_090_000) },
    { root: "lab", role: "timestamp", expires: new Date(940_000) },
  ];
  const aging = [{ what: "mirror", subject: "", asOf: new Date(2000), state: "warned" }] as const;
  freshness.watch(() => ({ aging, roles, imported: new Date(5000), now }));
  assert.equal(await lines(), [
    'sallyport_freshness_as_of_timestamp_seconds{what="mirror",subject=""} 2',
    'sallyport_freshness_state{what="mirror",subject=""} 1',
    'sallyport_trust_expiry_seconds{root="lab",role="root"} 90',
    'sallyport_trust_expiry_seconds{root="lab",role="timestamp"} -60',
    "sallyport_last_import_timestamp_seconds 5",
  ]);
  // Of a mirror that was replaced.
  freshness.watch(() => ({ aging: [], roles: [], now }));
  assert.equal(await lines(), []);
});

test.run();
