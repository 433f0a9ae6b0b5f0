import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { holdsReference } from "../../../../proxy/sync/lists/plain-lines.ts";
import { listed, references, refusal } from "./listed.ts";

const test = suite("proxy/sync/lists/plain-lines");
const hex = "a".repeat(64);

test("one reference a line, with blanks, remarks, and every end of a line", () => {
  const text = `\uFEFF# images\r\n\r\n  ghcr.io/a/b:1  # why\rnginx\n\tquay.io/c/d@sha256:${hex}\n[::1]:5000/x:2`;
  assert.equal(references(text), [
    "ghcr.io/a/b:1",
    "docker.io/nginx:latest",
    `quay.io/c/d@sha256:${hex}`,
    "[::1]:5000/x:2",
  ]);
  assert.equal(references("[::1]:5000/x:2"), ["[::1]:5000/x:2"]);
  assert.equal(listed("\n\nnginx\n").images[0]?.from, "f:3");
});

test("the table of mirror ls is one fault, which says how it prints a list", () => {
  const table = "IMAGE     DIGEST  SIGNED\nghcr.io/a/b:1\n          5da83e2c  none\n          03f67530  none\n";
  assert.equal(refusal(table), ["invalid-usage f:1", 1]);
  assert.throws(() => listed(table), /mirror ls -o name/);
});

test("settings stand behind the reference", () => {
  assert.equal(listed("a/b:1 expect=unsigned refresh=never children=false # x=y").images, [
    { reference: "docker.io/a/b:1", expect: "unsigned", refresh: "never", children: false, from: "f:1" },
  ]);
});

test("patterns of tags, and ranges of versions", () => {
  const tags = (line: string) => listed(line).tags.map((entry) => [entry.repository, entry.tags]);
  assert.equal(tags("ghcr.io/a/b:v1.*"), [["ghcr.io/a/b", { glob: "v1.*" }]]);
  assert.equal(tags("localhost:5000/b:?"), [["localhost:5000/b", { glob: "?" }]]);
  assert.equal(tags("ghcr.io/a/b:*"), [["ghcr.io/a/b", "all"]]);
  assert.equal(tags("ghcr.io/a/b tags=all"), [["ghcr.io/a/b", "all"]]);
  assert.equal(tags(`ghcr.io/a/b tags=">=1.2 <2"`), [["ghcr.io/a/b", { range: ">=1.2 <2" }]]);
  assert.equal(tags(`ghcr.io/a/b 'tags=1.x || 3.x'`), [["ghcr.io/a/b", { range: "1.x || 3.x" }]]);
  assert.equal(tags("ghcr.io/a/b tags=v1.* refresh=never"), [["ghcr.io/a/b", { glob: "v1.*" }]]);
});

test("a line that cannot be used is a fault, and all are named", () => {
  for (const line of [
    "ghcr.io/a/b:1 why",
    "ghcr.io/a/b:1 children=maybe",
    "ghcr.io/a/b:1 expect=signed",
    "ghcr.io/a/b:1 refresh=5m",
    "ghcr.io/a/b:1 colour=red",
    "ghcr.io/a/b:1 refresh=never refresh=never",
    `ghcr.io/a/b tags=">=1`,
    "ghcr.io/a/b tags=>=x.y.z",
    "ghcr.io/a/b:1 tags=all",
    `ghcr.io/a/b@sha256:${hex} tags=all`,
    "ghcr.io/a/b tags=v1/*",
    "ghcr.io/a/b tags=",
  ])
    assert.equal(refusal(`nginx\n${line}`), ["invalid-usage f:2", 1], line);
  for (const line of [
    "ghcr.io/a/*:1",
    "ghcr.io/*/b:v*",
    "docker://ghcr.io/a/b:1",
    "ghcr.io/A/b:1",
    "ghcr.io/a/b:",
    "ghcr.io/a/b@sha256:12",
    `ghcr.io/a/b@sha512:${"a".repeat(128)}`,
    "{{ .Values.image }}",
  ].map((line) => line.replaceAll(" ", "")))
    assert.equal(refusal(`nginx\n${line}`), ["invalid-reference f:2", 1], line);
  assert.equal(refusal("nginx\nA B\nx\nC D\n"), ["invalid-usage f:2", 2]);
  assert.equal(refusal(`nginx\n${"x".repeat(defaultLimits.referenceBytes + 1)}`), ["invalid-usage f:2", 1]);
  assert.equal(refusal("A B\n".repeat(5000)), ["invalid-usage f:1", 5000]);
});

test("what is named twice is one entry; a contradiction is refused", () => {
  assert.equal(listed("nginx\ndocker.io/nginx:latest expect=unsigned\nnginx refresh=never").images, [
    { reference: "docker.io/nginx:latest", refresh: "never", from: "f:1", expect: "unsigned" },
  ]);
  assert.equal(refusal("nginx children=true\nnginx\nnginx children=false"), ["invalid-usage f:3", 1]);
  assert.equal(refusal("a/b:* children=true\na/b tags=all children=false"), ["invalid-usage f:2", 1]);
  assert.is(listed("a/b:v1\na/b:v*\na/b:v1*").tags.length, 2);
});

test("in a folder, a text without any reference is no list", () => {
  assert.ok(holdsReference("# x\nghcr.io/a/b:1\n", defaultLimits));
  assert.ok(holdsReference("words\na/b:1 expect=unsigned # x\n", defaultLimits));
  assert.ok(holdsReference("nginx\n# x\nredis # y\n", defaultLimits));
  assert.not(holdsReference("This is the licence: read it.\nSee https here, and/or there.\n", defaultLimits));
});

test("a long line is no search without an end", () => {
  const text = `${"a:".repeat(1_000_000)}!\n`;
  assert.not(holdsReference(text, defaultLimits));
});

test.run();
