/** The part of the comparison that needs nothing but Node, and that a difference is seen and said. */
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareHosts, countCompared, differenceOf, renderCompared } from "./compare.ts";
import { makeCorpus } from "./corpus.ts";
import { type Host, ownHosts } from "./hosts.ts";
import { ownHandlers, reviewPaths } from "./workers.ts";

const test = suite("determinism/compare");
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const corpus = makeCorpus();
const decisions = corpus.reduce((count, { cases }) => count + cases.length, 0);

test("Node's adapters and a bare context decide alike, byte for byte", async () => {
  assert.ok(decisions >= 300, `${decisions} decisions`);
  const compared = await compareHosts(corpus, ownHosts(root));
  assert.equal(
    compared.map((one) => [one.decisions, one.differences]),
    [0, 1, 2].map(() => [decisions, []]),
  );
});

test("the handler answers alike in Node and in a bare context with Fetch, which fetches its capsules", async () => {
  const compared = await compareHosts(corpus, ownHandlers(root), undefined, reviewPaths);
  assert.equal(
    compared.map((one) => [one.decisions, one.differences]),
    [0, 1].map(() => [2 * decisions, []]),
  );
});

test("the corpus holds every outcome", async () => {
  const [first] = ownHosts(root);
  assert.ok(first);
  const texts = await first.decide(corpus);
  assert.not("missing" in texts);
  const seen = (texts as readonly string[]).map((text) => {
    const [decision] = (JSON.parse(text) as { readonly decisions: readonly { readonly allowed: boolean }[] }).decisions;
    return decision?.allowed;
  });
  const allowed = seen.filter((one) => one === true).length;
  assert.ok(allowed > 50 && allowed < decisions - 50, `${allowed} of ${decisions} are allowed`);
  for (const code of [
    "no-signature",
    "wrong-key",
    "not-in-mirror",
    "condition-failed",
    "bad-signature",
    "no-log-proof",
  ])
    assert.ok(
      (texts as readonly string[]).some((text) => text.includes(`"code":"${code}"`)),
      code,
    );
});

test("functions over every letter give what they give here: else an unknown image would be let in", async () => {
  const [first] = ownHosts(root);
  const letters = corpus.filter(({ name }) => name === "letters");
  const texts = (await first?.decide(letters)) as readonly string[];
  assert.is(texts.length, 32 - 1 + 1);
  for (const text of texts) {
    const [decision] = JSON.parse(text).decisions;
    const rules = decision.results.filter(({ pass }: { readonly pass: string }) => pass === "mutate");
    assert.equal(
      rules.map(({ status }: { readonly status: string }) => status),
      ["error", "error", "error", "error"],
    );
  }
});

test("a host that decides otherwise is told of, with the first node that differs", async () => {
  const expected = '{"decisions":[{"allowed":true,"results":[{"status":"pass"}]}]}';
  assert.is(differenceOf("one", expected, expected), undefined);
  assert.is(
    differenceOf("one", expected, expected.replace("pass", "fail")),
    'one: /decisions/0/results/0/status: "pass", here "fail"',
  );
  assert.match(
    differenceOf("one", '{"a":1,"b":2}', '{"b":2,"a":1}') ?? "",
    /the same values, written in another order/,
  );
  assert.match(differenceOf("one", expected, undefined) ?? "", /nothing was decided/);
  const saying = (name: string, text: string): Host => ({ name, decide: () => [text] });
  const [scene] = corpus;
  assert.ok(scene);
  const compared = await compareHosts(
    [{ ...scene, cases: scene.cases.slice(0, 1) }],
    [
      saying("one", expected),
      saying("two", expected.replace("true", "false")),
      { name: "three", decide: () => ({ missing: "wasmtime" }) },
      {
        name: "four",
        decide: () => {
          throw new Error("its process ended");
        },
      },
      saying("five", expected),
    ],
  );
  assert.equal(countCompared(compared), { passed: 2, failed: 2, skipped: 1 });
  const table = renderCompared(compared);
  assert.match(table, /one +1 +0/);
  assert.match(table, /^two +1 +1 +\d+ +differs$/m);
  assert.match(table, /^three +- +- +- +skipped: no wasmtime$/m);
  assert.match(table, /^four +- +- +\d+ +failed$/m);
  assert.match(table, /^four: its process ended$/m);
  assert.match(table, /^five +1 +0 +\d+$/m);
  assert.match(table, /two: .*\/decisions\/0\/allowed: true, here false/);
});

test.run();
