/**
 * Nothing is dialled unless it was said, as the kernel sees it: the same commands offline and online, with every
 * connection that the program and its children open.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { plain, push, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

const policyOf = (host: string, key: string): string =>
  JSON.stringify({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "signed" },
    spec: {
      rules: [
        {
          name: "signed",
          match: { any: [{ resources: { kinds: ["Pod"] } }] },
          verifyImages: [
            {
              imageReferences: [`${host}/*`],
              failureAction: "Enforce",
              attestors: [{ entries: [{ keys: { publicKeys: key, rekor: { ignoreTlog: true } } }] }],
            },
          ],
        },
      ],
    },
  });

/** The Internet addresses to which a run connected or sent. */
export async function dialled({ stage, program, main }: Tools, words: readonly string[]): Promise<readonly string[]> {
  const trace = join(stage.folder, "trace");
  const traced = ["-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", trace, process.execPath, main];
  await stage.run(program("strace"), [...traced, ...words]);
  return readFileSync(trace, "utf8")
    .split("\n")
    .filter((line) => /AF_INET6?\b/.test(line));
}

export const offlineScenarios: readonly Scenario[] = [
  {
    name: "offline no address of the Internet is connected to; online there are some",
    needs: ["strace", "ggcr-registry", "crane", "cosign3"],
    async run(tools) {
      const host = await startRegistry("ggcr-registry", tools);
      const image = await push(`${host}/shop/app:signed`, tools, plain);
      await sign("cosign3", image, tools, plain);
      const key = readFileSync(join(tools.stage.folder, "release.pub"), "utf8");
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "a" },
        spec: { containers: [{ name: "c", image }] },
      };
      tools.stage.write("pod.json", JSON.stringify(pod));
      tools.stage.write("policy.json", policyOf(host, key));
      const verify = ["verify", "--key", "release.pub", "--insecure-ignore-tlog", "--store", "mirror", image];
      const apply = ["apply", "policy.json", "-r", "pod.json", "--store", "mirror"];
      succeeds(await tools.sallyport([...verify, "--online"]));
      for (const words of [verify, apply]) {
        succeeds(await tools.sallyport(words));
        assert.equal(await dialled(tools, words), [], words.join(" "));
        assert.equal(await dialled(tools, [...words, "--offline"]), [], `${words.join(" ")} --offline`);
        assert.ok((await dialled(tools, [...words, "--online"])).length > 0, `${words.join(" ")} --online`);
      }
    },
  },
];
