import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LayoutFolder, refName } from "../../support/layout-folder.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { writtenMirror } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";

const test = suite("cli/commands/mirror-ls");
const demo = demoLayout();
const store = tempFolder();
const ls = (...words: readonly string[]) => runCli(["mirror", "ls", ...words, "--store", store]);
const rowsOf = (out: string) =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));

test("who is trusted is a matter of the mirror's pins and roots; none only where every layout was asked", async () => {
  await runCli(["mirror", "add", demo.folder, "--store", store, "--complete"]);
  const word = async (image: string, from = store) => {
    const { images } = JSON.parse((await runCli(["mirror", "ls", "-o", "json", "--store", from])).out);
    return images.find((one: { readonly image: string }) => one.image === image)?.signed;
  };
  const some = tempFolder();
  await runCli(["mirror", "add", demo.folder, "--store", some]);
  assert.equal([await word(demo.signed, some), await word(demo.unsigned, some)], ["untrusted", "unknown"]);
  assert.is(await word(demo.signed), "untrusted");
  await runCli(["mirror", "pin-key", "k8s://ns/name", "key.pub", "--store", store], {
    files: { "key.pub": demo.key.pem },
  });
  assert.equal([await word(demo.signed), await word(demo.foreign)], ["verified", "untrusted"]);
  const rows = rowsOf((await ls()).out);
  assert.equal(rows[0], ["IMAGE", "DIGEST", "SIGNED", "ATTESTATIONS", "COMPLETE", "FRESH", "SIZE"]);
  const row = (image: string) => rows.find(([name]) => name === image)?.slice(2, 4);
  assert.equal(row(demo.signed), ["verified", "slsa"]);
  assert.match(rows[1]?.at(-1) ?? "", /^\d{3} B$/);
  assert.equal(row(demo.unsigned), ["none", "-"]);
  assert.is(rows.find(([name]) => name === demo.signed)?.[4], "image");
});

test("the grain of what is complete, as of when and by whom", async () => {
  const some = tempFolder();
  const listed = async (...words: readonly string[]) =>
    JSON.parse((await runCli(["mirror", "ls", ...words, "-o", "json", "--store", some])).out);
  const grains = async () =>
    new Set((await listed()).images.map((one: { complete?: { grain: string } }) => one.complete?.grain));
  await runCli(["mirror", "add", demo.folder, "--store", some]);
  assert.equal(await grains(), new Set([undefined]));
  for (const grain of ["host", "repository", "image"]) {
    await runCli(["mirror", "add", demo.folder, "--store", some, `--complete=${grain}`]);
    assert.equal(await grains(), new Set([grain]), "the narrowest is shown");
  }
  const { entries } = await listed("claims");
  assert.equal(
    entries.map(({ grain }: { readonly grain: string }) => grain),
    ["host", "repository", "image", "image", "image"],
  );
  assert.is(entries[0].source, `mirror add ${demo.folder} --complete=host`);
  assert.is((await listed()).images[0].complete.from, `mirror add ${demo.folder} --complete`);
});

test("names and JSON for scripts", async () => {
  assert.is(
    (await ls("-o", "name")).out,
    [demo.foreign, demo.signed, demo.unsigned].map((image) => `${image}\n`).join(""),
  );
  assert.is(JSON.parse((await ls("images", "-o", "json")).out).images.length, 3);
  assert.not.match((await ls("--no-headers", "-o", "wide")).out, "IMAGE");
});

const fixtures = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));
const views: Readonly<Record<string, readonly [kind: string, head: readonly string[]]>> = {
  signatures: ["SignatureList", ["REPOSITORY", "IMAGE", "LAYOUT", "LAYER", "SINCE (UTC)"]],
  attestations: ["AttestationList", ["REPOSITORY", "IMAGE", "TYPE", "LAYOUT", "LAYER"]],
  "log-entries": ["LogEntryList", ["LOG", "INDEX", "TIME (UTC)", "REPOSITORY", "IMAGE"]],
  roots: ["RootList", ["NAME", "VERSION", "EXPIRES (UTC)", "DIGEST"]],
  claims: ["ClaimList", ["SCOPE", "GRAIN", "AS OF (UTC)", "BY"]],
};
for (const [view, [kind, head]] of Object.entries(views))
  test(`${view}: a table of at most 80 columns, whole fields, JSON`, async () => {
    await runCli(["mirror", "add", fixtures, "--store", store, "--complete"]);
    const { exit, out } = await runCli(["mirror", "ls", view, "--store", store], { width: 80 });
    assert.is(exit, 0);
    const [first, ...rows] = rowsOf(out);
    assert.equal(first, head);
    assert.ok(
      out.split("\n").every((line) => line.length <= 80),
      out,
    );
    const document = JSON.parse((await ls(view, "-o", "json")).out);
    assert.equal([document.kind, document.entries.length], [kind, rows.length]);
    assert.match(document.contentId, /^sha256:/);
    assert.is(rows.length > 0, view !== "roots", "the layout has no TUF metadata");
    const whole = rowsOf((await ls(view, "-o", "wide", "--no-headers")).out).flat();
    const [entry = {}] = document.entries;
    for (const value of Object.values(entry))
      if (value !== null) assert.ok(whole.includes(String(value)), String(value));
    assert.is((await ls(view, "--no-headers")).out.includes(head[0] ?? ""), false);
  });

