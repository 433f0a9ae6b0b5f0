import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { type ProxyStage, withProxy } from "../../support/proxy-stage.ts";

const test = suite("proxy/registry/catalog");
const known = { at: "2026-01-01T00:00:00Z", from: "test" };
const value = { mediaType: "a/b", digest: digestOf(encodeUtf8("x")), size: 1 };

function fill({ mirror }: ProxyStage, repositories: readonly string[]): void {
  const writer = mirror.writer();
  for (const repository of repositories)
    for (const tag of ["1", "2"])
      writer.setAnswer({ kind: "tag", repository, tag }, { state: "present", value, ...known });
}
const names = ["a.example/app", "a.example/app/sub", "b.example/z", "docker.io/library/nginx"];
const read = async ({ get }: ProxyStage, query = "") => {
  const { status, headers, body } = await get(`_catalog${query === "" ? "?" : query}`);
  return { status, repositories: JSON.parse(body.toString()).repositories, link: headers.link };
};

test("the mirrored repositories, each once, in order; a registry is not asked", () =>
  withProxy({}, async (stage) => {
    fill(stage, names);
    stage.mirror
      .writer()
      .setAnswer({ kind: "tag", repository: "c.example/nothing", tag: "1" }, { state: "absent", ...known });
    assert.equal(await read(stage), { status: 200, repositories: names, link: undefined });
    assert.equal(stage.upstream.asked(), []);
    assert.is((await stage.get("_catalog?", {}, "HEAD")).status, 200);
    assert.is((await stage.get("_catalog?", {}, "POST")).status, 405);
  }));

test("in pages, whose links lead through all of it", () =>
  withProxy({ offline: true }, async (stage) => {
    fill(stage, names);
    const found: string[] = [];
    let query: string | undefined = "?n=3";
    let pages = 0;
    while (query !== undefined && pages < 9) {
      const page: Awaited<ReturnType<typeof read>> = await read(stage, query);
      found.push(...page.repositories);
      pages += 1;
      query = /^<\/v2\/_catalog(\?[^>]+)>; rel="next"$/.exec(String(page.link ?? ""))?.[1];
    }
    assert.equal([found, pages], [names, 2]);
    assert.equal(await read(stage, "?n=0"), { status: 200, repositories: [], link: undefined });
    assert.equal((await read(stage, "?last=b.example/z")).repositories, names.slice(3));
  }));

test("an empty mirror has an empty list; what is no number is refused", () =>
  withProxy({ offline: true }, async (stage) => {
    assert.equal((await read(stage)).repositories, []);
    for (const query of ["?n=-1", "?n=x", `?last=${"a".repeat(600)}`])
      assert.is((await stage.get(`_catalog${query}`)).status, 400, query);
  }));

test.run();
