import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nextPage } from "../../../../proxy/upstream/registry/next-page.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("proxy/upstream/registry/next-page");
const from = new URL("https://ghcr.io/v2/a/referrers/x?n=1");
const next = (link?: string) =>
  nextPage({ status: 200, url: from, bytes: new Uint8Array(), headers: link === undefined ? {} : { link } })?.href;

test("the target with rel=next, below the address of the page", () => {
  for (const [link, page] of [
    [undefined, undefined],
    ["", undefined],
    ['</v2/a?last=1>; rel="next"', "https://ghcr.io/v2/a?last=1"],
    ["</v2/a?last=1>;rel=next", "https://ghcr.io/v2/a?last=1"],
    ['<?last=1>; title="x"; rel="prev NEXT"', "https://ghcr.io/v2/a/referrers/x?last=1"],
    ['<https://ghcr.io/v2/b#x>; rel="next"; title=y', "https://ghcr.io/v2/b"],
    ['</v2/p>; rel="prev", </v2/n>; rel="next"', "https://ghcr.io/v2/n"],
    ['</v2/p>; rel="nextish"', undefined],
    ["</v2/p>", undefined],
    ["/v2/p; rel=next", undefined],
  ] as const)
    assert.is(next(link), page, link);
});

test("no page on another host, and none that is no address", () => {
  for (const target of [
    "https://evil.example/v2/",
    "http://ghcr.io/v2/",
    "https://ghcr.io:444/",
    "https://[",
    "file:///etc",
  ])
    throwsCode("upstream-error", () => next(`<${target}>; rel="next"`));
});

test("a field of any length is read in one pass", () => {
  assert.is(next(`<${"; rel=".repeat(50_000)}`), undefined);
  assert.is(next(`<a>${";a=".repeat(50_000)}`), undefined);
});

test.run();