test("a bundle's attestation has its type, and its entry its log in hexadecimal", async () => {
  const { entries: attestations } = JSON.parse((await ls("attestations", "-o", "json")).out);
  assert.ok(attestations.some(({ predicateType }: { predicateType: string }) => /CodeReview/.test(predicateType)));
  const { entries } = JSON.parse((await ls("log-entries", "-o", "json")).out);
  for (const { logId, logIndex } of entries) assert.match(`${logId} ${logIndex}`, /^[0-9a-f]{64} \d+$/);
});

test("a keyless signature is trusted once its root is in the mirror", async () => {
  const word = async () => {
    const { images } = JSON.parse((await ls("-o", "json")).out);
    return images.find(({ tag }: { readonly tag?: string }) => tag === "signed-keyless")?.signed;
  };
  assert.is(await word(), "untrusted");
  const root = readFileSync(fixtures.replace("layout", "trust/trusted-root.json"));
  await runCli(["trust", "import", "root.json", "--store", store], { files: { "root.json": root } });
  assert.is(await word(), "verified");
});

test("a list of referrers without annotations, as behind a fallback tag, hides no bundle", async () => {
  const own = tempFolder();
  const root = readFileSync(fixtures.replace("layout", "trust/trusted-root.json"));
  await runCli(["mirror", "add", fixtures, "--store", own, "--complete"]);
  const signed = async () => {
    const { images } = JSON.parse((await runCli(["mirror", "ls", "-o", "json", "--store", own])).out);
    return images.find(({ tag }: { readonly tag?: string }) => tag === "signed-keyless");
  };
  const before = await signed();
  const question = { kind: "referrers", repository: before.repository, digest: before.digest } as const;
  writtenMirror((mirror) => {
    const held = mirror.knowledge().recorded(question);
    if (held?.state !== "present") throw new Error("no list of referrers");
    const value = held.value.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
    mirror.writer().setAnswer(question, { state: "present", value, at: "2026-11-30T00:00:00Z", from: "a registry" });
  }, own);
  const after = await signed();
  assert.equal([after.signatures, after.signed], [before.signatures, "untrusted"]);
  await runCli(["trust", "import", "root.json", "--store", own], { files: { "root.json": root } });
  assert.is((await signed()).signed, "verified");
  const { out } = await runCli(["tree", before.image, "--store", own]);
  assert.match(out, /bundle {6}sha256:.* https:\/\/sigstore/);
});

test("a bundle that does not say what it holds is unknown, and not none", async () => {
  const folder = new LayoutFolder(tempFolder());
  const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const image = folder.add(folder.manifest(), { [refName]: "registry.example/shop/web:1" });
  folder.manifest({ artifactType: bundleType, subject: image, layers: [folder.blob("{}", bundleType)] });
  const own = tempFolder();
  await runCli(["mirror", "add", folder.write(), "--store", own, "--complete"]);
  const { images } = JSON.parse((await runCli(["mirror", "ls", "-o", "json", "--store", own])).out);
  assert.equal([images[0].signed, images[0].untypedBundles, images[0].attestations], ["unknown", 1, 0]);
});

test("another view, and names of what has none, are wrong usage; the help has the views", async () => {
  assert.is((await ls("layers")).exit, 2);
  assert.is((await ls("roots", "-o", "name")).exit, 2);
  const { out } = await runCli(["mirror", "ls", "--help"]);
  for (const view of Object.keys(views)) assert.match(out, view);
});

test("images are selected by repository, tag, age and missing signatures; other lists are not", async () => {
  const own = tempFolder();
  const demo = demoLayout();
  await runCli(["mirror", "add", demo.folder, "--store", own, "--complete"]);
  await runCli(["mirror", "pin-key", "k8s://ns/key", "key.pub", "--store", own], {
    files: { "key.pub": demo.key.pem },
  });
  const names = async (...words: readonly string[]) =>
    (await runCli(["mirror", "ls", "--store", own, "-o", "name", ...words])).out.trim().split("\n");
  assert.equal(await names("--tag", "sig*"), [demo.signed]);
  assert.equal(await names("--repository", "registry.example/*", "--tag", "un*"), [demo.unsigned]);
  assert.equal(await names("--repository", "ghcr.io/*"), [""]);
  assert.equal(await names("--unsigned"), [demo.unsigned], "signed by a stranger is signed");
  assert.equal(await names("--older-than", "99999d"), [""]);
  for (const flag of ["--repository", "--tag", "--older-than"])
    assert.is((await runCli(["mirror", "ls", "claims", "--store", own, flag, "1d"])).exit, 2);
  assert.is((await runCli(["mirror", "ls", "--store", own, "--older-than", "long ago"])).exit, 2);
});

test.run();
