/**
 * Logs that grow between two archives: the proof is asked of a real Rekor of either version, verified, carried, and
 * checked on the other side of the gap. A log that is down, lies, or was reset is said, with a code.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { farSide, makeKey } from "./crossing.ts";
import { type Front, type FrontRules, startFront } from "./fronts.ts";
import {
  logKey,
  logSignature,
  logStrangers,
  signatureOf,
  signInto,
  startRekor,
  startRekorTiles,
  trustedRoot,
} from "./log-actions.ts";
import type { Outcome } from "./processes.ts";
import { exits, plain, push, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

const origin = "rekor.test";

/** What both versions have in common here. */
interface Log {
  /** What evidence must be asked for, if it does not carry it. */
  readonly flags: readonly string[];
  readonly sign: (image: string) => Promise<void>;
  readonly grow: (count: number) => Promise<void>;
  /** Where proofs are asked for. */
  readonly reads: string;
  /** A front before it that changes what proofs are made of. */
  readonly lie: FrontRules;
}

interface Growth {
  readonly firstSize: string;
  readonly secondSize: string;
  readonly proved: boolean;
  readonly reason?: string;
}

const shown = ({ firstSize, secondSize, proved, reason }: Growth) => [firstSize, secondSize, proved, reason];

/** The near side with a registry and a key, and the far side without a route. */
async function openSides(tools: Tools) {
  const { stage, sallyport: near, program } = tools;
  const far = farSide(tools);
  const host = await startRegistry("ggcr-registry", tools);
  makeKey("archive", stage.folder);
  const keyPair = ["generate-key-pair", "--output-key-prefix", "release"];
  succeeds(await stage.run(program("cosign3"), keyPair, { env: { COSIGN_PASSWORD: "" } }));
  const documentOf = <T>(outcome: Outcome): T => JSON.parse(succeeds(outcome).out) as T;
  const exporting = (store: string, file: string, ...words: readonly string[]) =>
    near(["export", "-f", file, "--key", "archive.key", "--store", store, ...words]);
  return {
    /** Signs an image into the log, and verifies it with the log's proof, from then on in the mirror. */
    async logged(name: string, log: Log, store = "near"): Promise<string> {
      const image = await push(`${host}/shop/${name}:1`, tools, plain);
      await log.sign(image);
      const words = ["verify", "--online", "--key", "release.pub", "--store", store, ...log.flags, image];
      exits(0, await near(words), /log +rekor\.test/);
      return image;
    },
    exporting,
    async grown(store: string, file: string, ...words: readonly string[]): Promise<readonly Growth[]> {
      const told = await exporting(store, file, "-o", "json", ...words);
      return documentOf<{ readonly logs?: readonly Growth[] }>(told).logs ?? [];
    },
    imports: (file: string, ...words: readonly string[]) => far(["import", file, "--store", "far", ...words]),
    async checked(file: string): Promise<readonly Growth[]> {
      const told = await far(["import", file, "--store", "far", "-o", "json"]);
      const { archives } = documentOf<{ readonly archives: readonly { readonly logs?: readonly Growth[] }[] }>(told);
      return archives.flatMap(({ logs = [] }) => logs);
    },
    decides: (image: string, { flags }: Log) =>
      far(["verify", "--key", "release.pub", "--store", "far", ...flags, image]),
    async sizeAt(store: string): Promise<string> {
      const told = await far(["mirror", "status", "--store", store, "-o", "json"]);
      return documentOf<{ readonly checkpoints: readonly { readonly size: string }[] }>(told)
        .checkpoints.map(({ size }) => size)
        .join(" ");
    },
  };
}

/** The whole way of one log; returns how to go on. */
async function carryProofs(tools: Tools, log: Log) {
  const sides = await openSides(tools);
  succeeds(await tools.sallyport(["trust", "import", "root.json", "--store", "near"]));
  await log.grow(2);
  await sides.logged("first", log);
  assert.equal(await sides.grown("near", "one.tar", "--online", "--log-url", log.reads), []);
  succeeds(await sides.imports("one.tar", "--key", "archive.pub"));
  assert.is(await sides.sizeAt("far"), "3");

  await log.grow(5);
  const second = await sides.logged("second", log);
  const asking = async (...words: readonly string[]): Promise<string> => {
    const [found] = await sides.grown("near", "none.tar", "--since", "1", "--dry-run", ...words);
    assert.equal([found?.firstSize, found?.secondSize, found?.proved], ["3", "9", false], JSON.stringify(found));
    return found?.reason ?? "";
  };
  assert.match(await asking(), "export --online");
  // The address that the trusted root names leads nowhere.
  assert.match(await asking("--online"), /\[(unreachable|timed-out)\] https:\/\/rekor\.test/);
  assert.match(await asking("--online", "--log-url", "http://127.0.0.1:1"), "[unreachable]");
  const liar = await startFront(log.reads.replace("http://", ""), log.lie);
  try {
    assert.match(await asking("--online", "--log-url", `http://${liar.host}`), "[bad-log-proof]");
    const told = await sides.exporting("near", "lied.tar", "--dry-run", "--online", "--log-url", `http://${liar.host}`);
    exits(0, told, /bad-log-proof/);
  } finally {
    await liar.close();
  }
  const proved = [["3", "9", true, undefined]];
  const made = await sides.grown("near", "two.tar", "--since", "1", "--online", "--log-url", log.reads);
  assert.equal(made.map(shown), proved, JSON.stringify(made));
  assert.equal((await sides.checked("two.tar")).map(shown), proved);
  assert.is(await sides.sizeAt("far"), "9");
  exits(0, await sides.decides(second, log), /log +rekor\.test/);
  return sides;
}

