/** Archives beside the tools that read OCI layouts: skopeo and oras list and copy what one holds. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { digestOf } from "../../core/crypto/digest.ts";
import { plain, push, startRegistry, sign, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

function key({ stage }: Tools): void {
  const path = join(stage.folder, "archive.key");
  execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path], { stdio: "ignore" });
  const pem = execFileSync("openssl", ["ec", "-in", path, "-pubout"], { stdio: ["ignore", "pipe", "ignore"] });
  writeFileSync(join(stage.folder, "archive.pub"), pem);
}

const copying: Scenario = {
  name: "archives: skopeo and oras list and copy what one holds",
  needs: ["distribution", "cosign3", "crane", "skopeo", "oras"],
  async run(tools) {
    const { stage, program, sallyport } = tools;
    const host = await startRegistry("distribution", tools);
    const run = (component: "crane" | "skopeo" | "oras", ...words: readonly string[]) =>
      stage.run(program(component), words);
    const copy = ["--insecure-policy", "copy"];
    const docker = await push(`${host}/shop/docker:1`, tools, plain);
    const name = `${host}/shop/app:signed`;
    // crane pushes manifests of Docker's type, which skopeo does not look for in a layout.
    const tls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    succeeds(await run("skopeo", ...copy, ...tls, "--format", "oci", `docker://${docker}`, `docker://${name}`));
    const digest = succeeds(await run("crane", "digest", ...plain.crane, name)).out.trim();
    await sign("cosign3", `${host}/shop/app@${digest}`, tools, plain);
    key(tools);
    succeeds(await sallyport(["mirror", "sync", name, "--store", "mirror", "--with-layers"]));
    const own = ["--store", "mirror", "--key", "archive.key", "--with-layers"];
    succeeds(await sallyport(["export", "-f", "archive.tar", ...own]));
    succeeds(await sallyport(["archive", "verify", "archive.tar", "--key", "archive.pub"]));
    // From here on there is only the file.
    await stage.stopServers();

    succeeds(await run("skopeo", ...copy, "--preserve-digests", `oci-archive:archive.tar:${name}`, "dir:by-skopeo"));
    const manifest = readFileSync(join(stage.folder, "by-skopeo", "manifest.json"));
    assert.is(digestOf(manifest), digest);

    const listed = succeeds(await run("oras", "repo", "tags", "--oci-layout", "archive.tar"));
    const tags = listed.out.split("\n");
    assert.ok(tags.includes("sallyport-archive"), listed.out);
    assert.ok(tags.includes(name), listed.out);
    succeeds(await run("oras", "cp", "--from-oci-layout", "--to-oci-layout", `archive.tar@${digest}`, "by-oras:1"));
    const discovered = await run("oras", "discover", "--oci-layout", "--format", "json", `archive.tar@${digest}`);
    assert.match(succeeds(discovered).out, /sigstore|cosign/);
    succeeds(await run("oras", "cp", "--from-oci-layout", "--to-oci-layout", "archive.tar:sallyport-archive", "own:1"));

    // The same in parts: the beginning of each is a layout, too.
    succeeds(await sallyport(["export", "-f", "parts.tar", ...own, "--chunk-size", "16KiB"]));
    const part = readdirSync(stage.folder).find((file) => file.startsWith("parts.tar.001-of-")) ?? "parts.tar";
    const first = succeeds(await run("oras", "repo", "tags", "--oci-layout", part));
    assert.match(first.out, /sallyport-archive/);
  },
};

const carrying: Scenario = {
  name: "archives: one that the program itself travels in installs on the other side",
  needs: ["oras"],
  async run(tools) {
    const { stage, program, sallyport } = tools;
    key(tools);
    stage.write("chart.tgz", "a chart");
    stage.write(
      "policy.pem",
      execFileSync("openssl", ["pkey", "-in", join(stage.folder, "archive.key"), "-pubout"]).toString(),
    );
    succeeds(await sallyport(["mirror", "pin-key", "--store", "mirror", "k8s://a/b", "policy.pem"]));
    const words = ["export", "-f", "all.tar", "--store", "mirror", "--key", "archive.key", "--bootstrap", "chart.tgz"];
    const { out } = succeeds(await sallyport(words));
    const [, digest, file] = /^([0-9a-f]{64}) {2}(sallyport-\S+\.tgz)$/m.exec(out) ?? [];
    assert.ok(digest !== undefined && file !== undefined, out);
    const pull = ["pull", "--oci-layout", "all.tar:sallyport-bootstrap", "-o", "pulled"];
    succeeds(await stage.run(program("oras"), pull));
    const sum = execFileSync("sha256sum", [join(stage.folder, "pulled", file)]).toString();
    assert.is(sum.slice(0, 64), digest);
    execFileSync("tar", ["-xzf", join(stage.folder, "pulled", file), "-C", join(stage.folder, "pulled")]);
    const main = join(stage.folder, "pulled", "package", "dist", "sallyport.mjs");
    assert.match(succeeds(await stage.run(process.execPath, [main, "archive", "inspect", "all.tar"])).out, /archive 1/);
    assert.is(readFileSync(join(stage.folder, "pulled", "chart.tgz"), "utf8"), "a chart");
  },
};

const capsules: Scenario = {
  name: "capsules: skopeo and oras list and copy what one holds, and it decides the same after a registry",
  needs: ["distribution", "cosign3", "crane", "skopeo", "oras"],
  async run(tools) {
    const { stage, program, sallyport } = tools;
    const host = await startRegistry("distribution", tools);
    const run = (component: "crane" | "skopeo" | "oras", ...words: readonly string[]) =>
      stage.run(program(component), words);
    const name = `${host}/shop/app:1`;
    await sign("cosign3", await push(name, tools, plain), tools, plain);
    key(tools);
    stage.write(
      "policy.yaml",
      JSON.stringify({
        apiVersion: "kyverno.io/v1",
        kind: "ClusterPolicy",
        metadata: { name: "signed" },
        spec: {
          validationFailureAction: "Enforce",
          rules: [
            {
              name: "signed",
              match: { any: [{ resources: { kinds: ["Pod"] } }] },
              verifyImages: [
                {
                  imageReferences: ["*"],
                  attestors: [
                    {
                      entries: [
                        {
                          keys: {
                            publicKeys: readFileSync(join(stage.folder, "release.pub"), "utf8"),
                            rekor: { ignoreTlog: true },
                          },
                        },
                      ],
                    },
                  ],
                },
              ],
            },
          ],
        },
      }),
    );
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "app", namespace: "shop" } };
    stage.write("pod.yaml", JSON.stringify({ ...pod, spec: { containers: [{ name: "app", image: name }] } }));
    stage.write("images.txt", `${name}\n`);
    const online = ["--allow-http-registry", "--policies", "policy.yaml"];
    succeeds(await sallyport(["mirror", "sync", "-f", "images.txt", "--store", "mirror", ...online]));
    const making = ["--images", "images.txt", "--policies", "policy.yaml", "--store", "mirror", "--key", "archive.key"];
    succeeds(await sallyport(["capsule", "create", ...making, "-f", "edge.tar"]));
    succeeds(await sallyport(["capsule", "verify", "edge.tar", "--key", "archive.pub"]));

    const listed = succeeds(await run("oras", "repo", "tags", "--oci-layout", "edge.tar"));
    assert.ok(listed.out.split("\n").includes("sallyport-archive"), listed.out);
    assert.ok(listed.out.split("\n").includes(name), listed.out);
    const own = "edge.tar:sallyport-archive";
    succeeds(await run("oras", "cp", "--from-oci-layout", "--to-oci-layout", own, "own:1"));
    const copy = ["--insecure-policy", "copy", "--preserve-digests"];
    succeeds(await run("skopeo", ...copy, `oci-archive:${own}`, "dir:by-skopeo"));
    const manifest = JSON.parse(readFileSync(join(stage.folder, "by-skopeo", "manifest.json"), "utf8"));
    assert.is(manifest.artifactType, "application/vnd.sallyport.archive.v1");

    // Carried by a registry as the file that it is.
    const place = `${host}/edge/capsule:1`;
    succeeds(await run("oras", "push", "--plain-http", "--disable-path-validation", place, "edge.tar"));
    succeeds(await run("oras", "pull", "--plain-http", place, "-o", "pulled"));
    await stage.stopServers();
    const words = ["apply", "-r", "pod.yaml", "--capsule", "pulled/edge.tar", "--capsule-key", "archive.pub"];
    assert.match(succeeds(await sallyport([...words, "--record", "records"])).out, /pass: 2, fail: 0/);
    const [record = ""] = readdirSync(join(stage.folder, "records"));
    assert.match(succeeds(await sallyport(["replay", `records/${record}`])).out, /the same decision, allowed/);
  },
};

export const archiveScenarios: readonly Scenario[] = [copying, carrying, capsules];
