/**
 * Nothing is dialled unless it was said, as the kernel sees it: the same commands offline and online, with every
 * connection that the program and its children open.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { freePort } from "./processes.ts";
import { plain, push, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

export const policyOf = (host: string, key: string): string =>
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

/**
 * Starts the server of the words behind the paths under strace, asks it for the paths when it is ready, and ends it.
 * Prints the status of each.
 */
const client = `
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
const [url, count, ...rest] = process.argv.slice(2);
const [program, ...words] = rest.slice(Number(count));
const child = spawn(program, words, { stdio: ["ignore", "inherit", "inherit"] });
const ended = new Promise((resolve) => child.on("close", resolve));
for (let ready = false, left = 600; !ready && left > 0; left--) {
  ready = await fetch(url + "/readyz").then((answer) => answer.status === 200, () => false);
  if (!ready) await new Promise((resolve) => setTimeout(resolve, 50));
}
for (const path of rest.slice(0, Number(count))) console.log((await fetch(url + path)).status + " " + path);
// strace ends with the program that it runs; a signal for strace would leave that one alone.
const children = "/proc/" + child.pid + "/task/" + child.pid + "/children";
const [traced] = readFileSync(children, "utf8").split(" ");
process.kill(Number(traced), "SIGTERM");
await ended;
`;

/** The Internet addresses that `serve` connected or sent to while these paths were asked of it, and its answers. */
export async function dialledServing(tools: Tools, words: readonly string[], paths: readonly string[]) {
  const { stage, program, main } = tools;
  const port = await freePort();
  const trace = join(stage.folder, "trace-serve");
  stage.write("client.mjs", client);
  const { out } = await stage.run(process.execPath, [
    ...["client.mjs", `http://127.0.0.1:${port}`, String(paths.length), ...paths],
    ...[program("strace"), "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", trace],
    ...[process.execPath, main, "serve", "--listen", `127.0.0.1:${port}`, ...words],
  ]);
  const dialled = readFileSync(trace, "utf8")
    .split("\n")
    .filter((line) => /AF_INET6?\b/.test(line));
  return { dialled, statuses: out.split("\n").flatMap((line) => /^(\d{3}) \//.exec(line)?.[1] ?? []) };
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
      const paths = ["signed", "never"].map((tag) => `/v2/shop/app/manifests/${tag}?ns=${host}`);
      const online = await dialledServing(tools, ["--store", "mirror", "--online", "--upstream", host], paths);
      assert.equal(online.statuses, ["200", "404"], "serve --online");
      assert.ok(online.dialled.length > 0, "serve --online");
      const unasked = `/v2/shop/app/manifests/unasked?ns=${host}`;
      for (const words of [[], ["--offline", "--upstream", host]]) {
        const served = await dialledServing(tools, ["--store", "mirror", ...words], [...paths, unasked]);
        assert.equal(served, { dialled: [], statuses: ["200", "404", "503"] }, `serve ${words.join(" ")}`);
      }
    },
  },
];
