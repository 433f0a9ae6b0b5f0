import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newKey } from "../../lab/keys.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/trust");
const spki = newKey().pem.replace(/-----[^-]+-----|\s/g, "");
const root = JSON.stringify({
  mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  tlogs: [
    {
      baseUrl: "https://rekor.example",
      hashAlgorithm: "SHA2_256",
      publicKey: { rawBytes: spki, keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor: { start: "2024-01-01T00:00:00Z" } },
      logId: { keyId: Buffer.alloc(32).toString("base64") },
    },
  ],
});

test("a trusted root is pinned and shown with who it vouches for", async () => {
  const store = tempFolder();
  const imported = await runCli(["trust", "import", "root.json", "--store", store], { files: { "root.json": root } });
  assert.is(imported.exit, 0);
  assert.match(imported.out, /^pinned public-good sha256:[0-9a-f]{64}\n {2}transparency log +rekor\.example /);
  const shown = await runCli(["trust", "show", "--store", store]);
  assert.is(shown.exit, 0);
  assert.match(shown.out, /from root\.json, received 2026-11-23 12:00 UTC\n {2}transparency log +rekor\.example /);
  assert.match(shown.out, /rekor\.example [0-9a-f]{64} from 2024-01-01 00:00 UTC\n/);
});

test("a file can be shown without a mirror, as JSON too", async () => {
  const { out } = await runCli(["trust", "show", "root.json", "-o", "json"], { files: { "root.json": root } });
  assert.is(JSON.parse(out).trusts[0].kind, "transparency log");
});

test("what is no trusted root is not pinned", async () => {
  assert.match(
    (await runCli(["trust", "import", "root.json", "--store", tempFolder()], { files: { "root.json": "{" } })).err,
    "error invalid-usage: root.json is not a trusted root:",
  );
  assert.is((await runCli(["trust", "show", "root.json"], { files: { "root.json": "[]" } })).exit, 2);
});

test("a name that the mirror does not have", async () => {
  const store = tempFolder();
  await runCli(["trust", "import", "root.json", "--store", store], { files: { "root.json": root } });
  assert.is((await runCli(["trust", "show", "--store", store, "--name", "corp"])).exit, 3);
});

test.run();
