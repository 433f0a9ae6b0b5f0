/**
 * What clients get, by what is known, what the registry does and the failure policy; and what a client makes of each
 * status. The latter was measured on containerd 2.1.6 and 2.4.2, and on containers/image 5.42.1 (podman, CRI-O).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Descriptor } from "../../../core/oci/descriptor.ts";
import { mediaTypes } from "../../../core/oci/manifest.ts";
import type { FailurePolicy } from "../../../proxy/registry/pull-through.ts";
import { type ProxyStage, type StageOptions, withProxy } from "../../support/proxy-stage.ts";
import { manifestReply, notFound, type Reply, referrer } from "../../support/registry-server.ts";

const test = suite("proxy/registry/statuses");

/** The statuses that a client may get, and where it goes from there. */
const clients: Readonly<Record<number, { readonly containerd: string; readonly podman: string }>> = {
  200: { containerd: "takes it", podman: "takes it" },
  206: { containerd: "goes on where it was cut", podman: "goes on where it was cut" },
  304: { containerd: "never asks for it", podman: "never asks for it" },
  400: { containerd: "next host", podman: "next source; a blob fails the pull" },
  403: { containerd: "next host, and reads the sentence", podman: "next source; a blob fails the pull" },
  404: { containerd: "next host", podman: "next source; a blob fails the pull" },
  405: { containerd: "never writes here", podman: "never writes here" },
  416: { containerd: "next host", podman: "next source" },
  503: { containerd: "next host; the last host is tried once more", podman: "next source, for a blob too" },
};
/** 408 and 429 make containerd try five times at once, and podman wait for its whole time; 301 fails a pull. */
const never: readonly number[] = [301, 302, 307, 401, 408, 429, 500, 502, 504];

const text = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.manifest,
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(encodeUtf8("{}")), size: 2 },
  layers: [
    { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: digestOf(encodeUtf8("layer")), size: 5 },
  ],
});
const digest = digestOf(encodeUtf8(text));
const layer = digestOf(encodeUtf8("layer"));
const descriptor: Descriptor = { mediaType: mediaTypes.manifest, digest, size: text.length };

/** What the mirror knows, and for how long: five minutes count as new. */
type Known = "nothing" | "mirrored" | "old" | "absent" | "old absent";

function fill({ mirror, host, clock }: ProxyStage, known: Known): void {
  if (known === "nothing") return;
  const repository = `${host}/org/app`;
  const at = new Date(clock - (known.startsWith("old") ? 3_600_000 : 0)).toISOString();
  const writer = mirror.writer();
  const tag = { kind: "tag", repository, tag: "1" } as const;
  const manifest = { kind: "manifest", repository, digest } as const;
  const referrers = { kind: "referrers", repository, digest } as const;
  if (known.endsWith("absent")) {
    for (const question of [tag, manifest, referrers])
      writer.setAnswer(question, { state: "absent", at, from: "test" });
    return;
  }
  writer.setAnswer(tag, { state: "present", value: descriptor, at, from: "test" });
  writer.setAnswer(manifest, { state: "present", value: encodeUtf8(text), at, from: "test" });
  writer.setAnswer(referrers, { state: "present", value: [referrer("a")], at, from: "test" });
}

type Upstream = "offline" | "not listed" | "down" | "has" | "lacks" | "cuts" | "lies" | number;

const has = (path: string): Reply | undefined =>
  path.endsWith("/manifests/1") || path.endsWith(`/manifests/${digest}`)
    ? manifestReply(text)
    : path.endsWith(`/blobs/${layer}`)
      ? { body: "layer" }
      : path.endsWith("/tags/list")
        ? { body: { name: "org/app", tags: ["1"] } }
        : undefined;

function does(upstream: Upstream): ProxyStage["answers"] {
  if (upstream === "has") return has;
  if (upstream === "cuts") return () => (_: IncomingMessage, response: ServerResponse) => void response.destroy();
  if (upstream === "lies") {
    const headers = { "content-type": mediaTypes.manifest, "docker-content-digest": digest, "content-length": "2" };
    return () => ({ headers, body: "{}" });
  }
  if (typeof upstream === "number")
    return () => ({ status: upstream, body: { errors: [{ code: "X", message: "x" }] } });
  return () => notFound();
}

interface Row {
  readonly known: Known;
  readonly upstream: Upstream;
  readonly policy?: FailurePolicy;
  /** By tag, by digest, of the layer, of referrers, of the list of tags. */
  readonly gives: readonly [number, number, number, number, number];
  /** Whether what is given by tag is said to be old. */
  readonly stale?: boolean;
}

