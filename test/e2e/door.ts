/** Policies at the door of the registry: crane gets what they admit, and reads why the rest is refused. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import * as assert from "uvu/assert";
import { policyOf } from "./offline.ts";
import { freePort, Stage } from "./processes.ts";
import { exits, plain, push, type Registry, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario } from "./scenario.ts";

const guarded = (registry: Registry): Scenario => ({
  name: `admit: policies before ${registry}: crane pulls what is signed, and is told why the rest is refused`,
  needs: [registry, "crane", "cosign3"],
  async run(tools) {
    const { stage, program, main } = tools;
    const upstream = new Stage();
    try {
      const origin = await startRegistry(registry, { ...tools, stage: upstream });
      const signed = await push(`${origin}/shop/app:signed`, tools, plain);
      await sign("cosign3", signed, tools, plain);
      const unsigned = await push(`${origin}/shop/app:unsigned`, tools, plain);
      const late = await push(`${origin}/shop/app:late`, tools, plain);
      await push(`${origin}/other/app:1`, tools, plain);
      stage.write("policy.json", policyOf(`${origin}/shop`, readFileSync(join(stage.folder, "release.pub"), "utf8")));
      const host = `127.0.0.1:${await freePort()}`;
      const settings = {
        apiVersion: "sallyport.dev/v1alpha1",
        kind: "Config",
        store: join(stage.folder, "mirror"),
        listeners: [{ address: host }],
        upstreams: [{ host: origin }],
        policies: { folders: ["policy.json"] },
        proxy: {
          defaultRegistry: origin,
          admit: "policies",
          noMatch: "deny",
          refresh: "1h",
          layers: { store: true },
        },
      };
      stage.write("serve.yaml", JSON.stringify(settings));
      const isReady = async (): Promise<boolean> => (await request(`http://${host}/readyz`)).statusCode === 200;
      const serve = (mode: string) => stage.serve(process.execPath, [main, "serve", "-c", "serve.yaml", mode], isReady);
      const pull = (reference: string) =>
        stage.run(program("crane"), ["pull", ...plain.crane, `${host}/${reference}`, "pulled.tar"]);
      const digestOf = (image: string): string => image.slice(image.indexOf("@"));
      const notSigned = /DENIED: .*image verification failed for \S+: signature not found/;
      const judge = async (): Promise<void> => {
        for (const reference of ["shop/app:signed", `shop/app${digestOf(signed)}`]) succeeds(await pull(reference));
        for (const reference of ["shop/app:unsigned", `shop/app${digestOf(unsigned)}`])
          exits(1, await pull(reference), notSigned);
        exits(1, await pull("other/app:1"), /DENIED: no policy selects/);
      };
      await serve("--online");
      await judge();
      // Layers of what is refused are refused by their names, too.
      const manifest = succeeds(await stage.run(program("crane"), ["manifest", ...plain.crane, unsigned]));
      const { layers } = JSON.parse(manifest.out) as { layers: readonly { digest: string }[] };
      const { statusCode, body } = await request(`http://${host}/v2/shop/app/blobs/${layers[0]?.digest ?? ""}`);
      await body.dump();
      assert.is(statusCode, 403);
      // What verifies the image is served whatever its own signatures are.
      const verify = ["verify", "--key", "release.pub", "--insecure-ignore-tlog", ...plain.cosign];
      succeeds(await stage.run(program("cosign3"), [...verify, `${host}/shop/app${digestOf(signed)}`]));
      await upstream.stopServers();
      await judge();
      // Nobody knows whether that one is signed, and it is not said that it is not.
      exits(1, await pull(`shop/app${digestOf(late)}`), /503|UNAVAILABLE/);
      await stage.stopServers();
      await serve("--offline");
      await judge();
      exits(1, await pull(`shop/app${digestOf(late)}`), /503|UNAVAILABLE/);
    } finally {
      await upstream.end();
    }
  },
});

export const doorScenarios: readonly Scenario[] = [guarded("distribution"), guarded("docker-registry")];
