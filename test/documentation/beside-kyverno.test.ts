/** The page of the scenes beside real Kyverno is as the scenario writes it: each difference has its row. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadPolicies } from "../../core/index.ts";
import { besidePage, besidePath, differenceRows, faultsOf, type Judged, type Verdict } from "../e2e/beside-page.ts";
import { onHost, scenePolicies, scenePolicy } from "../e2e/beside-policies.ts";
import { besideScenes } from "../e2e/beside-scenes.ts";

const test = suite("documentation/beside-kyverno");
const page = readFileSync(besidePath, "utf8");
const rows = differenceRows();

/** As the page says. */
const judged = (): readonly Judged[] => {
  const lines = page
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .map((line) => line.slice(2, -2).split(" | "));
  assert.is(lines.length, besideScenes.length);
  return besideScenes.map((scene, place) => {
    const [policy, what, theirs, ours = ""] = lines[place] ?? [];
    assert.equal([policy, what], [scene.policy, scene.what]);
    return { scene, theirs: theirs as Verdict, ours: ours.replace(/^\*\*([^*]*)\*\*.*$/, "$1") as Verdict };
  });
};

test("the page has every scene, and each verdict that differs has a row among the differences", () => {
  assert.equal(
    judged().flatMap((one) => faultsOf(one, rows)),
    [],
  );
  assert.is(besidePage(judged(), rows), page);
});

test("a verdict that differs without a row is a fault, and so is a row that is needed no longer", () => {
  const [scene] = besideScenes.filter(({ differs }) => differs === undefined);
  const [other] = besideScenes.filter(({ differs }) => differs !== undefined);
  if (scene === undefined || other === undefined) throw new Error("scenes of both kinds are needed");
  assert.equal(faultsOf({ scene, theirs: "denied", ours: "denied" }, rows), []);
  for (const one of [
    { scene, theirs: "denied", ours: "admitted" },
    { scene, theirs: "admitted", ours: "admitted, by digest" },
    { scene, theirs: "nobody decided", ours: "nobody decided" },
    { scene: other, theirs: "denied", ours: "denied" },
    { scene: { ...other, differs: "no such row" }, theirs: "denied", ours: "admitted" },
  ] as const)
    assert.is(faultsOf(one, rows).length, 1, JSON.stringify(one));
});

test("every policy loads, and is about its own namespace", () => {
  for (const name of scenePolicies) {
    const text = JSON.stringify(scenePolicy(name, "127.0.0.1:5000"));
    assert.equal(loadPolicies([{ name, text }]).errors, [], name);
    assert.ok(name === "namespaced" || text.includes(`"namespaces":["${name}"]`), name);
    assert.ok(
      besideScenes.some(({ policy }) => policy === name),
      `${name} has no scene`,
    );
  }
  assert.is(
    onHost("ghcr.io/a registry.io/b https://github.com/x", "h:1"),
    "h:1/ghcr.io/a h:1/registry.io/b https://github.com/x",
  );
});

test.run();
