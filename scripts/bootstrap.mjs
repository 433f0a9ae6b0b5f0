/**
 * Makes a fresh clone ready: the right Node, the locked packages, the native module. Plain JavaScript, because it runs
 * before anything is installed.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The engine range of package.json, `>=X.Y.Z`, against a version `vX.Y.Z`. */
export function isNodeAccepted(range, version) {
  const numbers = (text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  const wanted = numbers(range);
  const found = numbers(version);
  for (let index = 0; index < 3; index++) {
    const difference = (found[index] ?? 0) - (wanted[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Why the installed packages are not those of the lock file, or `undefined` when they are. */
export function staleReason(root) {
  const installedPath = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedPath)) return "packages are not installed";
  const wanted = readJson(join(root, "package-lock.json")).packages ?? {};
  const installed = readJson(installedPath).packages ?? {};
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "" || entry.link) continue;
    const found = installed[path];
    // An optional package is for another platform, but for the native module, which the tests need.
    const elsewhere = entry.os !== undefined || entry.cpu !== undefined;
    if (found === undefined && !elsewhere && !entry.devOptional && !entry.peer) return `${path} is not installed`;
    if (found !== undefined && found.version !== entry.version)
      return `${path} is ${found.version}, the lock file says ${entry.version}`;
  }
  return undefined;
}

const native = (root) => join(root, "node_modules", "better-sqlite3", "build", "Release", "better_sqlite3.node");

/** How far `npm ci` is: packages of the lock file that are in node_modules. */
export function progressLine(root, seconds) {
  const paths = Object.entries(readJson(join(root, "package-lock.json")).packages ?? {})
    .filter(([path, entry]) => path !== "" && !entry.optional)
    .map(([path]) => path);
  const here = paths.filter((path) => existsSync(join(root, path, "package.json"))).length;
  const doing = here < paths.length ? "fetching and unpacking" : "install scripts run; SQLite may be compiled";
  return `bootstrap: ${seconds} s, ${here} of ${paths.length} packages are here: ${doing}\n`;
}

/** Somebody who looks on sees early that it goes on; a log is not filled with it. */
export const secondsBetweenLines = (isTerminal) => (isTerminal ? 5 : 30);

async function npm(root, ...args) {
  process.stderr.write(`bootstrap: npm ${args.join(" ")}; it takes minutes where SQLite has to be compiled\n`);
  const started = Date.now();
  const timer = setInterval(
    () => void process.stderr.write(progressLine(root, Math.round((Date.now() - started) / 1000))),
    secondsBetweenLines(process.stderr.isTTY === true) * 1000,
  );
  try {
    // npm says what it does on stdout; that belongs to the command's own answer only when it is asked for.
    return await new Promise((resolve, reject) => {
      spawn("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" })
        .on("error", reject)
        .on("close", (status) => resolve(status ?? 1));
    });
  } finally {
    clearInterval(timer);
  }
}

/** Installs what is missing. Returns an exit code. */
export async function bootstrap(root) {
  const { engines } = readJson(join(root, "package.json"));
  if (!isNodeAccepted(engines.node, process.version)) {
    process.stderr.write(
      `error invalid-config: Node ${engines.node} is needed\n` +
        `  why:  this is ${process.version}\n` +
        "  fix:  install a newer Node\n",
    );
    return 2;
  }
  const reason = staleReason(root);
  if (reason !== undefined) {
    process.stderr.write(`bootstrap: ${reason}\n`);
    const status = await npm(root, "ci", "--no-audit", "--no-fund");
    if (status !== 0) return status;
  }
  if (!existsSync(native(root))) {
    const status = await npm(root, "rebuild", "better-sqlite3");
    if (status !== 0 || !existsSync(native(root))) {
      process.stderr.write(
        "error invalid-config: better-sqlite3 has no native module\n" +
          "  why:  there was no prebuilt binary and it could not be built\n" +
          "  fix:  install python3, make, g++ and Node's headers, then run this again; where the headers cannot be\n" +
          "        downloaded, name their folder: npm config set nodedir FOLDER\n",
      );
      return status === 0 ? 2 : status;
    }
  }
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await bootstrap(dirname(dirname(fileURLToPath(import.meta.url))));
