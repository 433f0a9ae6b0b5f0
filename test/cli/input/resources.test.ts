import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPaths } from "../../../cli/input/files.ts";
import { readResources, readWholeResources } from "../../../cli/input/resources.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/resources");
const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: { name: "${name}" }\n`;
const flag = { flag: "-r" };

function read(files: Readonly<Record<string, string>>, path = "a.yaml") {
  const { io, seen } = testIO({ files });
  const { resources, faulty } = readResources(readPaths([path], io), io, flag);
  return {
    names: resources.map(
      ({ value, position }) => `${(value.metadata as { readonly name: string }).name}:${position.line}`,
    ),
    faults: faulty.map(({ position, fault }) => `${position.line} ${fault.code}`),
    err: seen.err,
  };
}

test("documents and lists become resources with their places", () => {
  const list =
    "apiVersion: v1\n" +
    "kind: List\n" +
    "items:\n" +
    "- { apiVersion: v1, kind: Pod, metadata: { name: c } }\n" +
    "- { apiVersion: v1, kind: PodList, items: [{ metadata: { name: d } }] }\n";
  assert.equal(read({ "a.yaml": `${pod("a")}---\n${pod("b")}---\n${list}` }), {
    names: ["a:1", "b:5", "c:12", "d:13"],
    faults: [],
    err: "",
  });
});

test("what is malformed is one among others", () => {
  const text = [pod("a"), "kind: Pod\nspec: {}\n", pod(""), "[]\n", "apiVersion: v1\nkind: Pod\nitems: null\n"].join(
    "---\n",
  );
  assert.equal(read({ "a.yaml": text }), {
    names: ["a:1"],
    faults: ["5 malformed", "8 malformed", "14 malformed", "12 malformed"],
    err: "",
  });
});

test("a file that holds nothing that is meant as a resource is wrong usage", () => {
  for (const text of ["a: 1", "- a", "kind: Pod", "a: [", "", "apiVersion: v1\nkind: List\nitems: []"])
    throwsCode("invalid-usage", () => read({ "a.yaml": text }));
  throwsCode("invalid-usage", () => read({}));
  const { io } = testIO({ files: { "a.yaml": "" } });
  assert.equal(readResources(readPaths(["a.yaml"], io), io, { ...flag, allowEmpty: true }).resources, []);
});

test("in a folder it is skipped and counted", () => {
  const files = { "d/a.yaml": `a: 1\n---\n${pod("a")}`, "d/kustomization.yaml": "resources: []\n" };
  assert.equal(read(files, "d"), {
    names: ["a:3"],
    faults: [],
    err: "skipped: 2 of the documents are not Kubernetes objects: d/a.yaml, d/kustomization.yaml\n",
  });
});

test("resources that are asked and not judged are whole", () => {
  const whole = (text: string) => {
    const { io } = testIO({ files: { "a.yaml": text } });
    return readWholeResources(["a.yaml"], io, { flag: "--cluster-resource" }).map(({ kind }) => kind);
  };
  assert.equal(whole(pod("a")), ["Pod"]);
  assert.is(throwsCode("invalid-usage", () => whole(`${pod("a")}---\n${pod("")}`)).subject, "a.yaml:5:1");
  const wrapped = (spec: string) =>
    whole(`apiVersion: cli.kyverno.io/v1alpha1\nkind: ClusterResource\nspec: ${spec}\n`);
  assert.equal(wrapped("{ resources: [{ apiVersion: v1, kind: Secret, metadata: { name: a } }], crds: [c.yaml] }"), [
    "Secret",
  ]);
  for (const spec of ["{}", "{ resources: {} }", "{ resources: [], more: 1 }", "[]"])
    throwsCode("invalid-usage", () => wrapped(spec));
});

test.run();
