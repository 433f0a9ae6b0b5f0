/** Lists and events of an API server with an object that is nested beyond every bound. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { parseObjects } from "../../../../proxy/upstream/cluster/deep-objects.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("proxy/upstream/cluster/deep-objects");

const read = (text: string) =>
  JSON.parse(JSON.stringify(parseObjects(new TextEncoder().encode(text), "a list", defaultLimits)));
const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const named = (name: string, spec: string): string =>
  `{"kind":"Policy","metadata":{"name":"${name}","namespace":"shop","uid":"u","resourceVersion":"7","labels":{}},"spec":${spec}}`;
const listOf = (...items: readonly string[]): string => `{"kind":"PolicyList","items":[${items.join(",")}]}`;
const stub = (name: string): object => ({
  kind: "Policy",
  metadata: { name, namespace: "shop", uid: "u", resourceVersion: "7" },
  spec: "nested deeper than 100 levels",
});

test("an object of a list leaves its name; the others are whole", () => {
  for (const levels of [98, 100_000]) {
    const { items } = read(listOf(named("a", nested(levels)), named("b", nested(97))));
    assert.equal(items[0], stub("a"), String(levels));
    assert.is(JSON.stringify(items[1].spec), nested(97));
    assert.equal(items[1].metadata.labels, {});
  }
});

test("the object of an event, too", () => {
  const event = `{"type":"ADDED","object":${named("a", nested(100_000))}}`;
  assert.equal(read(event), { type: "ADDED", object: stub("a") });
});

test("what is deep elsewhere, cut off or no JSON is refused as ever", () => {
  for (const [code, text] of [
    ["over-limit", `{"kind":"PolicyList","items":[],"metadata":${nested(300)}}`],
    ["over-limit", nested(300)],
    ["over-limit", listOf(named("a", nested(300))).slice(0, -1)],
    ["malformed", listOf(named("a", nested(3))).slice(0, -1)],
    ["malformed", listOf('{"a":1,"a":2}')],
  ] as const)
    throwsCode(code, () => read(text));
});

test.run();
