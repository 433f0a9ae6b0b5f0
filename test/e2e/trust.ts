/**
 * Trusted roots for others: real cosign initializes from the TUF repository that `serve` hands out, with the repository
 * itself gone, and verifies by what it got.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import * as assert from "uvu/assert";
import { TufRepository } from "../lab/tuf-repository.ts";
import { serveTuf } from "../support/tuf-server.ts";
import { logKey, signIntoTiles, trustedRoot } from "./log-actions.ts";
import { freePort } from "./processes.ts";
import { type Cosign, plain, push, says, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

interface MirroredTrust {
  readonly name: string;
  /** Of `trusted_root.json`. */
  readonly bytes: Uint8Array;
  readonly store: string;
  /** Other targets of the repository, by their paths. */
  readonly others?: Readonly<Record<string, Uint8Array>>;
  /** One of the others that the repository lists and does not have. */
  readonly gone?: string | undefined;
}

/** A TUF repository of a trusted root, from which a mirror takes it; then it is gone. `NAME-tuf.json` is its root. */
export async function mirrorTrust(
  { stage, sallyport }: Tools,
  { name, bytes, store, others = {}, gone }: MirroredTrust,
): Promise<void> {
  const repository = new TufRepository({ seed: name, now: new Date() });
  for (const [path, content] of Object.entries({ "trusted_root.json": bytes, ...others }))
    repository.addTarget(path, content);
  repository.publishRoot();
  repository.publish();
  for (const path of repository.files.keys())
    if (gone !== undefined && path.endsWith(gone)) repository.files.delete(path);
  stage.write(`${name}-tuf.json`, Buffer.from(repository.rootHistory[0] ?? []).toString("utf8"));
  const server = await serveTuf(repository.files);
  try {
    const from = ["--mirror", server.url, "--root", `${name}-tuf.json`];
    const { err } = succeeds(await sallyport(["initialize", "--name", name, ...from, "--store", store]));
    assert.is(/not mirrored/.test(err), gone !== undefined, err);
  } finally {
    await server.close();
  }
}

const npm = "registry.npmjs.org/keys.json";

const initializing = (cosign: Cosign): Scenario => ({
  name: `${cosign} initializes from serve's /tuf/, offline and the repository gone, and verifies by what it got`,
  needs: [cosign, "rekor-tiles", "cosign3", "ggcr-registry", "crane"],
  async run(tools) {
    const { stage, program, main } = tools;
    const origin = "rekor.test";
    for (const name of ["log", "liar"]) {
      logKey(tools, name, "ed25519");
      await trustedRoot(tools, `${name}.json`, name, origin);
    }
    const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      stage.run(program(cosign), words, { env: { COSIGN_PASSWORD: "", ...env } });
    succeeds(await run(["generate-key-pair", "--output-key-prefix", "release"]));
    const registry = await startRegistry("ggcr-registry", tools);
    const image = await push(`${registry}/shop/app:1`, tools, plain);
    await signIntoTiles(tools, image, { log: "log", origin, root: "log.json" });
    for (const [name, file] of [
      ["corp", "log.json"],
      ["other", "liar.json"],
    ] as const)
      await mirrorTrust(tools, {
        name,
        bytes: readFileSync(join(stage.folder, file)),
        store: "mirror",
        // Sigstore's repository has others, too, one of them in a folder.
        others: { "rekor.pub": readFileSync(join(stage.folder, "log.pub")), [npm]: Buffer.from('{"keys":[]}') },
      });

    const host = `127.0.0.1:${await freePort()}`;
    const isReady = async (): Promise<boolean> => (await request(`http://${host}/readyz`)).statusCode === 200;
    const words = [main, "serve", "--offline", "--store", "mirror", "--listen", host];
    await stage.serve(process.execPath, words, isReady);
    const initialize = (name: string, root: string, env: Readonly<Record<string, string>>) =>
      run(["initialize", "--mirror", `http://${host}/tuf/${name}`, "--root", root], env);
    const verify = (env: Readonly<Record<string, string>>, ...more: readonly string[]) => {
      const bundles = cosign === "cosign2" ? ["--new-bundle-format"] : [];
      return run(["verify", "--key", "release.pub", ...bundles, ...plain.cosign, ...more, image], env);
    };
    const cache = (name: string) => ({ TUF_ROOT: join(stage.folder, `${name}-cache`) });
    const [corp, other, wrong] = [cache("corp"), cache("other"), cache("wrong")];
    const said = succeeds(await initialize("corp", "corp-tuf.json", corp));
    assert.not.match(said.err, /Could not fetch trusted_root/, says(said));
    succeeds(await verify(corp));
    // The same signature by the trusted root of another log.
    succeeds(await initialize("other", "other-tuf.json", other));
    assert.is.not((await verify(other)).exit, 0);
    // The metadata is not of the root that the client starts from.
    const refused = await initialize("corp", "other-tuf.json", wrong);
    assert.ok(refused.exit !== 0 || /Could not fetch trusted_root/.test(refused.err), says(refused));
    assert.is.not((await initialize("nobody", "corp-tuf.json", wrong)).exit, 0);

    const keys = await request(`http://${host}/tuf/corp/targets/${npm}`);
    assert.equal([keys.statusCode, await keys.body.text()], [200, '{"keys":[]}']);
    const file = await request(`http://${host}/trust/corp/trusted_root.json`);
    stage.write("fetched.json", await file.body.text());
    succeeds(await verify(cache("none"), "--trusted-root", "fetched.json"));
  },
});

/** Kyverno's client loads every target that is listed, and begins with none of them missing. */
const loadingAll: Scenario = {
  name: "Kyverno's TUF client initializes from serve's /tuf/, which has all that the repository lists",
  needs: ["kyverno"],
  async run(tools) {
    const { stage, program, main } = tools;
    const others = { "rekor.pub": Buffer.from("a key"), [npm]: Buffer.from('{"keys":[]}') };
    for (const [name, gone] of [
      ["whole", undefined],
      ["lacking", "keys.json"],
    ] as const)
      await mirrorTrust(tools, { name, bytes: Buffer.from("{}"), store: "mirror", others, gone });
    const host = `127.0.0.1:${await freePort()}`;
    const isReady = async (): Promise<boolean> => (await request(`http://${host}/healthz`)).statusCode === 200;
    const words = [main, "serve", "--offline", "--store", "mirror", "--listen", host];
    await stage.serve(process.execPath, words, isReady);
    const begin = (name: string) =>
      stage.run(program("kyverno"), ["version"], {
        env: {
          TUF_MIRROR: `http://${host}/tuf/${name}`,
          TUF_INITIAL_ROOT: `${name}-tuf.json`,
          TUF_ROOT: join(stage.folder, `${name}-kyverno`),
        },
      });
    succeeds(await begin("whole"));
    const lacking = await begin("lacking");
    assert.is.not(lacking.exit, 0, says(lacking));
    assert.match(lacking.err, /TUF: /, says(lacking));
  },
};

export const trustScenarios: readonly Scenario[] = [initializing("cosign3"), initializing("cosign2"), loadingAll];
