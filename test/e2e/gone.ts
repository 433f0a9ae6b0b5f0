/**
 * A sync brings all that decisions need: from a registry, from a log that alone has the entries of signatures, from a
 * service that alone has the key. When all three are gone, the mirror decides.
 */
import * as assert from "uvu/assert";
import { besideSdks, startLocalKms } from "./key-services.ts";
import { logSignature, signatureOf, startRekor } from "./log-actions.ts";
import { exits, plain, push, says, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario } from "./scenario.ts";

const policy = (host: string, kms: string, rekor: object) =>
  JSON.stringify({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "logged" },
    spec: {
      rules: [
        {
          name: "logged",
          match: { any: [{ resources: { kinds: ["Pod"] } }] },
          verifyImages: [
            {
              imageReferences: [`${host}/*`],
              failureAction: "Enforce",
              attestors: [{ entries: [{ keys: { kms, rekor } }] }],
            },
          ],
        },
      ],
    },
  });

const gone: Scenario = {
  name: "a sync from a registry, Rekor v1 and KMS; all three are gone, and apply --offline decides",
  needs: ["rekor", "local-kms", "kms-sdks", "cosign2", "crane", "ggcr-registry"],
  async run(tools) {
    const { stage, program, sallyport } = tools;
    const env = await startLocalKms(tools);
    const rekor = await startRekor(tools, "rekor.test");
    const host = await startRegistry("ggcr-registry", tools);
    const cosign = async (...words: readonly string[]) =>
      succeeds(await stage.run(program("cosign2"), words, { env })).out;
    const key = "awskms:///alias/release";
    await cosign("generate-key-pair", "--kms", key);
    stage.write("release.pub", await cosign("public-key", "--key", key));
    await cosign("generate-key-pair", "--output-key-prefix", "other");
    const signed = async (tag: string, by: string): Promise<string> => {
      const image = await push(`${host}/shop/app:${tag}`, tools, plain);
      await cosign("sign", "--key", by, "--yes", "--tlog-upload=false", ...plain.cosign, image);
      return image;
    };
    // The log has the entry of the first only.
    const logged = await signed("logged", key);
    const { hash, signature } = await signatureOf(logged);
    await logSignature(tools, rekor, { hash, signature, key: "release.pub" });
    await signed("silent", key);
    await signed("stranger", "other.key");
    await push(`${host}/shop/app:unsigned`, tools, plain);
    const tags = ["logged", "silent", "stranger", "unsigned"];
    stage.write("policy.json", policy(host, key, { url: rekor.url, pubkey: rekor.key }));
    stage.write("images.txt", tags.map((tag) => `${host}/shop/app:${tag}\n`).join(""));
    for (const tag of [...tags, "never"]) {
      const containers = [{ name: "c", image: `${host}/shop/app:${tag}` }];
      stage.write(
        `${tag}.json`,
        JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: tag }, spec: { containers } }),
      );
    }
    const sync = ["mirror", "sync", "-f", "images.txt", "--policies", "policy.json", "--store", "mirror"];
    const synced = succeeds(await besideSdks(tools)([...sync, "-o", "json"], env));
    const { images } = JSON.parse(synced.out) as {
      readonly images: readonly { readonly image: string; readonly coverage: { readonly decision: string } }[];
    };
    const said = images.map(
      ({ image, coverage: { decision } }) => `${image.slice(`${host}/shop/app:`.length)} ${decision}`,
    );
    const forecast = ["logged pass", "silent fail", "stranger fail", "unsigned fail"];
    assert.equal(said.sort(), forecast, says(synced));

    await stage.stopServers();
    const apply = (tag: string) =>
      sallyport(["apply", "policy.json", "-r", `${tag}.json`, "--store", "mirror", "--offline"]);
    exits(0, await apply("logged"), /pass: 2, fail: 0/);
    exits(1, await apply("silent"), /no-log-proof/);
    exits(1, await apply("stranger"), /wrong-key/);
    exits(1, await apply("unsigned"), /signature not found/);
    exits(1, await apply("never"), /not-in-mirror/);
    // The command line of cosign says the same.
    const verify = ["verify", "--key", key, "--rekor-url", rekor.url, "--store", "mirror", "--offline"];
    exits(10, await sallyport([...verify, `${host}/shop/app:unsigned`]), /no-signature/);
    exits(12, await sallyport([...verify, `${host}/shop/app:stranger`]), /wrong-key/);
  },
};

export const goneScenarios: readonly Scenario[] = [gone];
