/**
 * A guide whose commands are run as they stand on the page. A block ```bash is run, all blocks of a page in one shell.
 * A block ```text right below it is what the commands print, where a line `…` stands for any lines. ` # exit code N`
 * ends a command that is expected to fail. Blocks ```bash connected are for other programs, and are not run. In a
 * table, each command of this program in backquotes is run, and `exit code N` in its cell says how it ends.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface GuideCommand {
  readonly text: string;
  readonly exit: number;
}

export interface GuideBlock {
  /** Number of the first line on the page, for messages. */
  readonly line: number;
  readonly commands: readonly GuideCommand[];
  /** What the page says that is printed, and its lines on the page: from, to (not included). */
  readonly output?: { readonly text: string; readonly from: number; readonly to: number };
}

export interface GuidePage {
  readonly blocks: readonly GuideBlock[];
  /** Commands of other programs. */
  readonly connected: readonly string[];
}

const exitComment = /\s+# exit code (\d+)$/;

/** The commands of a block: lines, with continued ones and here-documents kept together. */
export function splitCommands(text: string): readonly GuideCommand[] {
  const commands: GuideCommand[] = [];
  let open: string[] = [];
  let until: string | undefined;
  for (const line of text.split("\n")) {
    if (open.length === 0 && (line.trim() === "" || line.startsWith("#"))) continue;
    open.push(line);
    if (until === undefined) until = /<<-?\s*['"]?(\w+)['"]?/.exec(line)?.[1];
    else if (line === until) until = undefined;
    if (until !== undefined || line.endsWith("\\")) continue;
    const command = open.join("\n");
    const exit = exitComment.exec(command)?.[1];
    commands.push({ text: command.replace(exitComment, ""), exit: Number(exit ?? 0) });
    open = [];
  }
  if (open.length > 0) throw new Error(`a command is not ended: ${open.join("\n")}`);
  return commands;
}

/** The commands in the cells of one row of a table. */
const rowCommands = (line: string): readonly GuideCommand[] =>
  line.split(/(?<!\\)\|/).flatMap((cell) =>
    [...cell.matchAll(/`(sallyport [^`]+)`/g)].map(([, text = ""]) => ({
      text: text.replaceAll("\\|", "|"),
      exit: Number(/exit code (\d+)/.exec(cell)?.[1] ?? 0),
    })),
  );

/** The commands of other programs in a row. */
const rowOthers = (line: string): readonly string[] =>
  [...line.matchAll(/`((?:cosign|kyverno|oras|skopeo) [^`]+)`/g)].map(([, text = ""]) => text.replaceAll("\\|", "|"));

export function readGuide(text: string): GuidePage {
  const lines = text.split("\n");
  const blocks: GuideBlock[] = [];
  const connected: string[] = [];
  const endOf = (from: number): number => {
    const end = lines.indexOf("```", from);
    if (end === -1) throw new Error(`line ${from}: a block is not ended`);
    return end;
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.startsWith("|")) {
      const commands = rowCommands(line);
      if (commands.length > 0) blocks.push({ line: at + 1, commands });
      connected.push(...rowOthers(line));
    }
    if (!line.startsWith("```")) continue;
    const end = endOf(at + 1);
    const content = lines.slice(at + 1, end).join("\n");
    if (line === "```bash connected") connected.push(...splitCommands(content).map((command) => command.text));
    if (line === "```bash") {
      const from = lines.findIndex((next, index) => index > end && next.trim() !== "");
      const shows = from !== -1 && lines[from] === "```text";
      const to = shows ? endOf(from + 1) : 0;
      blocks.push({
        line: at + 1,
        commands: splitCommands(content),
        ...(shows ? { output: { text: lines.slice(from + 1, to).join("\n"), from: from + 1, to } } : {}),
      });
    }
    at = end;
  }
  return { blocks, connected };
}

export interface GuideRun {
  /** Of each block: what its commands printed, and how each ended. */
  readonly blocks: readonly { readonly output: string; readonly exits: readonly number[] }[];
}

/** Runs a page's commands in `folder`. `sallyport` is the program at `program`; `variables` are set for all. */
export function runGuide(
  page: GuidePage,
  folder: string,
  program: string,
  variables: Readonly<Record<string, string>> = {},
): GuideRun {
  const tools = join(folder, ".tools");
  mkdirSync(tools, { recursive: true });
  const shim = join(tools, "sallyport");
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(shim, 0o755);
  const script = page.blocks.flatMap(({ commands }, block) =>
    commands.map(
      ({ text }, index) =>
        `{ ${text}\n} >'${tools}/${block}.${index}' 2>&1; echo $? >'${tools}/${block}.${index}.exit'`,
    ),
  );
  writeFileSync(join(tools, "page.sh"), `${script.join("\n")}\n`);
  const { error, stderr } = spawnSync("bash", [join(tools, "page.sh")], {
    cwd: folder,
    encoding: "utf8",
    env: {
      PATH: `${tools}:${process.env.PATH ?? ""}`,
      HOME: folder,
      LC_ALL: "C.UTF-8",
      TZ: "UTC",
      NO_COLOR: "1",
      ...variables,
    },
  });
  if (error !== undefined) throw error;
  const read = (name: string): string => {
    const path = join(tools, name);
    if (!existsSync(path)) throw new Error(`the shell ended before ${name}: ${stderr}`);
    return readFileSync(path, "utf8");
  };
  return {
    blocks: page.blocks.map(({ commands }, block) => ({
      output: commands.map((_, index) => read(`${block}.${index}`)).join(""),
      exits: commands.map((_, index) => Number(read(`${block}.${index}.exit`))),
    })),
  };
}

/** Printed text without what every run changes: ages and times. */
const steady = (text: string): string =>
  text
    .replaceAll(/\b\d+ ?(?:s|min|m|h|d) ago\b/g, "N ago")
    .replaceAll(/\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?/g, "T")
    .replaceAll(/(?<= )\d+(?:s|min|h|d)!?(?= )/g, "N")
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();

/** The same without how it is laid out: columns, wrapped lines, the branches of a tree. */
const told = (text: string): string => steady(text).replaceAll(/[\s│└├─\\]+/g, "");

/** Whether the page says what was printed, however it was laid out. */
export function showsOutput(shown: string, printed: string): boolean {
  const parts = `\n${shown}\n`.split("\n…\n").map(told);
  const text = told(printed);
  let from = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === parts.length - 1 && index > 0 ? text.length - part.length : text.indexOf(part, from);
    if (found < from || (index === 0 && found !== 0) || !text.startsWith(part, found)) return false;
    from = found + part.length;
  }
  return parts.length > 1 || from === text.length;
}

/** What the page says wrongly. */
export function guideFaults(page: GuidePage, run: GuideRun): readonly string[] {
  return page.blocks.flatMap(({ line, commands, output }, block) => {
    const ran = run.blocks[block];
    return [
      ...commands.flatMap(({ text, exit }, index) =>
        ran?.exits[index] === exit
          ? []
          : [`line ${line}: exit code ${ran?.exits[index]} in place of ${exit}: ${text}\n${ran?.output}`],
      ),
      ...(output === undefined || showsOutput(output.text, ran?.output ?? "")
        ? []
        : [`line ${line}: prints\n${ran?.output}`]),
    ];
  });
}

/** The page with what its commands print now; a block with `…` is kept. */
export function renewGuide(text: string, page: GuidePage, run: GuideRun): string {
  const lines = text.split("\n");
  for (const [index, { output }] of [...page.blocks.entries()].reverse()) {
    const printed = run.blocks[index]?.output ?? "";
    if (output === undefined || /^…$/m.test(output.text) || steady(output.text) === steady(printed)) continue;
    const fresh = printed.split("\n").map((line) => line.trimEnd());
    lines.splice(output.from, output.to - output.from, ...fresh.join("\n").trim().split("\n"));
  }
  return lines.join("\n");
}
