import { suite } from "uvu";
import * as assert from "uvu/assert";
import { vaultTls } from "../../../../proxy/upstream/kms/vault-tls.ts";
import { throwsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/kms/vault-tls");
const read = memoryFiles({ ca: "text of ca", cert: "text of cert", key: "text of key" });
const VAULT_ADDR = "https://vault.example:8200/";

test("the host of the address, with what its variables say", () => {
  const env = { VAULT_ADDR, VAULT_CACERT: "ca", VAULT_CLIENT_CERT: "cert", BAO_CLIENT_KEY: "key" };
  const plain = { serverName: undefined, insecure: undefined };
  assert.equal(vaultTls(env, read), {
    host: "vault.example:8200",
    tls: { ca: "text of ca", cert: "text of cert", key: "text of key", ...plain },
  });
  const without = { ca: undefined, cert: undefined, key: undefined };
  assert.equal(vaultTls({ VAULT_ADDR, VAULT_SKIP_VERIFY: "true", VAULT_TLS_SERVER_NAME: "v" }, read)?.tls, {
    ...without,
    serverName: "v",
    insecure: true,
  });
});

test("nothing in particular", () => {
  for (const env of [{}, { VAULT_ADDR }, { VAULT_ADDR, VAULT_SKIP_VERIFY: "false" }, { VAULT_CACERT: "ca" }])
    assert.is(vaultTls(env, read), undefined);
  throwsCode("invalid-config", () => vaultTls({ VAULT_ADDR, VAULT_CLIENT_CERT: "cert" }, read));
  throwsCode("invalid-config", () => vaultTls({ VAULT_ADDR, VAULT_CACERT: "elsewhere" }, read));
});

test.run();
