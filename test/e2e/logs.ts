/**
 * Real transparency logs: cosign signs into Rekor v2 and brings the proof; signatures without an entry, whose entries
 * are in Rekor v1, are found there by their hash.
 */
import { request } from "undici";
import * as assert from "uvu/assert";
import { startFront } from "./fronts.ts";
import { logKey, logSignature, signatureOf, signIntoTiles, startRekor, trustedRoot } from "./log-actions.ts";
import { exits, plain, push, says, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario } from "./scenario.ts";

const tiles: Scenario = {
  name: "Rekor v2: what cosign logged is proved by what the signature carries, and nobody asks the log",
  needs: ["rekor-tiles", "cosign3", "ggcr-registry", "crane"],
  async run(tools) {
    const { stage, program } = tools;
    const origin = "rekor.test";
    // Two logs of one name: only one of them is trusted.
    for (const name of ["log", "liar"]) logKey(tools, name, "ed25519");
    await trustedRoot(tools, "root.json", "log", origin);
    await trustedRoot(tools, "liar.json", "liar", origin);
    const registry = await startRegistry("ggcr-registry", tools);
    const run = async (...words: readonly string[]) =>
      succeeds(await stage.run(program("cosign3"), words, { env: { COSIGN_PASSWORD: "" } }));
    await run("generate-key-pair", "--output-key-prefix", "release");
    const logged = async (log: string): Promise<string> => {
      const image = await push(`${registry}/shop/${log}:1`, tools, plain);
      await signIntoTiles(tools, image, { log, origin, root: log === "log" ? "root.json" : "liar.json" });
      return image;
    };
    const [good, lied] = [await logged("log"), await logged("liar")];
    const silent = await push(`${registry}/shop/silent:1`, tools, plain);
    const none = ["--tlog-upload=false", "--use-signing-config=false", "--new-bundle-format=true"];
    await run("sign", "--key", "release.key", "--yes", ...none, ...plain.cosign, silent);
    const verify = (image: string, ...more: readonly string[]) =>
      tools.sallyport([
        "verify",
        "--key",
        "release.pub",
        "--trusted-root",
        "root.json",
        "--store",
        "mirror",
        ...more,
        image,
      ]);
    const found = await verify(good, "--online", "-d");
    exits(0, found, /log +rekor\.test #0/);
    assert.not.match(found.err, /api\/v2/);
    exits(14, await verify(lied, "--online"), /bad-log-proof/);
    exits(14, await verify(silent, "--online"), /no-log-proof/);
    await stage.stopServers();
    exits(0, await verify(good), /log +rekor\.test #0/);
    exits(14, await verify(lied), /bad-log-proof/);
  },
};

const searched: Scenario = {
  name: "Rekor v1: a signature's entry is found by its hash and verified; a log that lies, lacks it or is down",
  needs: ["rekor", "cosign3", "cosign2", "ggcr-registry", "crane"],
  async run(tools) {
    const { stage, program } = tools;
    const origin = "rekor.test";
    const rekor = await startRekor(tools, origin);
    stage.write("log.pub", rekor.key);
    logKey(tools, "other-log", "p256");
    await trustedRoot(tools, "root.json", "log", origin);
    await trustedRoot(tools, "other-root.json", "other-log", origin);
    const registry = await startRegistry("ggcr-registry", tools);
    const image = await push(`${registry}/shop/app:1`, tools, plain);
    await sign("cosign2", image, tools, plain);
    const verify = (
      given: { log?: string; root?: string; image?: string; key?: string; more?: readonly string[] } = {},
    ) => {
      const { log = rekor.url, root = "root.json", key = "release.pub", more = ["--online"] } = given;
      const words = ["verify", "--key", key, "--trusted-root", root, "--rekor-url", log, ...more, given.image ?? image];
      return tools.sallyport(words);
    };
    // Nothing was logged, and the log says so.
    exits(14, await verify(), /no-log-proof/);

    // Cosign's signature is logged later, as anybody may do it.
    const { layer, hash, signature } = await signatureOf(image);
    const log = (of: string, key: string) => logSignature(tools, rekor, { hash, signature: of, key });
    // Another's entry about the same content stands before it.
    const foreign = ["sign-blob", "--key", "other.key", "--yes", "--tlog-upload=false", "payload"];
    const payload = await request(`http://${registry}/v2/shop/app/blobs/${layer}`);
    stage.write("payload", await payload.body.text());
    const env = { COSIGN_PASSWORD: "" };
    await log(succeeds(await stage.run(program("cosign2"), foreign, { env })).out.trim(), "other.pub");
    const missing = await verify();
    exits(14, missing, /no-log-proof[\s\S]*is of this signature/);
    const id = await log(signature, "release.pub");
    const found = await verify({ more: ["--online", "--store", "mirror", "-d"] });
    exits(0, found, /log +rekor\.test #1/);
    const asked = found.err.split("\n").filter((line) => line.startsWith(`POST ${rekor.url}/`));
    assert.is(asked.length, 2, `one search and its entries\n${says(found)}`);
    exits(12, await verify({ key: "other.pub" }), /wrong-key/);
    exits(14, await verify({ root: "other-root.json" }), /bad-log-proof/);

    // Real cosign brings the same log's promise with the signature.
    const carried = await push(`${registry}/shop/carried:1`, tools, plain);
    const upload = ["sign", "--key", "release.key", "--yes", "--rekor-url", rekor.url, ...plain.cosign, carried];
    succeeds(await stage.run(program("cosign2"), upload, { env: { ...env, SIGSTORE_REKOR_PUBLIC_KEY: "log.pub" } }));
    exits(0, await verify({ image: carried, log: "http://127.0.0.1:1" }), /log +rekor\.test #2/);

    // What a log changes in its entries, and the verdict. A body of another hash is not the entry that was asked for.
    const lies: Readonly<Record<string, readonly [exit: number, change: (text: string) => string]>> = {
      "another time": [
        14,
        (text) =>
          text.replace(/"integratedTime":(\d+)/g, (_, time: string) => `"integratedTime":${Number(time) - 86_400}`),
      ],
      "another place": [14, (text) => text.replace(/"logIndex":\d+/g, '"logIndex":7')],
      "another body": [
        5,
        (text) =>
          text.replace(/"body":"([^"]+)"/g, (_, body: string) => {
            const other = Buffer.from(body, "base64").toString().replace(hash, "0".repeat(64));
            return `"body":"${Buffer.from(other).toString("base64")}"`;
          }),
      ],
    };
    for (const [name, [exit, change]] of Object.entries(lies)) {
      const front = await startFront(rekor.url.replace("http://", ""), {
        change: (text, path) => (path.endsWith("/entries/retrieve") ? change(text) : text),
      });
      try {
        const outcome = await verify({ log: `http://${front.host}` });
        assert.is(
          outcome.exit,
          exit,
          `${name}
${says(outcome)}`,
        );
      } finally {
        await front.close();
      }
    }
    // An index that names an entry, and a log that does not give it.
    const silent = await startFront(rekor.url.replace("http://", ""), {
      change: (text, path) => (path.endsWith("/entries/retrieve") ? "[]" : text),
    });
    try {
      exits(5, await verify({ log: `http://${silent.host}` }), /upstream-error/);
    } finally {
      await silent.close();
    }
    assert.match(id, /^[0-9a-f]{80}$/);

    await stage.stopServers();
    // In an outage nobody knows; what was found before is in the mirror.
    exits(0, await verify({ more: ["--store", "mirror"] }), /log +rekor\.test #1/);
    exits(0, await verify({ more: ["--online", "--store", "mirror"] }));
  },
};

const down: Scenario = {
  name: "Rekor v1: an outage of the log is unknown, and no verdict",
  needs: ["cosign2", "cosign3", "ggcr-registry", "crane"],
  async run(tools) {
    logKey(tools, "log", "p256");
    await trustedRoot(tools, "root.json", "log", "rekor.test");
    const registry = await startRegistry("ggcr-registry", tools);
    const image = await push(`${registry}/shop/app:1`, tools, plain);
    await sign("cosign2", image, tools, plain);
    const words = ["verify", "--online", "--key", "release.pub", "--trusted-root", "root.json", image];
    exits(5, await tools.sallyport([...words, "--rekor-url", "http://127.0.0.1:1"]), /unreachable/);
    // A registry is no log.
    exits(5, await tools.sallyport([...words, "--rekor-url", `http://${registry}`]), /cannot be searched by a hash/);
  },
};

export const logScenarios: readonly Scenario[] = [tiles, searched, down];