const fromServer: Scenario = {
  name: "Rekor v1: that it only grew is proved by itself, carried, and checked on the other side",
  needs: ["rekor", "cosign3", "cosign2", "ggcr-registry", "crane"],
  async run(tools) {
    const { stage, program } = tools;
    const rekor = await startRekor(tools, origin);
    stage.write("log.pub", rekor.key);
    await trustedRoot(tools, "root.json", "log", origin);
    const log: Log = {
      reads: rekor.url,
      flags: ["--rekor-url", rekor.url],
      async sign(image) {
        const words = ["sign", "--key", "release.key", "--yes", "--tlog-upload=false", ...plain.cosign, image];
        succeeds(await stage.run(program("cosign2"), words, { env: { COSIGN_PASSWORD: "" } }));
        const { hash, signature } = await signatureOf(image);
        await logSignature(tools, rekor, { hash, signature, key: "release.pub" });
      },
      grow: (count) => logStrangers(tools, rekor, count),
      lie: {
        change: (text, path) =>
          path.startsWith("/api/v1/log/proof") ? text.replace(/"[0-9a-f]{64}"/, `"${"0".repeat(64)}"`) : text,
      },
    };
    const sides = await carryProofs(tools, log);
    // A log that was made again has another tree: it knows nothing of the one that is asked for.
    const again = await startRekor(tools, origin);
    await log.grow(1);
    await sides.logged("third", log);
    const [lost] = await sides.grown(
      "near",
      "none.tar",
      "--since",
      "2",
      "--dry-run",
      "--online",
      "--log-url",
      again.url,
    );
    assert.is(lost?.proved, false);
    assert.match(lost?.reason ?? "", /\[upstream-error\] http:/);
    await stage.stopServers();
    const [down] = await sides.grown("near", "three.tar", "--since", "2", "--online", "--log-url", log.reads);
    assert.match(down?.reason ?? "", "[unreachable]");
    // Without proof the other side knows that it is larger, and says so.
    exits(0, await sides.imports("three.tar"), /from 9 to 11 entries, no proof/);
  },
};

/** The log, and after it one that was reset under the same key. */
async function readAnew(tools: Tools, open: (tree: string) => Promise<Log>): Promise<void> {
  const sides = await carryProofs(tools, await open("log"));

  // The same key signs the tree of a log that was reset. Whoever sees only that one exports it in good faith.
  const anew = await open("anew");
  succeeds(await tools.sallyport(["trust", "import", "root.json", "--store", "fooled"]));
  const refused = async (file: string, why: RegExp): Promise<void> => {
    exits(3, await sides.imports(file, "--restart"), why);
    assert.is(await sides.sizeAt("far"), "9");
  };
  await anew.grow(3);
  await sides.logged("anew-1", anew, "fooled");
  await sides.grown("fooled", "smaller.tar");
  await refused("smaller.tar", /rollback[\s\S]*a checkpoint of 4 entries after one of 9/);
  await anew.grow(4);
  await sides.logged("anew-2", anew, "fooled");
  await sides.grown("fooled", "same.tar");
  await refused("same.tar", /rollback[\s\S]*two different logs of 9 entries/);
  await anew.grow(2);
  await sides.logged("anew-3", anew, "fooled");
  const growth = await sides.grown("fooled", "larger.tar", "--online", "--log-url", anew.reads);
  assert.equal(growth.map(shown), [["9", "12", true, undefined]]);
  await refused("larger.tar", /rollback[\s\S]*the log does not hold what it held here/);

  // Whoever has the log of before learns it from the log's own tiles, before anything is carried.
  await sides.logged("anew-4", anew);
  const asking = ["--since", "2", "--dry-run", "--online", "--log-url", anew.reads];
  const [told] = await sides.grown("near", "none.tar", ...asking);
  assert.is(told?.proved, false);
  assert.match(told?.reason ?? "", "[bad-log-proof]");
}

const fromTiles: Scenario = {
  name: "Rekor v2: that it only grew is computed from its tiles, carried, and checked; a log that was reset",
  needs: ["rekor-tiles", "cosign3", "ggcr-registry", "crane"],
  async run(tools) {
    logKey(tools, "log", "ed25519");
    await trustedRoot(tools, "root.json", "log", origin);
    const fronts: Front[] = [];
    const open = async (tree: string): Promise<Log> => {
      const url = await startRekorTiles(tools, "log", origin, tree);
      // The server only writes: who reads is given the files of its storage, by a bucket or a web server.
      const files = join(tools.stage.folder, `${tree}-tiles`);
      const front = await startFront(url.replace("http://", ""), {
        before(request, response) {
          const path = request.url?.replace("/api/v2/", "") ?? "";
          if (!/^tile\/[0-9]\/[0-9x/]+(\.p\/[0-9]+)?$/.test(path)) return true;
          const file = join(files, path);
          if (existsSync(file)) response.end(readFileSync(file));
          else response.writeHead(404).end();
          return false;
        },
      });
      fronts.push(front);
      return {
        reads: `http://${front.host}`,
        flags: [],
        sign: (image) => signInto(tools, image, { url, config: tree, root: "root.json" }),
        grow: (count) => logStrangers(tools, url, count),
        lie: {
          before(request, response) {
            const isTile = request.url?.startsWith("/api/v2/tile/") === true;
            if (isTile) response.end(Buffer.alloc(256 * 32, 7));
            return !isTile;
          },
        },
      };
    };
    try {
      await readAnew(tools, open);
    } finally {
      for (const front of fronts) await front.close();
    }
  },
};

export const proofScenarios: readonly Scenario[] = [fromServer, fromTiles];
