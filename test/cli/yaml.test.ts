/** Resources and policies as kubectl reads them, or refused; what `apply -o` writes. */
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { parseDocuments } from "../../cli/input/files.ts";
import { toJson } from "../../core/kyverno/policy/policy-value.ts";
import { runCli } from "./command-io.ts";
import { defaultLimits } from "../../core/limits.ts";

const test = suite("cli/yaml");
const read = (path: string): string => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8");
const documentsOf = (name: string, text: string) =>
  parseDocuments({ name, text }, defaultLimits).map(({ value }) => toJson(value));
const readers = Object.fromEntries(
  readdirSync(new URL("../fixtures/yaml-readers", import.meta.url)).map((name) => [name, read(`yaml-readers/${name}`)]),
);

for (const name of Object.keys(readers).filter((name) => /^(?:pod|doc)-/.test(name)))
  test(`${name}: what is behind a line end of some readers is refused, with its place`, async () => {
    const { exit, err } = await runCli(["apply", "policy.yaml", "-r", name], { files: readers });
    assert.is(exit, 2);
    assert.match(err, new RegExp(`${name}:\\d+:\\d+`));
    assert.match(err, /ends a line for some readers only/);
  });

for (const name of ["plain.yaml", "items.yaml"])
  test(`${name}: the image is judged`, async () => {
    const { exit, out, err } = await runCli(["apply", "policy.yaml", "-r", name], { files: readers });
    assert.is(exit, 1);
    assert.match(out + err, /default\/Pod\/evil/);
  });

test("values, userinfo and policies are read by the same reader", async () => {
  const text = "a: b # c\rd: e\n";
  const files = { ...readers, "odd.yaml": text };
  for (const words of [
    ["apply", "odd.yaml", "-r", "plain.yaml"],
    ["apply", "policy.yaml", "-r", "plain.yaml", "-f", "odd.yaml"],
    ["apply", "policy.yaml", "-r", "plain.yaml", "-u", "odd.yaml"],
    ["policy", "check", "odd.yaml"],
  ]) {
    const { exit, err, out } = await runCli(words, { files });
    assert.ok(exit !== 0, words.join(" "));
    assert.match(err + out, /odd\.yaml:1:9/, words.join(" "));
  }
});

const writer = {
  "mut.yaml": read("yaml-writer/mut.yaml"),
  "pod.yaml": read("yaml-writer/pod.yaml"),
  "inject.json": read("yaml-writer/inject.json"),
};

for (const name of ["pod.yaml", "inject.json"] as const)
  test(`${name}: what is written is read back by YAML 1.1, by 1.2 and here`, async () => {
    const { exit, written, err } = await runCli(["apply", "mut.yaml", "-r", name, "-o", "out.yaml"], { files: writer });
    assert.is(exit, 0, err);
    const text = written["out.yaml"] ?? "";
    assert.not.match(text, /[^\n\u0020-\u007e]/);
    const [before] = documentsOf(name, writer[name] ?? "");
    const [after] = documentsOf("out.yaml", text);
    const annotations = (resource: unknown): unknown =>
      JSON.parse(JSON.stringify(resource, (key, value) => (/^kyverno\.io\//.test(key) ? undefined : value)));
    assert.equal(annotations(after), annotations(before));
    for (const version of ["1.1", "1.2"] as const)
      assert.equal(JSON.parse(JSON.stringify(parse(text, { version }))), JSON.parse(JSON.stringify(after)));
  });

test("resources of one name, or of names that a file system takes for one, have a file each", async () => {
  const pod = (name: string, image: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: "${name}"}\nspec: {containers: [{name: c, image: "${image}"}]}\n`;
  const names = ["a", "a", "a-2", "A", "a/b", "a_b", `${"x".repeat(250)}1`, `${"x".repeat(250)}2`];
  const pods = names.map((name, index) => pod(name, `i:${index}`)).join("---\n");
  const files = { ...writer, "pods.yaml": pods, "out/.keep": "" };
  const { written } = await runCli(["apply", "mut.yaml", "-r", "pods.yaml", "-o", "out"], { files });
  const paths = Object.keys(written);
  assert.is(paths.length, names.length);
  assert.is(new Set(paths.map((path) => path.toLowerCase())).size, names.length);
  assert.ok(paths.every((path) => path.length < 230 && /^out\/[A-Za-z0-9._-]+\.yaml$/.test(path)));
  assert.equal(
    Object.values(written)
      .map((text) => /i:\d/.exec(text)?.[0])
      .sort(),
    names.map((_, index) => `i:${index}`),
  );
});

test.run();
