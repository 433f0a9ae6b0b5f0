/** Aliases on command lines: what says them, what wins, what every command that reads images does with them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openAliases } from "../../../cli/input/aliases.ts";
import { runCli, testIO, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { policyFor } from "../demo-policy.ts";

const test = suite("cli/input/aliases");

const demo = demoLayout();
const logical = "registry.example/shop";
const physical = "mirror.corp/registry.example/shop";
const alias = `${logical}=${physical}`;
const mirrored = (image: string): string => image.replace(logical, physical);
const layout = ["--layout", demo.folder, "--complete"];
const pod = (image: string): string =>
  "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n" +
  `spec: {containers: [{name: web, image: ${image}}]}\n`;
const files = {
  "key.pub": demo.key.pem,
  "policy.yaml": policyFor(demo.key.pem, { images: `${logical}/*` }).replace(
    "mutateDigest: false",
    "mutateDigest: true",
  ),
  "signed.yaml": pod(mirrored(demo.signed)),
  "unsigned.yaml": pod(mirrored(demo.unsigned)),
  "digest.yaml": pod(`${mirrored(demo.signed)}@${demo.digests.signed}`),
  "other.yaml": pod(`${mirrored(demo.signed)}@${demo.digests.unsigned}`),
  "c.yaml": `apiVersion: sallyport.dev/v1alpha1\nkind: Config\naliases: ["${alias}"]\n`,
  "certs.d/registry.example/hosts.toml": '[host."https://mirror.corp/v2/registry.example"]\noverride_path = true\n',
  "r.conf": `[[registry]]\nprefix = "${logical}"\n[[registry.mirror]]\nlocation = "${physical}"\n`,
};
const run = (words: readonly string[], world: TestWorld = {}) => runCli(words, { ...world, files });
const apply = (resource: string, words: readonly string[], world?: TestWorld) =>
  run(["apply", "policy.yaml", "-r", resource, ...layout, ...words], world);

test("a flag, a variable, the configuration and the files of runtimes say it", async () => {
  assert.match((await apply("unsigned.yaml", [])).err, "nothing was judged");
  const ways: readonly (readonly [readonly string[], TestWorld])[] = [
    [["--alias", alias], {}],
    [["--alias", `quay.io=mirror.corp/quay,${alias}`], {}],
    [["--alias", "quay.io=mirror.corp/quay", "--alias", alias], {}],
    [[], { env: { SALLYPORT_ALIAS: `quay.io=mirror.corp/quay, ${alias}` } }],
    [[], { env: { SALLYPORT_CONFIG: "c.yaml" } }],
    [["--hosts-dir", "certs.d"], {}],
    [["--registries-conf", "r.conf"], {}],
  ];
  for (const [words, world] of ways) {
    assert.is((await apply("signed.yaml", words, world)).exit, 0, words.join(" "));
    assert.is((await apply("unsigned.yaml", words, world)).exit, 1, words.join(" "));
  }
});

test("a flag wins over the variable, and the variable over the configuration", async () => {
  const other = "quay.io=mirror.corp/quay";
  const env = { SALLYPORT_ALIAS: other, SALLYPORT_CONFIG: "c.yaml" };
  assert.is((await apply("unsigned.yaml", [], { env })).exit, 0);
  assert.is((await apply("unsigned.yaml", ["--alias", alias], { env })).exit, 1);
  assert.match((await apply("signed.yaml", [], { env })).err, "SALLYPORT_ALIAS");
});

test("what was said wins over files; what files contradict each other about does not count", () => {
  const conf = ["ghcr.io", "quay.io"]
    .map((prefix) => `[[registry]]\nprefix = "${prefix}"\n[[registry.mirror]]\nlocation = "mirror.corp/x"\n`)
    .join("");
  const { io } = testIO({ files: { "r.conf": conf } });
  const open = (said?: readonly string[]) =>
    openAliases({ registriesConf: "r.conf", ...(said === undefined ? {} : { alias: said }) }, defaultLimits, io);
  assert.equal([open().list.length, open().leftOut.length], [0, 2]);
  assert.equal([open(["ghcr.io=mirror.corp/x"]).list.length, open(["ghcr.io=mirror.corp/x"]).leftOut.length], [1, 0]);
});

test("a wrong alias ends the command before anything is judged", async () => {
  for (const wrong of ["x", `${alias},quay.io=${physical}`, "a.io=a.io", "a.io/*=b.io", ""])
    assert.is((await apply("signed.yaml", ["--alias", wrong])).exit, 2, wrong);
});

test("the resource keeps the mirror's name, with the digest; results and messages have both", async () => {
  const applied = await apply("signed.yaml", ["--alias", alias, "-o", "out.yaml"]);
  assert.is(applied.exit, 0);
  const [written = ""] = Object.values(applied.written);
  assert.match(written, `image: ${mirrored(demo.signed)}@${demo.digests.signed}`);
  for (const name of [physical, logical]) assert.match(written, `"${name}/web@${demo.digests.signed}":"pass"`);
  const denied = await apply("unsigned.yaml", ["--alias", alias]);
  assert.match(denied.out, `failed for ${mirrored(demo.unsigned)} (as ${demo.unsigned}): signature not found`);
  const json = await apply("unsigned.yaml", ["--alias", alias, "--output-format", "json"]);
  assert.match(json.out, `"logical": "${demo.unsigned}"`);
  const report = await apply("unsigned.yaml", ["--alias", alias, "-p", "--output-format", "json"]);
  assert.match(report.out, `"logicalImage": "${demo.unsigned}"`);
});

test("a digest in the resource is the one that is judged", async () => {
  assert.is((await apply("digest.yaml", ["--alias", alias])).exit, 0);
  assert.is((await apply("other.yaml", ["--alias", alias])).exit, 1);
});

test("explain shows the name that is judged", async () => {
  const { exit, out } = await run(["explain", "-p", "policy.yaml", mirrored(demo.signed), ...layout, "--alias", alias]);
  assert.is(exit, 0);
  assert.match(out, `judged as   ${demo.signed}\n`);
});

test("verify judges a digest as the logical name's; of a tag both have to be known, and alike", async () => {
  const verify = (image: string, ...words: readonly string[]) =>
    run(["verify", "--key", "key.pub", "--insecure-ignore-tlog", image, ...layout, "--alias", alias, ...words]);
  const byDigest = `${mirrored(demo.signed)}@${demo.digests.signed}`;
  const proven = await verify(byDigest);
  assert.is(proven.exit, 0);
  assert.match(proven.out, `judged as  ${demo.signed.replace(/:signed$/, "")}@${demo.digests.signed}\n`);
  assert.match((await verify(byDigest, "-o", "json")).out, '"logical": "registry.example/shop/web@sha256:');
  assert.is((await verify(mirrored(demo.signed))).exit, 5);
  const unsigned = await verify(`${mirrored(demo.signed)}@${demo.digests.unsigned}`);
  assert.equal([unsigned.exit, unsigned.err.includes("no-signature")], [10, true]);
});

test("tree shows what hangs on the logical name's image", async () => {
  const image = `${mirrored(demo.signed)}@${demo.digests.signed}`;
  const { exit, out } = await run(["tree", image, ...layout, "--alias", alias]);
  assert.is(exit, 0);
  assert.match(out, "judged as   registry.example/shop/web@sha256:");
  assert.match(out, "signatures  sha256-");
  const json = JSON.parse((await run(["tree", image, ...layout, "--alias", alias, "-o", "json"])).out);
  assert.is(json.logical, `registry.example/shop/web@${demo.digests.signed}`);
});

test("policy check warns of aliases that cover a registry, and of those that do not count", async () => {
  const check = async (...words: readonly string[]) => {
    const { exit, out } = await run(["policy", "check", "policy.yaml", "-o", "json", ...words]);
    assert.is(exit, 0);
    return (JSON.parse(out).aliases as { readonly code: string }[] | undefined)?.map(({ code }) => code);
  };
  assert.is(await check(), undefined);
  assert.equal(await check("--alias", alias), []);
  assert.equal(await check("--alias", "ghcr.io=mirror.corp/gh"), ["wide-alias"]);
  assert.equal(await check("--alias", "ghcr.io/org=mirror.corp"), ["wide-alias"]);
  assert.equal(await check("--hosts-dir", "certs.d"), ["wide-alias"]);
  assert.equal(await check("--alias", "registry.example=far.corp/x", "--registries-conf", "r.conf"), ["wide-alias"]);
  assert.equal(await check("--alias", "mirror.corp/registry.example=far.corp/x", "--registries-conf", "r.conf"), [
    "unclear-alias",
  ]);
  assert.match((await run(["policy", "check", "policy.yaml", "--alias", "ghcr.io=m.corp"])).out, "1 warning\n");
});

test("config check finds wrong aliases at their place, and warns of wide ones", async () => {
  const check = async (list: string) => {
    const text = `apiVersion: sallyport.dev/v1alpha1\nkind: Config\naliases: ${list}\n`;
    const { exit, out } = await runCli(["config", "check", "x.yaml", "-o", "json"], { files: { "x.yaml": text } });
    const { errors, warnings } = JSON.parse(out) as {
      readonly errors: readonly { readonly place: string }[];
      readonly warnings: readonly { readonly place: string }[];
    };
    return [exit, ...errors.map(({ place }) => `error ${place}`), ...warnings.map(({ place }) => `warning ${place}`)];
  };
  assert.equal(await check("[ghcr.io/org=mirror.corp/gh]"), [0]);
  assert.equal(await check("[ghcr.io=mirror.corp]"), [0, "warning x.yaml:3:11"]);
  assert.equal(await check("[ghcr.io/org=mirror.corp/gh, x]"), [2, "error x.yaml:3:39"]);
  assert.equal(await check("[a.io/x=m.io/x, b.io/x=m.io/x]"), [2, "error x.yaml:3:26"]);
});

test.run();
