import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCertificateDates } from "../../../proxy/serve/certificate-dates.ts";
import { throwsCode } from "../../support/assert.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";

const test = suite("proxy/serve/certificate-dates");

test("a chain is valid while all of its certificates are; the key must be the first one's", async () => {
  const authority = await tlsAuthority();
  const [one, other] = [await authority.issue(["a.test"]), await authority.issue(["b.test"])];
  const { from, until } = readCertificateDates("a.pem", one.cert + authority.ca, one.key);
  assert.ok(from < until);
  assert.equal(readCertificateDates("a.pem", one.cert), readCertificateDates("a.pem", one.cert, one.key));
  throwsCode("invalid-config", () => readCertificateDates("a.pem", one.cert, other.key));
});

test("an attack: what is no certificate or no key is refused, and not quoted", async () => {
  const { cert, key } = await (await tlsAuthority()).issue(["a.test"]);
  const broken = cert.replace(/\n[A-Za-z0-9+/]{20}/, "\nAAAAAAAAAAAAAAAAAAAA");
  for (const [chain, own] of [
    ["", undefined],
    ["secret text", undefined],
    [broken, undefined],
    [cert, "secret text"],
    [cert, key.replace(/\n[A-Za-z0-9+/]{20}/, "\nsecretsecretsecretse")],
  ] as const) {
    const error = throwsCode("invalid-config", () => readCertificateDates("a.pem", chain, own));
    assert.not.match(String((error as Error | undefined)?.message ?? ""), "secret");
  }
});

test.run();
