import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withoutNotes } from "../../../../proxy/sync/lists/helm-output.ts";
import { listed, references } from "./listed.ts";

const test = suite("proxy/sync/lists/helm-output");
const pod = (name: string): string =>
  `# Source: c/templates/${name}.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\n` +
  `spec: {containers: [{name: a, image: "ghcr.io/a/${name}:1"}]}\n`;
const notes = "NOTES:\nVisit: http://x: y\n  - and: {more\n";

test("helm install --dry-run: head, hooks, manifests, notes", () => {
  const head = "NAME: web\nLAST DEPLOYED: now\nSTATUS: pending-install\n";
  const text = `${head}HOOKS:\n---\n${pod("h")}MANIFEST:\n---\n${pod("m")}\n${notes}`;
  assert.equal(references(text), ["ghcr.io/a/h:1", "ghcr.io/a/m:1"]);
  assert.is(listed(text).images[1]?.from, "f:17");
  assert.is(listed(text).notes.length, 1);
});

test("helm get all has values before the manifests", () => {
  const text = `NAME: web\nCOMPUTED VALUES:\nimage: nginx\n\nHOOKS:\nMANIFEST:\n---\n${pod("m")}${notes}`;
  assert.equal(references(text), ["ghcr.io/a/m:1"]);
});

test("helm template: notes as a document among others", () => {
  const text = `---\n${pod("a")}---\n# Source: c/templates/NOTES.txt\n: {[\n---\n${pod("b")}`;
  assert.equal(references(text), ["ghcr.io/a/a:1", "ghcr.io/a/b:1"]);
});

test("other texts stay as they are", () => {
  for (const text of ["a: 1\nb: |\n  NOTES:\n", "MANIFEST: x\n", `kind: List\nnotes: NOTES\n`])
    assert.equal(withoutNotes(text), { text, notesFrom: undefined });
});

test.run();
