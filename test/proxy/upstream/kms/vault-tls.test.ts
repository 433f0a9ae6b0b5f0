import { suite } from "uvu";
import * as assert from "uvu/assert";
import { vaultTls } from "../../../../proxy/upstream/kms/vault-tls.ts";
import { throwsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/kms/vault-tls");
const read = memoryFiles({ ca: "text of ca", cert: "text of cert", key: "text of key" });
const VAULT_ADDR = "https://vault.example:8200/";
const tlsOf = (env: Record<string, string>, host = "vault.example:8200") => vaultTls(host, env, read);

test("the host of the address, with what its variables say", () => {
  const plain = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, insecure: undefined };
  const env = { VAULT_ADDR, VAULT_CACERT: "ca", VAULT_CLIENT_CERT: "cert", BAO_CLIENT_KEY: "key" };
  assert.equal(tlsOf(env), { ...plain, ca: "text of ca", cert: "text of cert", key: "text of key" });
  const other = { BAO_ADDR: VAULT_ADDR, VAULT_SKIP_VERIFY: "true", VAULT_TLS_SERVER_NAME: "v" };
  assert.equal(tlsOf(other), { ...plain, serverName: "v", insecure: true });
  assert.equal(tlsOf({ VAULT_ADDR, VAULT_SKIP_VERIFY: "false" }), plain);
});

test("for other hosts nothing is read", () => {
  const env = { VAULT_ADDR, VAULT_CACERT: "elsewhere" };
  assert.is(tlsOf(env, "vault.example"), undefined);
  assert.is(tlsOf({ VAULT_CACERT: "ca" }), undefined);
  throwsCode("invalid-config", () => tlsOf(env));
  throwsCode("invalid-config", () => tlsOf({ VAULT_ADDR, VAULT_CLIENT_CERT: "cert" }));
});

test.run();
