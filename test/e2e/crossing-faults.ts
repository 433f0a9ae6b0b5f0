/**
 * Faults of the machines on both sides of a gap: a disk that is full, and clocks that were set back. Each has its code
 * and what to do, and the mirror is as it was before.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { farSide, makeKey, podOf } from "./crossing.ts";
import { policyOf } from "./offline.ts";
import type { Outcome } from "./processes.ts";
import { exits, plain, push, says, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

const hour = 3_600_000;

/** The environment of a program on a machine whose clock is this far behind. */
function clockBehind({ stage }: Tools, hours: number): Readonly<Record<string, string>> {
  const file = join(stage.folder, `clock-${hours}.mjs`);
  writeFileSync(
    file,
    `const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() - ${hours * hour}] : given));
  }
  static now() {
    return RealDate.now() - ${hours * hour};
  }
};
`,
  );
  return { NODE_OPTIONS: `--import=${file}` };
}

/** Two sides with one signed image, of which archive 1 has crossed, and another that has not. */
async function begun(tools: Tools) {
  const { stage, sallyport: near } = tools;
  const far = farSide(tools);
  const at = (name: string): string => join(stage.folder, name);
  const host = await startRegistry("distribution", tools);
  const image = `${host}/shop/app:signed`;
  await sign("cosign3", await push(image, tools, plain), tools, plain);
  makeKey("archive", stage.folder);
  stage.write("policy.json", policyOf(host, readFileSync(at("release.pub"), "utf8")));
  stage.write("pod.json", podOf(image));
  const exporting = ["export", "--key", "archive.key", "--store", "near"];
  succeeds(await near(["mirror", "sync", image, "--store", "near", "--complete"]));
  succeeds(await near([...exporting, "-f", "monday.tar"]));
  succeeds(await far(["import", "monday.tar", "--store", "far", "--key", "archive.pub"]));
  await push(`${host}/shop/app:more`, tools, plain);
  succeeds(await near(["mirror", "sync", image, `${host}/shop/app:more`, "--store", "near", "--complete"]));
  const idOf = async (run: typeof far, store: string): Promise<string> =>
    JSON.parse(succeeds(await run(["mirror", "status", "--store", store, "-o", "json"])).out).contentId;
  return { near, far, at, exporting, idOf };
}

/** A command on a disk of so many KiB, and what is there then. */
interface OnDisk {
  readonly outcome: Outcome;
  readonly left: string;
}

/**
 * Runs a command of the program in a namespace without a route, where `disk` is a file system of this size that begins
 * with what the folder `filled` holds; then `look`, a command of the shell, says what is left.
 */
async function onDisk(
  { stage, main }: Tools,
  { kib, filled, words, look }: { kib: number; filled: string; words: readonly string[]; look: string },
): Promise<OnDisk> {
  const script =
    'mount -t tmpfs -o "size=$1k" tmpfs disk && cp -a "$2/." disk/ || exit 99\n' +
    `look=$3; shift 3\n"$@"; code=$?\neval "$look" > left.txt 2> noted.txt; exit $code\n`;
  mkdirSync(join(stage.folder, "disk"), { recursive: true });
  const program = [process.execPath, main];
  const shell = ["sh", "-c", script, "sh", String(kib), filled, look.replaceAll("SALLYPORT", program.join(" "))];
  const outcome = await stage.run("unshare", ["-rnm", ...shell, ...program, ...words]);
  assert.is.not(outcome.exit, 99, says(outcome));
  return { outcome, left: readFileSync(join(stage.folder, "left.txt"), "utf8") };
}

const needs = ["unshare", "distribution", "crane", "cosign3"] as const;

export const crossingFaultScenarios: readonly Scenario[] = [
  {
    name: "crossing: a disk that is full, on the stick and on the far side",
    needs,
    async run(tools) {
      const { near, far, at, exporting, idOf } = await begun(tools);
      const [was, willBe] = [await idOf(far, "far"), await idOf(near, "near")];
      // A stick without room for the archive: nothing of it is left there, and no number is used up for the far side.
      mkdirSync(at("empty"));
      const words = [...exporting, "-f", "disk/week.tar"];
      const stick = await onDisk(tools, { kib: 16, filled: "empty", words, look: "ls -A disk" });
      exits(2, stick.outcome, /week[.]tar: the disk is full.*fix:/s);
      assert.is(stick.left, "");
      succeeds(await near([...exporting, "-f", "week.tar"]));

      // Disks that are a little larger each time: each is full at another write, until one has room.
      const look = "SALLYPORT mirror status --store disk -o json && SALLYPORT mirror check --store disk > check.txt";
      const importing = ["import", "week.tar", "--store", "disk"];
      const used = Math.ceil(readFileSync(at("far/mirror.db")).length / 1024);
      let [full, hasRoom] = [0, false];
      for (let kib = used + 48; !hasRoom && kib < used + 8192; kib += Math.max(32, (kib - used) >> 1)) {
        const { outcome, left } = await onDisk(tools, { kib, filled: "far", words: importing, look });
        hasRoom = outcome.exit === 0;
        if (!hasRoom) {
          exits(6, outcome, /mirror-busy.*disk is full.*fix:/s);
          full += 1;
        }
        assert.is(JSON.parse(left).contentId, hasRoom ? willBe : was, `${kib} KiB: ${left}`);
        assert.match(readFileSync(at("check.txt"), "utf8"), "nothing is damaged");
      }
      assert.ok(hasRoom && full > 0, `full ${full} times`);
      // The side itself was left alone; with room the same file is taken.
      assert.is(await idOf(far, "far"), was);
      succeeds(await far(["import", "week.tar", "--store", "far"]));
      assert.is(await idOf(far, "far"), willBe);
      exits(0, await far(["apply", "policy.json", "-r", "pod.json", "--store", "far"]));
    },
  },
  {
    name: "crossing: a clock that was set back, on either side",
    needs,
    async run(tools) {
      const { near, far, exporting, idOf } = await begun(tools);
      const [was, willBe] = [await idOf(far, "far"), await idOf(near, "near")];
      succeeds(await near([...exporting, "-f", "week.tar"]));
      const imports = (name: string, env: Readonly<Record<string, string>> = {}) =>
        far(["import", name, "--store", "far"], env);

      // By a clock that is days behind the archive is of the future: nobody can tell how old anything is.
      exits(6, await imports("week.tar", clockBehind(tools, 72)), /archive-sequence.*clock-behind/s);
      assert.is(await idOf(far, "far"), was);
      // Some hours are said, and what was signed in order is taken.
      exits(0, await imports("week.tar", clockBehind(tools, 5)), /clock-behind/);
      assert.is(await idOf(far, "far"), willBe);
      // What is decided afterwards says it too, and nothing is fresher by it.
      const status = ["status", "--store", "far", "-o", "json"];
      const by = async (env: Readonly<Record<string, string>> = {}) => JSON.parse((await far(status, env)).out);
      assert.match(JSON.stringify(await by(clockBehind(tools, 72))), "clock-behind");
      assert.not.match(JSON.stringify(await by()), "clock-behind");

      // On the near side: an archive that says that it was made before the one before it. Numbers are the order.
      exits(0, await near([...exporting, "-f", "back.tar"], clockBehind(tools, 72)), /clock-behind|back[.]tar/);
      exits(0, await imports("back.tar"), /clock-behind/);
      assert.is(await idOf(far, "far"), willBe);
      exits(6, await imports("week.tar"), /archive-sequence/);
      exits(0, await far(["apply", "policy.json", "-r", "pod.json", "--store", "far"]));
    },
  },
];
