import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isLabel, readDestination } from "../../../proxy/serve/destination.ts";

const test = suite("proxy/serve/destination");

test("a Service with its port, or an address", () => {
  assert.equal(readDestination(undefined, "a/b"), { to: { namespace: "a", name: "b", port: 443 } });
  assert.equal(readDestination(undefined, "a/b:8443"), { to: { namespace: "a", name: "b", port: 8443 } });
  assert.equal(readDestination("https://h:1/x", undefined), { to: { url: "https://h:1/x" } });
  for (const service of ["a", "A/b", "a/b/c", "a/b:0", "a/b:70000", "a/b:x", undefined])
    assert.equal(readDestination(undefined, service), {
      wrong: "is NAMESPACE/NAME, with :PORT unless that is 443",
      of: "service",
    });
  for (const url of ["http://h", "https://u:p@h", "https://h?q", "h"])
    assert.equal(readDestination(url, undefined), {
      wrong: "is https:// with a host, a port and a path at most",
      of: "url",
    });
  assert.equal(["a", "-a", "a".repeat(64)].map(isLabel), [true, false, false]);
});

test.run();
