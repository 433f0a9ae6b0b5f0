/**
 * Whom policies have asked, at a real API server: who writes a Policy in one namespace does not choose whom `serve`
 * dials, unless a ClusterPolicy writes the same or `policies.mayAsk` lists it.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { indent, policyText } from "../support/fixture-policies.ts";
import { startApiServer } from "./api-server.ts";
import { exits, plain, push, says, sign, startRegistry, succeeds } from "./registry-actions.ts";
import { prepareRelease, renderRelease, serveRelease, tryPod, untilSaid } from "./releases.ts";
import type { Scenario } from "./scenario.ts";

/** Stands for a log: it counts who comes, and has nothing. */
async function openTrap() {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked: () => asked, close: () => void server.close() };
}

const mayAsk: Scenario = {
  name: "policies of one namespace: whom they name is asked only where a ClusterPolicy or mayAsk names it",
  needs: ["api-server", "kubectl", "helm", "ggcr-registry", "crane", "cosign2"],
  async run(tools) {
    const { stage, program } = tools;
    const [stranger, shared, listed] = await Promise.all([openTrap(), openTrap(), openTrap()]);
    try {
      const host = await startRegistry("ggcr-registry", tools);
      const names = ["stranger", "shared", "listed", "all"] as const;
      const image = await push(`${host}/shop/app:1`, tools, plain);
      await sign("cosign2", image, tools, plain);
      for (const name of names)
        succeeds(await stage.run(program("crane"), ["tag", image, name, ...plain.crane], { env: plain.env ?? {} }));
      const imageOf = (name: (typeof names)[number]): string => `${host}/shop/app:${name}`;
      const release = await renderRelease(tools, {
        image: { repository: "sallyport" },
        replicas: 1,
        config: {
          mode: "online",
          policies: { cluster: true, mayAsk: [listed.url] },
          upstreams: [{ host, plainHTTP: true }],
        },
        tls: { from: "cluster" },
        mirror: { existingClaim: "mirror" },
        networkPolicy: { enabled: false },
      });
      const cluster = await startApiServer(tools);
      await prepareRelease(tools, cluster, release);
      const pem = indent(readFileSync(join(stage.folder, "release.pub"), "utf8"), 16);
      const policyOf = (name: (typeof names)[number], log: string, more: Parameters<typeof policyText>[0] = {}) =>
        policyText({
          name,
          references: `["${imageOf(name)}"]`,
          entries: [
            `- keys:\n              publicKeys: |-\n                ${pem}\n              rekor: { url: "${log}" }`,
          ],
          kind: "Policy",
          namespace: "shop",
          ...more,
        });
      const spec = "validationFailureAction: Enforce\nfailurePolicy: Ignore";
      const everywhere = { kind: "ClusterPolicy", spec: "validationFailureAction: Enforce" } as const;
      for (const text of [
        policyOf("stranger", stranger.url, { spec }),
        policyOf("shared", shared.url),
        policyOf("listed", listed.url),
        policyOf("all", shared.url, everywhere).replace(", namespace: shop", ""),
      ])
        await cluster.kubectl(["apply", "-f", "-"], text);
      await serveRelease(tools, release);

      // Ignore lets nobody in by it: it is no outage that the log of a stranger is not asked.
      await untilSaid(tools, imageOf("stranger"), /\[access-denied\]/);
      const refused = await tryPod(tools, "stranger", imageOf("stranger"));
      exits(1, refused, /policies\.mayAsk/);
      assert.ok(says(refused).includes(stranger.url), says(refused));
      assert.is(stranger.asked(), 0);
      for (const [name, log] of [
        ["shared", shared],
        ["listed", listed],
        ["all", shared],
      ] as const) {
        const denied = await tryPod(tools, name, imageOf(name));
        exits(1, denied);
        assert.not.match(says(denied), /access-denied/);
        assert.ok(log.asked() > 0, `${name}: ${says(denied)}`);
      }
      assert.is(stranger.asked(), 0);
    } finally {
      for (const one of [stranger, shared, listed]) one.close();
    }
  },
};

export const mayAskScenarios: readonly Scenario[] = [mayAsk];
