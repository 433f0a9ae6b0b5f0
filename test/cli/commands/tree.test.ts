import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "../command-io.ts";
import { demoLayout, predicateType } from "../demo-layout.ts";

const test = suite("cli/commands/tree");
const demo = demoLayout();
const documented = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));
const complete = ["--layout", demo.folder, "--complete"];
const image = "ghcr.io/kyverno/test-verify-image";

test("tags with their layers, types and sizes; nothing is said to be verified", async () => {
  const { exit, out, err } = await runCli(["tree", demo.signed, ...complete]);
  assert.equal([exit, err], [0, ""]);
  assert.match(out, `○ ${demo.signed}\n├─ ○ image       ${demo.digests.signed}\n├─ ○ signatures  sha256-`);
  assert.match(out, new RegExp(`○ attestation sha256-.*\\.att\\n {3}└─ ○ layer .* \\d+ B ${predicateType}\\n$`));
  assert.match((await runCli(["tree", demo.unsigned, ...complete])).out, "nothing     hangs on this image");
});

test("referrers: bundles with the type that they claim, cosign's artifacts", async () => {
  const layout = ["--layout", documented, "--complete"];
  assert.match(
    (await runCli(["tree", `${image}:signed-keyless`, ...layout])).out,
    /bundle {6}sha256:.* https:\/\/sigstore/,
  );
  assert.match((await runCli(["tree", `${image}:signed-as-referrer`, ...layout])).out, /signatures {2}sha256:/);
});

test("places that were never asked are named; without them the tree is not said to be all", async () => {
  const { exit, out } = await runCli(["tree", demo.unsigned, ...complete.slice(0, 2)]);
  assert.is(exit, 0);
  for (const place of ["signature tag", "attestation tag", "SBOM tag", "referrers"])
    assert.match(out, `? not asked   ${place}\n`);
});

test("the document, the repository of COSIGN_REPOSITORY, and images that are not there", async () => {
  const { kind, attached, unasked, digest } = JSON.parse(
    (await runCli(["tree", demo.signed, ...complete, "-o", "json"])).out,
  );
  assert.equal([kind, digest, unasked], ["ImageTree", demo.digests.signed, []]);
  assert.equal(
    attached.map(({ kind: what }: { readonly kind: string }) => what),
    ["signature", "attestation"],
  );
  const env = { COSIGN_REPOSITORY: "elsewhere.example/signatures" };
  assert.match((await runCli(["tree", demo.signed, ...complete], { env })).out, "not asked   signature tag");
  assert.is(
    (await runCli(["tree", "registry.example/shop/web:gone", "--layout", demo.folder, "--complete=repository"])).exit,
    11,
  );
  assert.is((await runCli(["tree", "elsewhere.example/a:1", ...complete])).exit, 5);
  assert.is((await runCli(["tree", "NOT:an:image", ...complete])).exit, 2);
});

test.run();
