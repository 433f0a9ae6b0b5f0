/**
 * Two sides without a route between them: one asks a real registry and exports, the other runs in a network namespace
 * of its own, imports what was carried, and decides the same. Then each fault once.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { policyOf } from "./offline.ts";
import type { Outcome } from "./processes.ts";
import { exits, plain, push, says, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

/** Whether this machine lets a process have a network of its own, in which there is nothing. */
const hasNamespaces = (): boolean => spawnSync("unshare", ["-rn", "true"]).status === 0;

/** The far side: no address leads anywhere, not even the loopback of this machine. */
export const farSide =
  ({ stage, main, sallyport }: Tools) =>
  (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
    hasNamespaces() ? stage.run("unshare", ["-rn", process.execPath, main, ...words], { env }) : sallyport(words, env);

export function makeKey(name: string, folder: string): void {
  const path = join(folder, `${name}.key`);
  execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path], { stdio: "ignore" });
  const pem = execFileSync("openssl", ["ec", "-in", path, "-pubout"], { stdio: ["ignore", "pipe", "ignore"] });
  writeFileSync(join(folder, `${name}.pub`), pem);
}

export const podOf = (image: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [{ name: "c", image }] },
  });

export const crossingScenarios: readonly Scenario[] = [
  {
    name: "crossing: sync, export, carry, import, and the same decisions on both sides",
    needs: ["distribution", "crane", "cosign3"],
    async run(tools) {
      const { stage, sallyport: near, program } = tools;
      const far = farSide(tools);
      const at = (name: string): string => join(stage.folder, name);
      const host = await startRegistry("distribution", tools);
      const images = { signed: `${host}/shop/app:signed`, unsigned: `${host}/shop/app:unsigned` };
      const signed = await push(images.signed, tools, plain);
      await sign("cosign3", signed, tools, plain);
      await push(images.unsigned, tools, plain);
      for (const name of ["archive", "stranger"]) makeKey(name, stage.folder);
      stage.write("policy.json", policyOf(host, readFileSync(at("release.pub"), "utf8")));
      for (const [name, image] of Object.entries(images)) stage.write(`${name}.json`, podOf(image));
      mkdirSync(at("usb"));

      const sync = async (...words: readonly string[]) =>
        succeeds(await near(["mirror", "sync", ...words, "--store", "near", "--complete"]));
      const exported = async (name: string, ...words: readonly string[]) =>
        succeeds(await near(["export", "-f", name, "--key", "archive.key", "--store", "near", ...words]));
      /** In the smallest parts into which the lists fit. */
      const inParts = async (name: string): Promise<readonly string[]> => {
        for (let kib = 12; ; kib += 4) {
          const words = ["export", "-f", name, "--key", "archive.key", "--store", "near", "--chunk-size", `${kib}KiB`];
          const outcome = await near(words);
          if (outcome.exit === 2 && kib < 64) continue;
          succeeds(outcome);
          const parts = readdirSync(stage.folder).filter((file) => file.startsWith(`${name}.`));
          assert.ok(parts.length > 1, `${kib} KiB: ${parts.join(" ")}`);
          return parts;
        }
      };
      const carry = (name: string, as = name): string => {
        copyFileSync(at(name), at(`usb/${as}`));
        return `usb/${as}`;
      };
      const imports = (...words: readonly string[]) => far(["import", "--store", "far", ...words]);
      const idOf = async (run: typeof far, store: string): Promise<string> =>
        JSON.parse(succeeds(await run(["mirror", "status", "--store", store, "-o", "json"])).out).contentId;
      const decided = async (run: typeof far, store: string, pod: string) =>
        run(["apply", "policy.json", "-r", `${pod}.json`, "--store", store]);
      const agree = async (): Promise<void> => {
        assert.is(await idOf(far, "far"), await idOf(near, "near"));
        for (const pod of Object.keys(images)) {
          const [here, there] = [await decided(near, "near", pod), await decided(far, "far", pod)];
          assert.equal([there.exit, there.out], [here.exit, here.out], says(there));
        }
      };

      await sync(images.signed);
      await exported("monday.tar");
      exits(2, await imports(carry("monday.tar")), /--key/);
      succeeds(await imports("usb/monday.tar", "--key", "archive.pub"));
      await agree();
      exits(0, await decided(far, "far", "signed"));
      exits(1, await decided(far, "far", "unsigned"), /not-in-mirror|could not decide/);

      await sync(images.signed, images.unsigned);
      await exported("tuesday.tar", "--since", "1");
      succeeds(await imports(carry("tuesday.tar")));
      await agree();
      exits(1, await decided(far, "far", "unsigned"), /signature not found/);

      // Each fault once: its code, and the far side as it was.
      const before = await idOf(far, "far");
      const refused = async (code: RegExp, ...words: readonly string[]): Promise<void> => {
        const outcome = await imports(...words);
        exits(6, outcome, code);
        assert.match(outcome.err, "fix:");
        assert.is(await idOf(far, "far"), before);
      };
      await push(`${host}/shop/app:more`, tools, plain);
      await sync(images.signed, images.unsigned, `${host}/shop/app:more`);
      await refused(/archive-sequence/, "usb/tuesday.tar");
      await refused(/archive-sequence/, "usb/monday.tar");
      await exported("lost.tar", "--since", "2");
      await exported("thursday.tar", "--since", "3");
      await refused(/archive-sequence/, carry("thursday.tar"));
      await exported("friday.tar");
      await refused(/archive-signature/, carry("friday.tar"), "--key", "stranger.pub");
      const whole = readFileSync(at("friday.tar"));
      writeFileSync(at("usb/cut.tar"), whole.subarray(0, whole.length - 5000));
      await refused(/archive-corrupt/, "usb/cut.tar");
      const changed = Buffer.from(whole);
      changed[whole.length - 5000] = (changed[whole.length - 5000] ?? 0) ^ 1;
      writeFileSync(at("usb/changed.tar"), changed);
      await refused(/archive-corrupt/, "usb/changed.tar");
      const parts = await inParts("parts.tar");
      const arrived = parts.map((name) => carry(name));
      await refused(/archive-incomplete/, ...arrived.slice(1));
      await refused(/archive-incomplete/, ...arrived.slice(0, -1), arrived[0] ?? "");
      const [other = ""] = await inParts("others.tar");
      await refused(/archive-incomplete/, carry(other), ...arrived.slice(1));
      // Another exporter with an accepted key: neither its next archive nor its change of what it has belongs here.
      succeeds(await near(["mirror", "sync", images.unsigned, "--store", "others"]));
      const others = ["export", "--key", "archive.key", "--store", "others"];
      succeeds(await near([...others, "-f", "foreign.tar"]));
      await push(`${host}/shop/app:others`, tools, plain);
      succeeds(await near(["mirror", "sync", `${host}/shop/app:others`, "--store", "others"]));
      succeeds(await near([...others, "-f", "foreign-delta.tar", "--since", "1"]));
      await refused(/archive-sequence/, carry("foreign.tar"));
      await refused(/archive-sequence/, carry("foreign-delta.tar"));
      // The same under a number that would come next: it changes an archive that is not here.
      for (let number = 3; number <= 5; number++) succeeds(await near([...others, "-f", "next.tar", "--since", "1"]));
      await refused(/archive-sequence/, carry("next.tar"));

      // Two at once: one of them waits for nobody and says so, and what was imported is whole.
      const both = await Promise.all([imports(...arrived), imports(...arrived)]);
      const [first, second] = both.toSorted((one, other) => (one.exit ?? 9) - (other.exit ?? 9));
      succeeds(first as Outcome);
      exits(6, second as Outcome, /mirror-busy|archive-sequence/);
      await agree();
      // What was damaged since comes again with the archive that brought it.
      exits(6, await imports(...arrived), /archive-sequence/);
      const sql = "const d=new(require(process.argv[1]))('far/mirror.db');d.exec(process.argv[2])";
      const sqlite = createRequire(import.meta.url).resolve("better-sqlite3");
      succeeds(await stage.run(process.execPath, ["-e", sql, sqlite, "DELETE FROM answer WHERE kind = 'tag'"]));
      exits(1, await decided(far, "far", "signed"), /not-in-mirror/);
      exits(0, await imports(...arrived), /put back/);
      await agree();

      // Killed in the middle: as before or as after, and the next one goes on.
      await push(`${host}/shop/app:last`, tools, plain);
      await sync(images.signed, images.unsigned, `${host}/shop/app:more`, `${host}/shop/app:last`);
      await exported("killed.tar");
      const [was, willBe] = [await idOf(far, "far"), await idOf(near, "near")];
      for (const ms of [100, 200, 300, 400, 600]) {
        const words = ["-s", "KILL", String(ms / 1000), process.execPath, tools.main];
        await stage.run("timeout", [...words, "import", carry("killed.tar"), "--store", "far"]);
        const id = await idOf(far, "far");
        assert.ok([was, willBe].includes(id), `${ms} ms: ${id}`);
      }
      if ((await idOf(far, "far")) === was) succeeds(await imports("usb/killed.tar"));
      await agree();

      // What the far side's own policies refute is put aside on the way in.
      await exported("judged.tar");
      const judged = await far([
        "import",
        carry("judged.tar"),
        "--store",
        "judge",
        "--key",
        "archive.pub",
        "--verify",
        "--policies",
        "policy.json",
      ]);
      exits(7, judged, /quarantined/);
      exits(1, await far(["apply", "policy.json", "-r", "unsigned.json", "--store", "judge"]), /distrusted/);
      exits(0, await far(["apply", "policy.json", "-r", "signed.json", "--store", "judge"]));

      // The same image as real cosign saves it.
      succeeds(await stage.run(program("cosign3"), ["save", "--dir", "usb/saved", ...plain.cosign, images.signed]));
      succeeds(await far(["import", "--store", "tools", "--complete", `${images.signed}=usb/saved`]));
      exits(0, await far(["apply", "policy.json", "-r", "signed.json", "--store", "tools"]));
    },
  },
];
