/**
 * The compiler's verdict on the whole project, and that the guard in core's configuration is armed. Source:
 * docs/architecture.md#portability.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { CheckReport } from "./check.ts";

const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

/** `tsc -b` over the project references; nothing to compile is a fault. */
export function checkTypes(root: string): CheckReport {
  if (!existsSync(join(root, "tsconfig.json"))) return { saw: "nothing", faults: ["there is no tsconfig.json"] };
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [compiler, "-b", "--pretty", "false"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) return { saw: "nothing", faults: [`the compiler did not run: ${error.message}`] };
  const lines = `${stdout}${stderr}`.split("\n").filter((line) => line.trim() !== "");
  const faults = lines.filter((line) => /error TS\d+/.test(line));
  if (status !== 0 && faults.length === 0)
    faults.push(`the compiler ended with ${status}: ${lines.slice(0, 5).join(" ")}`);
  const { references = [] } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
    readonly references?: readonly unknown[];
  };
  if (references.length === 0) faults.push("tsconfig.json references no project");
  return { saw: `${references.length} projects`, faults };
}

/**
 * Core's own program resolves `#…` names to `default`: it holds core's modules for them, and no file of another
 * folder of the project. Node's way to resolve would compile core against modules of `proxy/`.
 */
export function checkProgram(root: string): CheckReport {
  const { stdout, error } = spawnSync(process.execPath, [compiler, "-p", "core", "--listFilesOnly"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) return { saw: "nothing", faults: [`the compiler did not run: ${error.message}`] };
  const files = stdout
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("/node_modules/"))
    .map((path) => relative(realpathSync(root), path).split(sep).join("/"));
  const strangers = files.filter((path) => !path.startsWith("core/"));
  return {
    saw: `${files.length} files of core`,
    faults: [
      ...strangers.map((path) => `core's program holds ${path}`),
      ...(files.length === 0 ? ["core's program holds no file"] : []),
    ],
  };
}

const canaryLines = [
  /\/\/ @ts-expect-error[^\n]*\nexport type \w+ = NodeJS\.\w+;/,
  /\/\/ @ts-expect-error[^\n]*\nexport type \w+ = HTML\w+;/,
];

/**
 * core/portability.ts holds both expected errors, and core's configuration gives it no host's types. That they bite is
 * the compiler's part.
 */
export function checkCanary(root: string): CheckReport {
  const faults: string[] = [];
  const canary = join(root, "core/portability.ts");
  if (!existsSync(canary)) return { saw: "nothing", faults: ["core/portability.ts is missing"] };
  const text = readFileSync(canary, "utf8");
  for (const line of canaryLines)
    if (!line.test(text)) faults.push(`core/portability.ts lacks the line ${line.source}`);
  const { compilerOptions } = JSON.parse(readFileSync(join(root, "core/tsconfig.json"), "utf8")) as {
    readonly compilerOptions: { readonly types?: unknown; readonly lib?: unknown };
  };
  if (JSON.stringify(compilerOptions.types) !== "[]") faults.push("core/tsconfig.json must say types: []");
  if (JSON.stringify(compilerOptions.lib) !== '["es2023"]') faults.push('core/tsconfig.json must say lib: ["es2023"]');
  return { saw: "2 expected errors, types and lib", faults };
}
