import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../../proxy/metrics.ts";

const test = suite("proxy/metrics");

test("what is counted is in the text, each with its help and labels", async () => {
  const metrics = createMetrics("1.2.3");
  const labels = { listener: "a", method: "GET", route: "registry", code: "200" };
  metrics.request(labels, 0.02);
  metrics.request(labels, 0.02);
  metrics.connections("a", 7);
  metrics.refused({ listener: "a", reason: "login" });
  metrics.reloaded("kept", new Date(1000));
  metrics.reloaded("loaded", new Date(2000));
  metrics.certificateExpires("a", new Date(3000));
  const text = await metrics.render();
  for (const line of [
    'sallyport_http_requests_total{listener="a",method="GET",route="registry",code="200"} 2',
    'sallyport_http_request_duration_seconds_bucket{le="0.01",listener="a",route="registry"} 0',
    'sallyport_http_request_duration_seconds_bucket{le="0.05",listener="a",route="registry"} 2',
    'sallyport_http_connections{listener="a"} 7',
    'sallyport_http_refused_total{listener="a",reason="login"} 1',
    'sallyport_config_reloads_total{result="kept"} 1',
    'sallyport_config_reloads_total{result="loaded"} 1',
    "sallyport_config_last_reload_timestamp_seconds 2",
    'sallyport_tls_certificate_expiry_timestamp_seconds{listener="a"} 3',
    'sallyport_build_info{version="1.2.3"} 1',
  ])
    assert.ok(text.split("\n").includes(line), line);
  const names = new Set([...text.matchAll(/^(sallyport_\w+?)(?:_bucket|_sum|_count)?[{ ]/gm)].map(([, name]) => name));
  for (const name of names) assert.match(text, new RegExp(`^# HELP ${name} .+\\.$`, "m"));
  assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/);
});

test("images of the mirror once they are counted, and bytes by where they came from", async () => {
  const { mirror, render } = createMetrics("1");
  const lines = async () =>
    (await render()).split("\n").filter((line) => /^sallyport_(?:mirror_images|proxy_bytes)/.test(line));
  const none = ["stored", "pulled", "refused"].map((result) => `sallyport_proxy_bytes_total{result="${result}"} 0`);
  assert.equal(await lines(), none);
  let counts: { readonly yes: number; readonly no: number; readonly unknown: number } | undefined;
  mirror.watchImages(() => counts);
  assert.equal(await lines(), none, "no count is not a count of none");
  counts = { yes: 2, no: 1, unknown: 0 };
  mirror.sent("stored", 7);
  mirror.sent("pulled", 1000);
  mirror.sent("stored", 3);
  const told = [
    'sallyport_mirror_images{signed="yes"} 2',
    'sallyport_mirror_images{signed="no"} 1',
    'sallyport_mirror_images{signed="unknown"} 0',
    'sallyport_proxy_bytes_total{result="stored"} 10',
    'sallyport_proxy_bytes_total{result="pulled"} 1000',
    'sallyport_proxy_bytes_total{result="refused"} 0',
  ];
  assert.equal(await lines(), told);
  assert.equal(await lines(), told, "each is counted once");
  counts = undefined;
  assert.equal(await lines(), told.slice(3));
});

