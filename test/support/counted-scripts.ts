/** Counts, from outside, the scripts that a Node compiles or takes from code that was compiled before. */
import { spawnSync } from "node:child_process";

export interface CountedScripts {
  readonly status: number | null;
  readonly scripts: number;
  /** Those of which V8 took compiled code. */
  readonly compiled: number;
}

const marker = "scripts counted: ";

/** Is run before the program. */
const counter = `
  import vm from "node:vm";
  import { syncBuiltinESMExports } from "node:module";
  const count = { scripts: 0, compiled: 0 };
  vm.Script = class extends vm.Script {
    constructor(text, options) {
      super(text, options);
      count.scripts += 1;
      if (this.cachedDataRejected === false) count.compiled += 1;
    }
  };
  syncBuiltinESMExports();
  process.on("exit", () => process._rawDebug(${JSON.stringify(marker)} + JSON.stringify(count)));
`;

/** Runs Node with these words. */
export function countedScripts(
  words: readonly string[],
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): CountedScripts {
  const preload = `data:text/javascript,${encodeURIComponent(counter)}`;
  const { status, stderr } = spawnSync(process.execPath, ["--import", preload, ...words], {
    ...(cwd === undefined ? {} : { cwd }),
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...env },
  });
  const said = stderr.split("\n").find((line) => line.startsWith(marker));
  if (said === undefined) throw new Error(`nothing was counted: ${stderr}`);
  return { status, ...(JSON.parse(said.slice(marker.length)) as Omit<CountedScripts, "status">) };
}
