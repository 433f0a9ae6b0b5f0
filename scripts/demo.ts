/**
 * `npm run demo`: the main job in one go, offline. Images that cosign signed are brought into a mirror, the
 * documentation's policies decide about Pods that use them, and one decision is explained. Every step has an expected
 * outcome, and the demo fails where it does not come true.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { buildDist } from "./build.ts";
import { makeDemoFolder } from "./demo-folder.ts";
import { type Step, steps } from "./demo-steps.ts";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
const folder = join(root, ".demo");
/** Lines of an answer that are shown; the middle of longer ones is left out. */
const mostLines = 30;

const colour = (process.stdout.isTTY === true || (process.env.FORCE_COLOR ?? "0") !== "0") && !process.env.NO_COLOR;
const paint =
  (code: number) =>
  (text: string): string =>
    colour ? `\u001b[${code}m${text}\u001b[0m` : text;
const [bold, dim, red, green, cyan] = [paint(1), paint(2), paint(31), paint(32), paint(36)] as const;
const say = (text = ""): void => void process.stdout.write(`${text}\n`);

// Nothing of the caller's own store or colours may change what the demo shows.
const {
  SALLYPORT_STORE: _store,
  SALLYPORT_TRUSTED_ROOT: _root,
  COSIGN_REPOSITORY: _repository,
  FORCE_COLOR: _colour,
  ...environment
} = process.env;
const env = { ...environment, SALLYPORT_STORE: "mirror", ...(colour ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) };

function shorten(text: string): string {
  const lines = text.trim().split("\n");
  if (lines.length <= mostLines) return lines.join("\n");
  return [...lines.slice(0, 3), dim(`… ${lines.length - 6} more lines …`), ...lines.slice(-3)].join("\n");
}

/** The faults of a step's outcome. */
function faultsOf(step: Step, exit: number | null, text: string): readonly string[] {
  // Long lines of text are broken at spaces.
  const flat = (words: string): string => words.replace(/\s+/g, " ");
  const faults = step.shows
    .filter((wanted) => !flat(text).includes(flat(wanted)))
    .map((wanted) => `the output lacks ${JSON.stringify(wanted)}`);
  return exit === step.exit ? faults : [`exit code ${exit} in place of ${step.exit}`, ...faults];
}

/** Shows the image of an admitted resource. Returns what is wrong with it. */
function showAdmitted(file: string): readonly string[] {
  const path = join(folder, file);
  const line = existsSync(path) ? /image: .*@sha256:[0-9a-f]{64}/.exec(readFileSync(path, "utf8"))?.[0] : undefined;
  if (line === undefined) return [`${file} has no image with a digest`];
  say(`${cyan(`$ grep image: ${file}`)}\n      ${line}`);
  return [];
}

function play(step: Step, number: number): boolean {
  say(`\n${bold(`${number}. ${step.title}`)}\n${dim(step.why)}\n${cyan(`$ sallyport ${step.words.join(" ")}`)}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "dist/sallyport.mjs"), ...step.words], {
    cwd: folder,
    encoding: "utf8",
    env,
  });
  for (const text of [stdout, stderr]) if (text.trim() !== "") say(shorten(text));
  const faults = [
    ...faultsOf(step, status, stripVTControlCharacters(`${stdout}\n${stderr}`)),
    ...(step.admits === undefined ? [] : showAdmitted(step.admits)),
  ];
  if (faults.length === 0) say(green(`✓ exit code ${status}, as expected`));
  for (const fault of faults) say(red(`✗ not as expected: ${fault}`));
  return faults.length === 0;
}

makeDemoFolder(root, folder);
await buildDist(root);
say(bold("Sallyport: may this image run? Decided here from a local mirror, with no network."));
say(
  "Images, Pods and policies are those of Kyverno's Sigstore documentation: the images signed by the real cosign, " +
    "the policies tidied as policy check advises. To repeat a step:\n",
);
say(`  ${cyan("cd .demo; alias sallyport='node ../dist/sallyport.mjs'; export SALLYPORT_STORE=mirror")}`);
const right = steps.filter((step, at) => play(step, at + 1)).length;
const summary = `${right} of ${steps.length} steps came out as expected.`;
say(`\n${bold(right === steps.length ? green(summary) : red(summary))} Try another: sallyport policy check policies/`);
process.exitCode = right === steps.length ? 0 : 1;