test("of syncs the last one is told, and no time before there was one", async () => {
  const { sync, render } = createMetrics("1");
  const lines = async () => (await render()).split("\n").filter((line) => line.startsWith("sallyport_sync_"));
  assert.equal(await lines(), ["sallyport_sync_consecutive_failures 0"]);
  const outages = [
    { from: "a.test", code: "unreachable", questions: 2 },
    { from: "a.test", code: "unreachable", questions: 1 },
    { from: "b.test", code: "rate-limited", questions: 1 },
  ];
  sync.failed("invalid-config", new Date(1000));
  sync.synced({ at: new Date(2000), codes: ["unreachable", "unreachable"], covered: 3, uncovered: 1, outages });
  assert.equal((await lines()).sort(), [
    "sallyport_sync_consecutive_failures 2",
    'sallyport_sync_images{state="covered"} 3',
    'sallyport_sync_images{state="uncovered"} 1',
    'sallyport_sync_last_failure_timestamp_seconds{code="invalid-config"} 1',
    'sallyport_sync_last_failure_timestamp_seconds{code="unreachable"} 2',
    'sallyport_sync_outages{from="a.test",code="unreachable"} 3',
    'sallyport_sync_outages{from="b.test",code="rate-limited"} 1',
  ]);
  sync.synced({ at: new Date(3000), codes: [], covered: 4, uncovered: 0, outages: outages.slice(2) });
  assert.equal((await lines()).filter((line) => !line.includes("last_failure")).sort(), [
    "sallyport_sync_consecutive_failures 0",
    'sallyport_sync_images{state="covered"} 4',
    'sallyport_sync_images{state="uncovered"} 0',
    "sallyport_sync_last_success_timestamp_seconds 3",
    'sallyport_sync_outages{from="b.test",code="rate-limited"} 1',
  ]);
});

test("of very many registries that did not answer a bounded number is named", async () => {
  const { sync, render } = createMetrics("1");
  const outages = Array.from({ length: 150 }, (_, index) => ({ from: `r${index}`, code: "unreachable", questions: 1 }));
  sync.synced({ at: new Date(2000), codes: [], covered: 0, uncovered: 0, outages });
  const lines = (await render()).split("\n").filter((line) => line.startsWith("sallyport_sync_outages{"));
  assert.is(lines.length, 101);
  assert.ok(lines.includes('sallyport_sync_outages{from="others",code="unreachable"} 50'));
});

test("what was counted of a policy goes with it, and what it still decides is not counted", async () => {
  const { recheck, render } = createMetrics("1");
  const lines = async () =>
    (await render()).split("\n").filter((line) => line.startsWith("sallyport_recheck_refuted_total{"));
  const of = (policy: string, code: string, count: number): string =>
    `sallyport_recheck_refuted_total{policy="${policy}",code="${code}"} ${count}`;
  recheck.policies(["a", "shop/b"]);
  for (const [policy, code] of [
    ["a", "no-signature"],
    ["a", "wrong-key"],
    ["shop/b", "no-signature"],
    ["shop/b", "no-signature"],
    ["gone", "no-signature"],
  ] as const)
    recheck.refuted(policy, code);
  assert.equal((await lines()).sort(), [
    of("a", "no-signature", 1),
    of("a", "wrong-key", 1),
    of("shop/b", "no-signature", 2),
  ]);
  recheck.policies(["shop/b"]);
  recheck.refuted("a", "no-signature");
  assert.equal(await lines(), [of("shop/b", "no-signature", 2)]);
  recheck.policies(["a", "shop/b"]);
  recheck.refuted("a", "no-signature");
  assert.equal((await lines()).sort(), [of("a", "no-signature", 1), of("shop/b", "no-signature", 2)]);
});

test("reviews that differ in one label are counted apart, however they follow on one another", async () => {
  const { admission, render } = createMetrics("1");
  const usual = { webhook: "fail", result: "denied", code: "no-signature" };
  for (const labels of [usual, { ...usual, webhook: "ignore" }, { ...usual, result: "shed" }, { ...usual, code: "" }]) {
    admission.reviewed(usual);
    admission.reviewed(labels);
  }
  const lines = (await render()).split("\n").filter((line) => line.startsWith("sallyport_admission_reviews_total{"));
  assert.equal(
    lines.map((line) => Number(line.split("} ")[1])),
    [5, 1, 1, 1],
  );
});

test("two servers in one process count apart", async () => {
  const [one, two] = [createMetrics("1"), createMetrics("2")];
  one.connections("a", 1);
  assert.not.match(await two.render(), /connections\{/);
});

test.run();