const outages = ["down", "cuts", 408, 429, 503] as const;
const rows: readonly Row[] = [
  // Nobody to ask: the mirror is the authority.
  ...(["offline", "not listed"] as const).flatMap((upstream): Row[] => [
    { known: "nothing", upstream, gives: [503, 503, 503, 503, 503] },
    { known: "mirrored", upstream, gives: [200, 200, 503, 200, 200] },
    { known: "old", upstream, gives: [200, 200, 503, 200, 200] },
    { known: "absent", upstream, gives: [404, 404, 503, 200, 503] },
    { known: "old absent", upstream, gives: [404, 404, 503, 200, 503] },
  ]),
  // The registry answers.
  { known: "nothing", upstream: "has", gives: [200, 200, 200, 200, 200] },
  { known: "old", upstream: "has", gives: [200, 200, 200, 200, 200] },
  { known: "absent", upstream: "has", gives: [404, 404, 200, 200, 200] },
  { known: "old absent", upstream: "has", gives: [200, 200, 200, 200, 200] },
  { known: "nothing", upstream: "lacks", gives: [404, 404, 404, 200, 404] },
  // A manifest that is mirrored names the layer: it is not absent.
  { known: "mirrored", upstream: "lacks", gives: [200, 200, 503, 200, 404] },
  // By digest nothing ages; what is old is asked for again.
  { known: "old", upstream: "lacks", gives: [404, 200, 503, 200, 404] },
  // An outage hides what may have changed under Fail, and leaves it, with a warning, under Ignore.
  ...outages.flatMap((upstream): Row[] => [
    { known: "nothing", upstream, policy: "Fail", gives: [503, 503, 503, 503, 503] },
    { known: "nothing", upstream, policy: "Ignore", gives: [503, 503, 503, 503, 503] },
    { known: "mirrored", upstream, policy: "Fail", gives: [200, 200, 503, 200, 503] },
    { known: "old", upstream, policy: "Fail", gives: [503, 200, 503, 503, 503] },
    { known: "old", upstream, policy: "Ignore", gives: [200, 200, 503, 200, 200], stale: true },
    { known: "old absent", upstream, policy: "Fail", gives: [503, 503, 503, 503, 503] },
    { known: "old absent", upstream, policy: "Ignore", gives: [404, 404, 503, 200, 503], stale: true },
  ]),
  // Refused credentials are no outage: someone must mend them, and no policy overlooks them.
  ...([401, 403] as const).flatMap((upstream): Row[] => [
    { known: "nothing", upstream, policy: "Ignore", gives: [503, 503, 503, 503, 503] },
    { known: "old", upstream, policy: "Ignore", gives: [503, 200, 503, 503, 503] },
  ]),
  // What does not have its digest is never given.
  { known: "nothing", upstream: "lies", gives: [503, 503, 503, 503, 503] },
];

const paths = ["manifests/1", `manifests/${digest}`, `blobs/${layer}`, `referrers/${digest}`, "tags/list"];

for (const { known, upstream, policy = "Fail", gives, stale = false } of rows)
  test(`${known}, ${upstream}, ${policy}: ${gives.join(" ")}`, async () => {
    const options: StageOptions = {
      failurePolicy: policy,
      offline: upstream === "offline",
      ...(upstream === "not listed" ? { upstreams: ["registry.example"] } : {}),
    };
    const got: number[] = [];
    await withProxy(options, async (stage) => {
      fill(stage, known);
      stage.answers = does(upstream);
      if (upstream === "down") await stage.stopUpstream();
      for (const [index, path] of paths.entries()) {
        const { status, headers } = await stage.get(`org/app/${path}`);
        got.push(status);
        assert.ok(Object.hasOwn(clients, status));
        assert.not.ok(never.includes(status));
        const isStale = headers.warning !== undefined && headers.age !== undefined;
        if (index === 0) assert.is(isStale, stale);
        if (isStale) {
          assert.is(headers.age, "3600");
          assert.match(headers.warning ?? "", /^299 - "[^"]+"$/);
        }
        // What comes from a registry may pass, unless somebody must do something.
        if (status === 503 && outages.some((one) => one === upstream)) assert.is(headers["retry-after"], "10");
      }
      if (upstream === "offline" || upstream === "not listed") assert.equal(stage.upstream.asked(), []);
    });
    assert.equal(got, gives);
  });

test.run();
