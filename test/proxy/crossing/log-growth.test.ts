import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { carriedGrowth, findGrowth, proveGrowth } from "../../../proxy/crossing/log-growth.ts";
import { consistencyPath, treeRoot } from "../../lab/merkle-tree.ts";

const test = suite("proxy/crossing/log-growth");

const leaves = Array.from({ length: 12 }, (_, index) => Uint8Array.of(index));
const root = (size: number) => encodeBase64(treeRoot(leaves.slice(0, size)));
const note = `log.example\n12\n${root(12)}\n\n— log.example AAAAAAAAAAA=\n`;
const grown = (treeSize: string, more: object = { root: root(7) }) =>
  findGrowth([{ origin: "log.example", treeSize, ...more }], [note], defaultLimits);
const signal = new AbortController().signal;

test("a log grew where it was smaller, and had an entry", () => {
  assert.is(grown("7").length, 1);
  assert.is(grown("12").length + grown("13").length + grown("0").length, 0);
  assert.is(findGrowth([{ origin: "other.example", treeSize: "7" }], [note], defaultLimits).length, 0);
  const twice = { origin: "log.example", treeSize: "7", root: root(7) };
  assert.is(findGrowth([twice, twice, { ...twice, treeSize: "8" }], [note], defaultLimits).length, 2);
});

test("addresses are asked in turn until a proof verifies", async () => {
  const path = consistencyPath(leaves, 7);
  const asked: string[] = [];
  const found = await proveGrowth(grown("7"), {
    addresses: () => ["down", "liar", "right", "late"],
    ask: ({ log }) => {
      asked.push(log);
      if (log === "down") return Promise.reject(new EngineError("unreachable", "refused"));
      return Promise.resolve(log === "liar" ? path.toReversed() : path);
    },
    signal,
  });
  assert.equal(asked, ["down", "liar", "right"]);
  assert.equal(carriedGrowth(found), [{ origin: "log.example", firstSize: 7n, secondSize: 12n, path }]);
});

test("without address, root or a right answer there is no proof, and a reason", async () => {
  const codeOf = async (growths: ReturnType<typeof grown>, addresses: readonly string[]) => {
    const ask = () => Promise.resolve([]);
    const [found] = await proveGrowth(growths, { addresses: () => addresses, ask, signal });
    assert.equal(carriedGrowth(found === undefined ? [] : [found]), []);
    return found !== undefined && "code" in found ? found.code : undefined;
  };
  assert.is(await codeOf(grown("7"), []), "no-log-proof");
  assert.is(await codeOf(grown("7", {}), ["here"]), "no-log-proof");
  assert.is(await codeOf(grown("7"), ["here"]), "malformed");
  assert.is(await codeOf(grown("7", { root: root(6) }), ["here"]), "malformed");
});

test.run();
