import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fileUri } from "../../../cli/render/file-uri.ts";

const test = suite("cli/render/file-uri");

test("relative names stay relative, absolute ones become file: URIs", () => {
  for (const [name, uri] of [
    ["a/b.yaml", "a/b.yaml"],
    ["./a", "./a"],
    ["../up/a", "../up/a"],
    ["-", "-"],
    ["/srv/a b", "file:///srv/a%20b"],
  ] as const)
    assert.is(fileUri(name), uri);
});

test("what a URI does not hold is percent-encoded, a percent sign too", () => {
  for (const [name, uri] of [
    ["a b#c?d.yaml", "a%20b%23c%3Fd.yaml"],
    ["100%.yaml", "100%25.yaml"],
    ["%20.yaml", "%2520.yaml"],
    ["päd/日本.yaml", "p%C3%A4d/%E6%97%A5%E6%9C%AC.yaml"],
    ['a"<>`^{|}[]', "a%22%3C%3E%60%5E%7B%7C%7D%5B%5D"],
    ["line\nend\u0000", "line%0Aend%00"],
    ["half \ud800", "half%20%EF%BF%BD"],
  ] as const)
    assert.is(fileUri(name), uri);
});

test("a name with a colon is no scheme, and a drive or a share is a place", () => {
  assert.is(fileUri("ns:pod.yaml"), "ns%3Apod.yaml");
  assert.is(fileUri("deploy\\pods\\a b.yaml"), "deploy/pods/a%20b.yaml");
  assert.is(fileUri("C:\\pods\\pod #1.yaml"), "file:///C:/pods/pod%20%231.yaml");
  assert.is(fileUri("\\\\host\\share\\a.yaml"), "file://host/share/a.yaml");
});

test("a reader gets the name back", () => {
  for (const name of ["/a b/#?%/é😀", "/x\\y"]) {
    const { pathname } = new URL(fileUri(name));
    assert.is(decodeURIComponent(pathname), name.replaceAll("\\", "/"));
  }
});

test.run();
