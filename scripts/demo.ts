/**
 * `npm run demo`: the main job in one go, offline. Images that cosign signed are brought into a mirror, the
 * documentation's policies decide about Pods that use them, and one decision is explained. In a second act a registry
 * on loopback is synced and then goes away. Every step has an expected outcome, and the demo fails where it does not
 * come true.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { buildDist } from "./build.ts";
import { makeDemoFolder } from "./demo-folder.ts";
import { openUpstream, outageSteps, pullAll, syncStep, wantedPulls } from "./demo-outage.ts";
import { wrapText } from "../cli/render/wrap.ts";
import { type Step, steps } from "./demo-steps.ts";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
const folder = join(root, ".demo");
const program = join(root, "dist/sallyport.mjs");
/** Lines of an answer that are shown; the middle of longer ones is left out. */
const mostLines = 30;

const colour = (process.stdout.isTTY === true || (process.env.FORCE_COLOR ?? "0") !== "0") && !process.env.NO_COLOR;
const paint =
  (code: number) =>
  (text: string): string =>
    colour ? `\u001b[${code}m${text}\u001b[0m` : text;
const [bold, dim, red, green, cyan] = [paint(1), paint(2), paint(31), paint(32), paint(36)] as const;
const say = (text = ""): void => void process.stdout.write(`${text}\n`);
/** The commands write into a pipe, and are told how wide the screen is. */
const width = process.stdout.columns ?? (Number(process.env.COLUMNS) || 80);
/** Each line is coloured by itself, so that a pager shows any of them right. */
const sayWrapped = (text: string, colours: (line: string) => string): void => {
  for (const line of wrapText(text, { width, first: "", rest: "" })) say(colours(line));
};
const sayCommand = (line: string): void => {
  for (const part of wrapText(`\`${line}\``, { width, first: "$ ", rest: "  ", commands: true })) say(cyan(part));
};

// Nothing of the caller's own store or colours may change what the demo shows.
const {
  SALLYPORT_STORE: _store,
  SALLYPORT_TRUSTED_ROOT: _root,
  COSIGN_REPOSITORY: _repository,
  FORCE_COLOR: _colour,
  ...environment
} = process.env;
const columns = { COLUMNS: String(width) };
const env = {
  ...environment,
  ...columns,
  SALLYPORT_STORE: "mirror",
  ...(colour ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }),
};

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
  sayCommand(`grep image: ${file}`);
  for (const part of wrapText(line, { width, first: "      ", rest: "        " })) say(part);
  return [];
}

/** The registry of the second act answers while a command asks it, so commands are not waited for in one piece. */
async function run(words: readonly string[]) {
  const child = spawn(process.execPath, [program, ...words], { cwd: folder, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    stdout += piece;
  });
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    stderr += piece;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  return { status, stdout, stderr };
}

async function play(step: Step, number: number): Promise<boolean> {
  say(`\n${bold(`${number}. ${step.title}`)}`);
  sayWrapped(step.why, dim);
  sayCommand(`sallyport ${step.words.join(" ")}`);
  const { status, stdout, stderr } = await run(step.words);
  for (const text of [stdout, stderr]) if (text.trim() !== "") say(step.isWhole === true ? text.trim() : shorten(text));
  const faults = [
    ...faultsOf(step, status, stripVTControlCharacters(`${stdout}\n${stderr}`)),
    ...(step.admits === undefined ? [] : showAdmitted(step.admits)),
  ];
  if (faults.length === 0) say(green(`✓ exit code ${status}, as expected`));
  for (const fault of faults) say(red(`✗ not as expected: ${fault}`));
  return faults.length === 0;
}

/** Pulls through the proxy while the registry is gone, as a node does. */
async function playPulls(upstream: { host: string; digest: string }, policy: "Fail" | "Ignore", number: number) {
  const { words, pulls } = await pullAll(program, folder, upstream, policy);
  const why =
    policy === "Fail"
      ? "A digest cannot be stale and is served; a tag that cannot be asked again is not."
      : "The tag's last answer is served too, with a warning.";
  say(`\n${bold(`${number}. A node pulls through the proxy, failurePolicy ${policy}`)}`);
  sayWrapped(why, dim);
  sayCommand(`sallyport ${words.join(" ")}`);
  for (const { path, status, warning } of pulls) {
    const shown = path.replace(/(?<=sha256:[0-9a-f]{12})[0-9a-f]+/, "…");
    say(`GET /v2/shop/${shown} → ${status}${warning === null ? "" : `\n  Warning: ${warning}`}`);
  }
  const isRight = pulls.every(({ status }, at) => status === wantedPulls[policy][at]);
  if (isRight) say(green("✓ as expected"));
  else say(red(`✗ not as expected: ${wantedPulls[policy].join(", ")}`));
  return isRight;
}

/** A registry with signed images, a sync, and the registry is gone. Returns what came of each step. */
async function playOutage(after: number): Promise<readonly boolean[]> {
  say(`\n${bold("Second act: the registry goes away.")}`);
  const upstream = await openUpstream(root, folder);
  const came = [await play(syncStep, after + 1)];
  await upstream.close();
  for (const step of outageSteps) came.push(await play(step, after + came.length + 1));
  for (const policy of ["Fail", "Ignore"] as const)
    came.push(await playPulls(upstream, policy, after + came.length + 1));
  return came;
}

makeDemoFolder(root, folder);
await buildDist(root);
sayWrapped("Sallyport: may this image run? Decided here from a local mirror, with no network.", bold);
sayWrapped(
  "Images, Pods and policies are those of Kyverno's Sigstore documentation: the images signed by the real cosign, " +
    "the policies tidied as policy check advises. To repeat a step:",
  String,
);
say();
for (const line of ["cd .demo", "alias sallyport='node ../dist/sallyport.mjs'", "export SALLYPORT_STORE=mirror"])
  say(`  ${cyan(line)}`);
const came: boolean[] = [];
for (const step of steps) came.push(await play(step, came.length + 1));
came.push(...(await playOutage(came.length)));
const isRight = came.every((one) => one);
const summary = `${came.filter((one) => one).length} of ${came.length} steps came out as expected.`;
say(`\n${bold(isRight ? green(summary) : red(summary))} Try: sallyport policy check policies/`);
process.exitCode = isRight ? 0 : 1;
