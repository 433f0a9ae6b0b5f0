import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { authorityFolder } from "../../../proxy/serve/authority-folder.ts";
import { throwsCode } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const test = suite("proxy/serve/authority-folder");
const mode = (path: string): number => statSync(path).mode & 0o777;

test("keys are for this user alone, and are made once; what is published replaces what was", () => {
  const store = tempFolder();
  const keep = authorityFolder(store);
  assert.is(keep.read("k"), undefined);
  assert.ok(keep.create("k", "one"));
  assert.not.ok(keep.create("k", "two"));
  assert.is(keep.read("k"), "one");
  assert.is(mode(join(store, "tls/k")), 0o600);
  keep.publish("ca.pem", "1");
  keep.publish("ca.pem", "2");
  assert.is(keep.read("ca.pem"), "2");
  assert.is(mode(join(store, "tls/ca.pem")) & 0o444, 0o444);
  assert.equal(readdirSync(join(store, "tls")).sort(), ["ca.pem", "k"]);
});

test("a store that takes no folder is a fault of the configuration", () => {
  const store = tempFolder({ file: "x" });
  throwsCode("invalid-config", () => authorityFolder(join(store, "file")).create("k", "x"));
  writeFileSync(join(store, "tls"), "no folder");
  throwsCode("invalid-config", () => authorityFolder(store).publish("ca.pem", "x"));
  throwsCode("invalid-config", () => authorityFolder(store).read("k"));
});

test.run();
