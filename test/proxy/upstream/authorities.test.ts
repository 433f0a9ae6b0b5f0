import { rootCertificates } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readAuthorities } from "../../../proxy/upstream/authorities.ts";
import { throwsCode } from "../../support/assert.ts";
import { memoryFiles } from "../../support/memory-files.ts";

const test = suite("proxy/upstream/authorities");
const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;
const system = "/etc/ssl/certs/ca-certificates.crt";
const files = memoryFiles({
  [system]: `# the system's\n${pem("one")}\n${pem("two")}\n`,
  "/own.pem": pem("own"),
  "/again.pem": `${pem("two")}\n${pem("own")}`,
  "/folder/a.pem": pem("inside"),
  "/folder/README": "nothing",
  "/empty.pem": "",
});
const found = (env: Readonly<Record<string, string>>, added?: string) =>
  readAuthorities({ env, files, added }).map((text) => text.split("\n")[1]);

test("the system's bundle, the first of its places that there is", () => {
  assert.equal(found({}), ["one", "two"]);
  const fedora = memoryFiles({ "/etc/pki/tls/certs/ca-bundle.crt": pem("fedora"), "/etc/ssl/cert.pem": pem("alpine") });
  assert.equal(readAuthorities({ env: {}, files: fedora }), [pem("fedora")]);
});

test("Node's where the system has none", () => {
  assert.equal(readAuthorities({ env: {}, files: memoryFiles({}) }), [...new Set(rootCertificates)]);
});

test("SSL_CERT_FILE and SSL_CERT_DIR stand in place of the system's, together; alone, one is added to it", () => {
  assert.equal(found({ SSL_CERT_FILE: "/own.pem", SSL_CERT_DIR: "/folder:" }), ["own", "inside"]);
  assert.equal(found({ SSL_CERT_FILE: "/own.pem" }), ["own", "one", "two"]);
  assert.equal(found({ SSL_CERT_DIR: "/none:/folder" }), ["inside", "one", "two"]);
});

test("what is added comes beside them, each certificate once", () => {
  assert.equal(found({ NODE_EXTRA_CA_CERTS: "/own.pem" }), ["one", "two", "own"]);
  assert.equal(found({}, "/again.pem"), ["one", "two", "own"]);
});

test("a named file that is not there or holds none is refused", () => {
  for (const path of ["/none", "/empty.pem"]) {
    throwsCode("invalid-config", () => found({ SSL_CERT_FILE: path }));
    throwsCode("invalid-config", () => found({ NODE_EXTRA_CA_CERTS: path }));
    const { message } = throwsCode("invalid-config", () => found({}, path));
    assert.match(message, `--registry-cacert ${path}: `);
  }
});

test.run();
