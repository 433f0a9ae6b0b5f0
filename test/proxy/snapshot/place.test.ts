import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSnapshotPlace } from "../../../proxy/snapshot/place.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/snapshot/place");
const digest = `sha256:${"ab".repeat(32)}`;

test("a registry, a repository, and a tag or digest", () => {
  const rows = [
    ["oci://registry.corp/a/b", "registry.corp/a/b", "latest", undefined],
    ["oci://registry.corp:5000/a:prod", "registry.corp:5000/a", "prod", undefined],
    ["oci://[::1]:5000/a", "[::1]:5000/a", "latest", undefined],
    [`oci://r/a@${digest}`, "r/a", "latest", digest],
    [`oci://r/a:1@${digest}`, "r/a", "1", digest],
  ] as const;
  for (const [text, repository, tag, named] of rows) {
    const found = parseSnapshotPlace(text, "test");
    assert.equal([found.repository, found.tag, found.digest, found.text], [repository, tag, named, text]);
  }
});

test("what is none", () => {
  const rows = [
    "registry.corp/a",
    "oci://registry.corp",
    "oci://registry.corp/",
    "oci://u:p@r/a",
    "oci://r/a//b",
    "oci://r/A",
  ];
  for (const text of [...rows, "oci://r/a:", "oci://r/a@sha256:1", "oci://r/../a", "https://r/a", "oci://r/a:b c", ""])
    throwsCode("invalid-usage", () => parseSnapshotPlace(text, "test"));
});

test.run();
