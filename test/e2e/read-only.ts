/**
 * A mirror that cannot be written: on a disk that is mounted for reading, and in a folder in which the user may not
 * write. Everything decides as before, offline and online, and the folder stays as it is.
 */
import { createHash } from "node:crypto";
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import * as assert from "uvu/assert";
import { policyOf } from "./offline.ts";
import { freePort, type Outcome } from "./processes.ts";
import { exits, plain, push, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

/** How a command is run that finds the mirror so, and what is done to the folder before. */
interface Way {
  readonly name: string;
  readonly before: (folder: string) => void;
  /** Words in front of a command; `folder` is the mirror's. */
  readonly words: (folder: string) => readonly string[];
}

const ways: readonly Way[] = [
  {
    name: "mounted for reading",
    before: () => undefined,
    words: (folder) => [
      "-rm",
      "sh",
      "-c",
      `mount --bind "${folder}" "${folder}" && mount -o remount,bind,ro "${folder}" && exec "$@"`,
      "sh",
    ],
  },
  {
    // In a namespace of its own without a right beyond those of the file's modes, whoever runs this.
    name: "without write rights",
    before: (folder) => {
      for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444);
      chmodSync(folder, 0o555);
    },
    words: () => ["--user", "--map-user=1000", "--map-group=1000"],
  },
];

const contentOf = (folder: string): readonly string[] =>
  readdirSync(folder)
    .sort()
    .map(
      (name) =>
        `${name} ${createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex")}`,
    );

const reading = ({ name, before, words }: Way): Scenario => ({
  name: `a mirror ${name}: verify, apply and serve decide as before, offline and online`,
  needs: ["unshare", "ggcr-registry", "crane", "cosign3"],
  async run(tools: Tools) {
    const { stage, program, main, sallyport } = tools;
    const host = await startRegistry("ggcr-registry", tools);
    const signed = await push(`${host}/shop/app:signed`, tools, plain);
    await sign("cosign3", signed, tools, plain);
    await push(`${host}/shop/app:unsigned`, tools, plain);
    await push(`${host}/shop/app:late`, tools, plain);
    stage.write("policy.json", policyOf(host, readFileSync(join(stage.folder, "release.pub"), "utf8")));
    for (const tag of ["signed", "unsigned", "late"]) {
      const containers = [{ name: "c", image: `${host}/shop/app:${tag}` }];
      stage.write(
        `${tag}.json`,
        JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: tag }, spec: { containers } }),
      );
    }
    const verify = ["verify", "--key", "release.pub", "--insecure-ignore-tlog", "--store", "mirror"];
    stage.write("images.txt", ["signed", "unsigned"].map((tag) => `${host}/shop/app:${tag}\n`).join(""));
    succeeds(await sallyport(["mirror", "sync", "-f", "images.txt", "--store", "mirror"]));
    const folder = join(stage.folder, "mirror");
    before(folder);
    try {
      const there = contentOf(folder);
      const within = (given: readonly string[]) => [...words(folder), process.execPath, main, ...given];
      const run = (...given: readonly string[]): Promise<Outcome> => stage.run(program("unshare"), within(given));
      // It is so indeed: what must write is refused.
      exits(2, await run("mirror", "gc", "--store", "mirror"), /cannot be written/);
      const apply = (tag: string, ...more: readonly string[]) =>
        run("apply", "policy.json", "-r", `${tag}.json`, "--store", "mirror", ...more);
      for (const mode of ["--offline", "--online"]) {
        exits(0, await run(...verify, mode, `${host}/shop/app:signed`), /found at/);
        exits(10, await run(...verify, mode, `${host}/shop/app:unsigned`), /no-signature/);
        exits(0, await apply("signed", mode), /pass: 2, fail: 0/);
        exits(1, await apply("unsigned", mode), /signature not found/);
      }
      exits(5, await run(...verify, "--offline", `${host}/shop/app:late`), /not-in-mirror/);
      // What is asked is used, and not kept.
      exits(10, await run(...verify, "--online", `${host}/shop/app:late`), /no-signature/);
      exits(5, await run(...verify, "--offline", `${host}/shop/app:late`), /not-in-mirror/);
      const address = `127.0.0.1:${await freePort()}`;
      const serve = ["serve", "--store", "mirror", "--listen", address, "--upstream", host];
      // Who pulls through counts on it that the mirror keeps what was pulled.
      exits(2, await run(...serve, "--online"), /cannot be written/);
      const isReady = async (): Promise<boolean> => (await request(`http://${address}/readyz`)).statusCode === 200;
      await stage.serve(program("unshare"), within([...serve, "--offline"]), isReady);
      const status = async (tag: string): Promise<number> => {
        const { statusCode, body } = await request(`http://${address}/v2/shop/app/manifests/${tag}?ns=${host}`);
        await body.dump();
        return statusCode;
      };
      assert.equal([await status("signed"), await status("late")], [200, 503]);
      await stage.stopServers();
      assert.equal(contentOf(folder), there, "nothing was written");
    } finally {
      chmodSync(folder, 0o755);
    }
  },
});

export const readOnlyScenarios: readonly Scenario[] = ways.map(reading);
