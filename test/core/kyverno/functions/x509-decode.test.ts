import { suite } from "uvu";
import * as assert from "uvu/assert";
import { certificateFunctions } from "../../../../core/kyverno/functions/x509-decode.ts";
import { throwsCode } from "../../../support/assert.ts";
import { query } from "./query.ts";
import { ellipticPem, requestPem, rsaPem } from "./test-certificates.ts";

const test = suite("core/kyverno/functions/x509-decode");
const decode = (pem: string, path = ""): unknown => query(`x509_decode(@)${path}`, pem);

test("a certificate or a request, the first block that begins a line", () => {
  assert.is(certificateFunctions.length, 1);
  assert.is(decode(rsaPem, ".Subject.CommonName"), "cn.example");
  assert.is(decode(`text\n${rsaPem}${requestPem}`, ".SerialNumber"), 77);
  assert.is(decode(rsaPem.replaceAll("\n", "\r\n"), ".Version"), 3);
  assert.is(decode(rsaPem.replace("-----\n", "-----\nProc-Type: x\n"), ".Version"), 3);
  assert.is(decode(requestPem, ".Subject.CommonName"), "cn.example");
  assert.is(decode(rsaPem.replace("-----END CERTIFICATE-----", "-----END OTHER-----") + requestPem, ".Version"), 0);
});

test("what is no certificate with an RSA key", () => {
  for (const pem of [
    "",
    "x",
    `x${rsaPem}`,
    rsaPem.replaceAll("CERTIFICATE", "PUBLIC KEY"),
    ellipticPem,
    rsaPem.slice(0, 300),
    rsaPem.replace("\nM", "\n!"),
    rsaPem.replace(/\n.{64}\n/, "\n"),
    "x".repeat(300_000),
  ]) {
    throwsCode("unresolved", () => decode(pem));
  }
});

test.run();
