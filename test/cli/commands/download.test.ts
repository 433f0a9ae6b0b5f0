import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "../command-io.ts";
import { demoLayout, predicateType } from "../demo-layout.ts";

const test = suite("cli/commands/download");
const demo = demoLayout();
const documented = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));
const complete = ["--layout", demo.folder, "--complete"];
const layout = ["--layout", documented, "--complete"];
const image = "ghcr.io/kyverno/test-verify-image";
const linesOf = (out: string) =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("a signature has cosign's members in cosign's order; its payload names the image", async () => {
  const { exit, out, err } = await runCli(["download", "signature", demo.signed, ...complete]);
  assert.equal([exit, err], [0, ""]);
  const [line, ...more] = linesOf(out);
  assert.equal(more, []);
  assert.equal(Object.keys(line), ["Base64Signature", "Payload", "Cert", "Chain", "Bundle", "RFC3161Timestamp"]);
  const { critical } = JSON.parse(Buffer.from(line.Payload, "base64").toString());
  assert.is(critical.image["docker-manifest-digest"], demo.digests.signed);
});

test("certificate, chain and log entry as the layer carries them", async () => {
  const [line] = linesOf(
    (await runCli(["download", "signature", `${image}:signed-keyless-by-cosign-2`, ...layout])).out,
  );
  assert.match(line.Cert.Raw, /^MII/);
  assert.ok(line.Chain.length >= 1);
  assert.equal(Object.keys(line.Bundle), ["SignedEntryTimestamp", "Payload"]);
  assert.type(line.Bundle.Payload.logIndex, "number");
});

test("bundles are printed whole, and in place of other signatures", async () => {
  const [bundle, ...more] = linesOf(
    (await runCli(["download", "signature", `${image}:signed-keyless`, ...layout])).out,
  );
  assert.equal([more, bundle.mediaType], [[], "application/vnd.dev.sigstore.bundle.v0.3+json"]);
});

test("attestations: envelopes, bundles, and only those of a type", async () => {
  const of = (words: readonly string[]) => runCli(["download", "attestation", ...words]);
  const [envelope] = linesOf((await of([demo.signed, ...complete])).out);
  assert.equal(Object.keys(envelope), ["payloadType", "payload", "signatures"]);
  const statement = JSON.parse(Buffer.from(envelope.payload, "base64").toString());
  assert.is(statement.predicateType, predicateType);
  for (const type of [predicateType, "slsaprovenance"])
    assert.is((await of([demo.signed, ...complete, "--predicate-type", type])).exit, 0, type);
  const other = await of([demo.signed, ...complete, "--predicate-type", "spdx"]);
  assert.equal([other.exit, other.out], [10, ""]);
  const app = ["ghcr.io/acme/app:v1.2.0", ...layout];
  assert.is(linesOf((await of([...app, "--predicate-type", "slsaprovenance1"])).out).length, 1);
  assert.is((await of([...app, "--predicate-type", "vuln"])).exit, 10);
});

test("what was not asked is said, and nothing found is no proof then", async () => {
  const partly = complete.slice(0, 2);
  assert.match(
    (await runCli(["download", "signature", demo.signed, ...partly])).err,
    /^note: there may be more.*: referrers\n$/,
  );
  for (const what of ["signature", "attestation"]) {
    const asked = await runCli(["download", what, demo.unsigned, ...complete]);
    assert.equal([asked.exit, asked.out], [10, ""]);
    assert.is((await runCli(["download", what, demo.unsigned, ...partly])).exit, 5);
  }
});

test("the payload is what the layer's digest is of", async () => {
  const [line] = linesOf((await runCli(["download", "signature", demo.signed, ...complete])).out);
  const { attached } = JSON.parse((await runCli(["tree", demo.signed, ...complete, "-o", "json"])).out);
  const digest = createHash("sha256").update(Buffer.from(line.Payload, "base64")).digest("hex");
  assert.is(attached[0].layers[0].digest, `sha256:${digest}`);
});

test.run();
