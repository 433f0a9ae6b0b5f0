/**
 * Image lists of every form, synced from a real registry: what is listed is brought, and decides when nobody can be
 * asked. Helm's output is that of Helm.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as assert from "uvu/assert";
import { exits, plain, push, says, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

/** The images that a sync says it has, without their registry. */
async function synced({ stage, main }: Tools, host: string, words: readonly string[], input = "") {
  const all = [main, "mirror", "sync", "--store", "mirror", "-o", "json", ...words];
  const outcome = await stage.run(process.execPath, all, { input });
  assert.is(outcome.exit, 0, says(outcome));
  const { images } = JSON.parse(outcome.out) as { readonly images: readonly { readonly image: string }[] };
  return images.map(({ image }) => image.slice(`${host}/`.length)).sort();
}

const forms: Scenario = {
  name: "mirror sync reads lines, ImageList, manifests, Zarf, Hauler and oc-mirror from a registry",
  needs: ["ggcr-registry", "crane"],
  async run(tools) {
    const { stage, sallyport } = tools;
    const host = await startRegistry("ggcr-registry", tools);
    for (const tag of ["v1.0.0", "v1.1.0", "v2.0.0", "latest"]) await push(`${host}/shop/app:${tag}`, tools, plain);
    const digest = await push(`${host}/shop/other:1`, tools, plain);
    const pod = { containers: [{ name: "a", image: `${host}/shop/app:v1.0.0` }] };
    const lists: readonly (readonly [string, string, readonly string[]])[] = [
      ["lines.txt", `# x\n${host}/shop/app:v1.*\n${digest} expect=unsigned\n`, ["v1.0.0", "v1.1.0", "other"]],
      ["range.txt", `${host}/shop/app tags="^1 || 2"\n`, ["v1.0.0", "v1.1.0", "v2.0.0"]],
      [
        "list.yaml",
        `apiVersion: sallyport.dev/v1alpha1\nkind: ImageList\nimages: [{image: "${host}/shop/app", tags: all}]\n`,
        ["latest", "v1.0.0", "v1.1.0", "v2.0.0"],
      ],
      [
        "manifests/deployment.json",
        JSON.stringify({
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "a" },
          spec: { template: { spec: pod } },
        }),
        ["v1.0.0"],
      ],
      [
        "zarf.yaml",
        `kind: ZarfPackageConfig\nmetadata: {name: a}\ncomponents: [{name: a, images: ["${host}/shop/app:v2.0.0"]}]\n`,
        ["v2.0.0"],
      ],
      [
        "hauler.yaml",
        `apiVersion: content.hauler.cattle.io/v1\nkind: Images\nspec: {images: [{name: "${host}/shop/app"}]}\n`,
        ["latest"],
      ],
      [
        "imageset.yaml",
        "apiVersion: mirror.openshift.io/v2alpha1\nkind: ImageSetConfiguration\n" +
          `mirror: {additionalImages: [{name: "${host}/shop/app:v1.1.0"}]}\n`,
        ["v1.1.0"],
      ],
    ];
    for (const [name, text, wanted] of lists) {
      mkdirSync(dirname(join(stage.folder, name)), { recursive: true });
      writeFileSync(join(stage.folder, name), text);
      const named = wanted.map((tag) => (tag === "other" ? digest.slice(`${host}/`.length) : `shop/app:${tag}`)).sort();
      assert.equal(await synced(tools, host, ["-f", name.split("/")[0] ?? ""]), named, name);
    }
    stage.write("none.txt", `${host}/shop/app:v9*\n`);
    exits(11, await sallyport(["mirror", "sync", "--store", "mirror", "-f", "none.txt"]), /none\.txt:1: no tag/);
    stage.write("bad.txt", `${host}/shop/app:1\n${host}/shop/*:1\n`);
    exits(2, await sallyport(["mirror", "sync", "--store", "mirror", "-f", "bad.txt"]), /bad\.txt:2/);
    await stage.stopServers();
    const { out } = succeeds(await sallyport(["mirror", "ls", "--store", "mirror", "-o", "name"]));
    for (const tag of ["latest", "v1.0.0", "v1.1.0", "v2.0.0"]) assert.match(out, `${host}/shop/app:${tag}`);
  },
};

const helm: Scenario = {
  name: "mirror sync reads what Helm prints, on standard input",
  needs: ["ggcr-registry", "crane", "helm"],
  async run(tools) {
    const { stage, program } = tools;
    const host = await startRegistry("ggcr-registry", tools);
    for (const image of ["web:1", "probe:1"]) await push(`${host}/shop/${image}`, tools, plain);
    succeeds(await stage.run(program("helm"), ["create", "web"]));
    const set = ["--set", `image.repository=${host}/shop/web`, "--set", "image.tag=1"];
    const test = join(stage.folder, "web/templates/tests/test-connection.yaml");
    const pod = `apiVersion: v1\nkind: Pod\nmetadata: {name: probe, annotations: {"helm.sh/hook": test}}\n`;
    writeFileSync(test, `${pod}spec: {containers: [{name: a, image: "${host}/shop/probe:1"}]}\n`);
    for (const words of [
      ["template", "web", "./web"],
      ["install", "web", "./web", "--dry-run=client"],
    ]) {
      const { out } = succeeds(await stage.run(program("helm"), [...words, ...set]));
      assert.equal(await synced(tools, host, ["-f", "-"], out), ["shop/probe:1", "shop/web:1"], words.join(" "));
    }
  },
};

export const listScenarios: readonly Scenario[] = [forms, helm];
