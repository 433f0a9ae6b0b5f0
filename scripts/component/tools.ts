/**
 * What builds the component. It is large (componentize-qjs, jco's transpiler), so that it is no package of the project:
 * it is installed into `.component/` when it is first wanted, as its own lock file says.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The parts of both programs that are used. */
export interface ComponentTools {
  componentize(options: {
    readonly witPath: string;
    readonly jsSource: string;
    /** As what file the source is read, and the folder of what it imports. */
    readonly jsPath: string;
    readonly moduleRoot: string;
    readonly world: string;
    /** Without asynchronous functions, and without anything of a host. */
    readonly sync: true;
    readonly stubWasi: true;
    readonly optSize: true;
  }): Promise<{ readonly component: Uint8Array }>;
  transpileBytes(
    component: Uint8Array,
    options: {
      readonly name: string;
      readonly base64Cutoff: 0;
      readonly minify: true;
      readonly nodejsCompat: true;
      readonly tlaCompat: false;
      readonly wasiShim: false;
      readonly emitTypescriptDeclarations: true;
      readonly noComponentErrorWrapping: false;
    },
  ): Promise<{
    readonly files: Readonly<Record<string, Uint8Array>>;
    readonly imports: readonly string[];
    readonly exports: readonly (readonly [string, string])[];
  }>;
}

const files = ["package.json", "package-lock.json"];
const source = (root: string, name: string): string => join(root, "scripts/component", name);

/** The folder of what is installed and of what was built; git does not see it. */
export const componentFolder = (root: string): string => join(root, ".component");

const isInstalled = (root: string): boolean =>
  existsSync(join(componentFolder(root), "node_modules/.package-lock.json")) &&
  files.every((name) => {
    const there = join(componentFolder(root), name);
    return existsSync(there) && readFileSync(there).equals(readFileSync(source(root, name)));
  });

/** The tools, or why they are not here. */
export async function openTools(
  root: string,
  say: (text: string) => void,
): Promise<ComponentTools | { readonly missing: string }> {
  const folder = componentFolder(root);
  if (!isInstalled(root)) {
    say("the component's tools are installed into .component/ (140 MB)\n");
    mkdirSync(folder, { recursive: true });
    for (const name of files) copyFileSync(source(root, name), join(folder, name));
    const { status, stderr, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
      cwd: folder,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    if (error !== undefined || status !== 0)
      return { missing: `npm ci in .component/: ${(error?.message ?? stderr).trim().split("\n").slice(-3).join(" ")}` };
  }
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(folder, "node_modules", path)).href);
  const { componentize } = (await load("componentize-qjs/index.js")) as ComponentTools;
  const { transpileBytes } = (await load("@bytecodealliance/jco-transpile/dist/index.js")) as ComponentTools;
  return { componentize, transpileBytes };
}
