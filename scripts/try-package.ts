/**
 * Tries what `npm run package` made, in empty folders and without a network: installs the package, and runs the steps
 * of the Dockerfile, for which no daemon is needed. Paths of the image are mapped to a folder: `/opt` is `FOLDER/opt`.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Nothing of this machine's settings of npm, no cache, and a registry that nobody answers. */
export function emptyEnvironment(home: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: home,
    npm_config_cache: join(home, "cache"),
    npm_config_userconfig: join(home, "no-user-npmrc"),
    npm_config_globalconfig: join(home, "no-global-npmrc"),
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_fetch_retries: "0",
    npm_config_update_notifier: "false",
  };
}

interface Run {
  readonly exit: number | null;
  readonly text: string;
}

/** Node's way to run as somebody else; only root can. */
const nobody = process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : {};

function shell(text: string, cwd: string, env: Readonly<Record<string, string>>, as: object = {}): Run {
  const { status, stdout, stderr, error } = spawnSync("sh", ["-c", text], { cwd, env, encoding: "utf8", ...as });
  if (error !== undefined) throw error;
  return { exit: status, text: stdout + stderr };
}

function must(text: string, cwd: string, env: Readonly<Record<string, string>>, as: object = {}): string {
  const { exit, text: said } = shell(text, cwd, env, as);
  if (exit !== 0) throw new Error(`exit code ${exit} of ${text}:\n${said}`);
  return said;
}

/** Runs with an empty folder, which is removed afterwards. */
export function inEmptyFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-package-"));
  try {
    chmodSync(folder, 0o755);
    return act(folder);
  } finally {
    writable(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Installs a package as a user would; returns the program's answers and the environment in which it runs. */
export function install(tarball: string, folder: string): Readonly<Record<string, string>> {
  const env = emptyEnvironment(folder);
  must(`npm install --global --offline --no-audit --no-fund --prefix prefix ${quoted(tarball)}`, folder, env);
  return { ...env, PATH: `${join(folder, "prefix/bin")}:${env.PATH}` };
}

/** Fills a mirror and reads it. */
const tryMirror = (layout: string): string =>
  `sallyport mirror add ${quoted(layout)} --complete >added && sallyport mirror ls -o name | wc -l`;

/** Installs the package that has SQLite, fills a mirror, reads it. */
export const tryInstall = (tarball: string, layout: string): string =>
  inEmptyFolder((folder) => {
    const env = install(tarball, folder);
    const version = must("sallyport version", folder, env).trim();
    const images = must(tryMirror(layout), folder, { ...env, SALLYPORT_STORE: "mirror" }).trim();
    return `${version}, ${images} images in its mirror`;
  });

interface Instruction {
  readonly name: string;
  readonly words: string;
}

/** The instructions of a Dockerfile, continued lines joined. */
export const readDockerfile = (text: string): readonly Instruction[] =>
  text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name = "", words = ""] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { name: name.toUpperCase(), words };
    });

const writable = (folder: string): void => void spawnSync("chmod", ["-R", "u+w", folder]);

/** What a `*` of one name in the context stands for. */
function fromContext(context: string, pattern: string): string {
  const like = new RegExp(`^${pattern.split("*").map(escaped).join(".*")}$`);
  const names = readdirSync(context).filter((name) => like.test(name));
  if (names.length !== 1) throw new Error(`${pattern} is ${names.length} files of ${context}`);
  return join(context, names[0] ?? "");
}
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Runs the steps of the Dockerfile in `context`, then the program in what they leave, which cannot be written. */
export const tryImage = (context: string, layout: string): string =>
  inEmptyFolder((folder) => {
    const stages: string[] = [];
    const named = new Map<string, string>();
    const variables: Record<string, string> = {};
    let user = "";
    let entry: readonly string[] = [];
    const base = emptyEnvironment(folder);
    const stage = () => stages[stages.length - 1] ?? folder;
    /** Absolute paths of the image, below the stage's folder. */
    const mapped = (text: string) => text.replaceAll(/(?<![\w.:$/-])\/(?=tmp|opt|mirror)/g, `${stage()}/`);
    const steps: Readonly<Record<string, (words: string) => void>> = {
      ARG: () => undefined,
      FROM: (words) => {
        const next = join(folder, `stage-${stages.length}`);
        mkdirSync(join(next, "tmp"), { recursive: true });
        stages.push(next);
        const name = / AS (\S+)$/i.exec(words)?.[1];
        if (name !== undefined) named.set(name, next);
      },
      COPY: (words) => {
        const [, from, source = "", target = ""] = /^(?:--from=(\S+) )?(\S+) (\S+)$/.exec(words) ?? [];
        const found = from === undefined ? fromContext(context, source) : join(named.get(from) ?? "", source);
        mkdirSync(dirname(join(stage(), target)), { recursive: true });
        cpSync(found, join(stage(), target), { recursive: true, verbatimSymlinks: true });
      },
      RUN: (words) => void must(mapped(words), stage(), base),
      ENV: (words) => {
        for (const [, name = "", value = ""] of words.matchAll(/(\w+)=(\S+)/g))
          variables[name] = mapped(value).replace("$PATH", base.PATH ?? "");
      },
      USER: (words) => {
        user = words;
      },
      ENTRYPOINT: (words) => {
        entry = JSON.parse(words) as string[];
      },
      CMD: () => undefined,
    };
    for (const { name, words } of readDockerfile(readFileSync(join(context, "Dockerfile"), "utf8"))) {
      const step = steps[name];
      if (step === undefined) throw new Error(`nobody knows how to try ${name}`);
      step(words);
    }
    if (user !== "65532:65532") throw new Error(`the image runs as ${user === "" ? "root" : user}`);
    if (entry.join() !== "sallyport") throw new Error("the image does not start the program");
    const mirror = variables.SALLYPORT_STORE ?? "";
    must(`chmod -R a-w . && chmod 1777 ${quoted(mirror)}`, stage(), base);
    const env = { ...base, ...variables };
    const images = must(tryMirror(layout).replace(">added", ">/dev/null"), stage(), env, nobody).trim();
    const kept = readdirSync(stage()).sort().join(", ");
    return `${images} images in its mirror; the root cannot be written and holds ${kept}`;
  });
