import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { mediaTypes } from "../../../core/oci/manifest.ts";
import { type ProxyStage, withProxy } from "../../support/proxy-stage.ts";

const test = suite("proxy/registry/served-tags");
const at = "2026-01-01T00:00:00Z";

function put({ mirror, host }: ProxyStage, tags: readonly string[], complete = false): void {
  const value = { mediaType: mediaTypes.manifest, digest: digestOf(new Uint8Array([1])), size: 1 };
  const writer = mirror.writer();
  const repository = `${host}/org/app`;
  for (const tag of tags)
    writer.setAnswer({ kind: "tag", repository, tag }, { state: "present", value, at, from: "test" });
  if (complete) writer.setComplete(repository, { at, from: "test" });
}
const tagsIn = (body: Buffer): readonly string[] => (JSON.parse(body.toString()) as { readonly tags: string[] }).tags;

test("of a complete repository all, in the order of their bytes, without a warning", () =>
  withProxy({ offline: true }, async (stage) => {
    put(stage, ["b", "B", "1.10", "1.9", "a_b", "sha256-ab.sig"], true);
    const got = await stage.get("org/app/tags/list");
    assert.equal(tagsIn(got.body), ["1.10", "1.9", "B", "a_b", "b", "sha256-ab.sig"]);
    assert.is(got.headers.warning, undefined);
  }));

test("of any other those of the mirror, with a warning that there may be more", () =>
  withProxy({ offline: true }, async (stage) => {
    put(stage, ["1"]);
    const got = await stage.get("org/app/tags/list");
    assert.equal(tagsIn(got.body), ["1"]);
    assert.match(got.headers.warning ?? "", /^299 - "/);
  }));

test("a complete repository without tags has an empty list; one that nobody knows is unknown", () =>
  withProxy({ offline: true }, async (stage) => {
    assert.is((await stage.get("org/app/tags/list")).status, 503);
    put(stage, [], true);
    assert.equal(tagsIn((await stage.get("org/app/tags/list")).body), []);
    stage.mirror.writer().setComplete("ghcr.io", { at, from: "test" });
    assert.is((await stage.get("org/other/tags/list?ns=ghcr.io")).status, 404);
  }));

for (const online of [false, true])
  test(`pages lead to each other until the end, ${online ? "of a registry" : "of the mirror"}`, () =>
    withProxy({ offline: !online }, async (stage) => {
      const all = Array.from({ length: 7 }, (_, index) => `1.${index}`);
      put(stage, all, true);
      stage.answers = () => ({ body: { name: "org/app", tags: [...all].reverse() } });
      const seen: string[] = [];
      let next: string | undefined = `org/app/tags/list?n=3&ns=${stage.host}`;
      for (let pages = 0; next !== undefined && pages < 5; pages++) {
        const got = await stage.get(next);
        seen.push(...tagsIn(got.body));
        next = /^<\/v2\/([^>]+)>; rel="next"$/.exec(String(got.headers.link ?? ""))?.[1];
      }
      assert.equal(seen, all);
      assert.is(next, undefined);
      const none = await stage.get(`org/app/tags/list?n=0&ns=${stage.host}`);
      assert.equal(tagsIn(none.body), []);
      assert.is(none.headers.link, undefined);
    }));

test("a registry's list is asked for once in a while, over all its pages", () =>
  withProxy({ refreshMs: 60_000 }, async (stage) => {
    stage.answers = (path) =>
      path.endsWith("page=2")
        ? { body: { name: "org/app", tags: ["2", "not a tag"] } }
        : { headers: { link: '</v2/org/app/tags/list?page=2>; rel="next"' }, body: { name: "org/app", tags: ["1"] } };
    for (let time = 0; time < 2; time++) assert.equal(tagsIn((await stage.get("org/app/tags/list")).body), ["1", "2"]);
    assert.is(stage.upstream.asked().length, 2);
    stage.clock += 61_000;
    await stage.get("org/app/tags/list");
    assert.is(stage.upstream.asked().length, 2);
  }));

test("a registry whose pages lead in a circle, or elsewhere, has said nothing", () =>
  withProxy({}, async (stage) => {
    for (const link of ["</v2/org/app/tags/list>", "<https://other.example/v2/org/app/tags/list>"]) {
      stage.answers = () => ({ headers: { link: `${link}; rel="next"` }, body: { name: "org/app", tags: ["1"] } });
      assert.is((await stage.get("org/app/tags/list")).status, 503, link);
    }
  }));

test.run();
