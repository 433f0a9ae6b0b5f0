import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "./command-io.ts";
import { demoLayout } from "./demo-layout.ts";

const test = suite("cli/cosign-output");
const fixture = "test/fixtures/formats/cosign-output";
const cosign = (name: string): string => readFileSync(`${fixture}/cosign/${name}`, "utf8");
const files = { "cosign.pub": readFileSync(`${fixture}/cosign.pub`) };
const shop = "registry.example/shop";
const base = ["--key", "cosign.pub", "--insecure-ignore-tlog", "--layout", `${fixture}/layout`, "--complete"];
const run = (...words: readonly string[]) => runCli([...words, ...base, "-o", "cosign"], { files });
/** cosign had the registry at this address. */
const address = "127.0.0.1:5987/";
const lines = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

test("verify-attestation prints the envelopes that cosign prints, one on each line", async () => {
  for (const [image, type, file] of [
    ["app", "https://example.com/p", "verify-attestation-app.txt"],
    ["app", "slsaprovenance", "verify-attestation-slsa-app.txt"],
    ["bun", "https://example.com/p", "verify-attestation-bun.txt"],
    ["bun", "slsaprovenance", "verify-attestation-slsa-bun.txt"],
  ] as const) {
    const { exit, out, err } = await run("verify-attestation", `${shop}/${image}:1`, "--type", type);
    assert.is(exit, 0, err);
    // Who lists referrers is free in their order.
    assert.equal([...lines(out)].sort(), [...lines(cosign(file))].sort(), `${image} ${type}`);
    if (image === "app") assert.is(out, cosign(file));
  }
});

test("verify prints the list of payloads that cosign prints, in the tag layout", async () => {
  const { exit, out, err } = await run("verify", `${shop}/app:1`);
  assert.is(exit, 0, err);
  assert.is(out, cosign("verify-app.json").trimStart());
});

test("keyless: the identity by cosign's names, and the log entry that the signature carries", async () => {
  const keyless = "test/fixtures/formats/cosign-keyless";
  const identity = ["--certificate-identity", "ada@example.com"];
  const issuer = ["--certificate-oidc-issuer", "https://accounts.google.com", "--trusted-root", "trusted-root.json"];
  const words = ["verify", "--local-image", `${keyless}/layout`, ...identity, ...issuer, "-o", "cosign"];
  const world = { files: { "trusted-root.json": readFileSync(`${keyless}/trusted-root.json`) } };
  const { exit, out, err } = await runCli(words, world);
  assert.is(exit, 0, err);
  assert.is(out, readFileSync(`${keyless}/verify.json`, "utf8").trimStart());
});

test("of a bundle, the payload that cosign makes of the signature; cosign prints attestations beside it", async () => {
  const [told] = JSON.parse((await run("verify", `${shop}/bun:1`)).out);
  const theirs = JSON.parse(cosign("verify-bun.json").replaceAll(address, ""));
  const signature = "https://sigstore.dev/cosign/sign/v1";
  assert.equal(
    told,
    theirs.find(({ critical }: { readonly critical: { readonly type: string } }) => critical.type === signature),
  );
  assert.equal(told.optional, { env: "prod" });
});

test("several images: a line for each that is verified; nothing of the others", async () => {
  const both = await run("verify", `${shop}/app:1`, `${shop}/gone:1`, `${shop}/bun:1`);
  assert.is(lines(both.out).length, 2);
  assert.ok(both.exit > 0);
  const types = ["--type", "https://example.com/p"];
  const attested = await run("verify-attestation", `${shop}/app:1`, `${shop}/bun:1`, ...types);
  assert.is(lines(attested.out).length, 4);
  assert.is((await run("verify-attestation", `${shop}/app:1`, "--type", "spdx")).out, "");
});

test("no claims are null, as in Go; a local image is read where it lies", async () => {
  const demo = demoLayout();
  const world = { files: { "key.pub": demo.other.pem } };
  const words = ["verify", "--key", "key.pub", "--insecure-ignore-tlog", "-o", "cosign"];
  const { out } = await runCli([...words, "--layout", demo.folder, "--complete", demo.foreign], world);
  assert.equal(JSON.parse(out)[0].optional, null);
  const local = await runCli(
    [
      ...words.map((word) => word.replace("key.pub", "cosign.pub")),
      "--local-image",
      "test/fixtures/formats/tag-given-to-two-entries/layout",
    ],
    {
      files: { "cosign.pub": readFileSync("test/fixtures/formats/tag-given-to-two-entries/cosign.pub") },
    },
  );
  assert.is(local.exit, 0, local.err);
  assert.match(JSON.parse(local.out)[0].critical.identity["docker-reference"], /./);
});

test.run();
