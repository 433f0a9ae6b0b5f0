/**
 * The command line as a function: arguments and a world in, an exit code out. Only the called command is loaded.
 */
import { Command, CommanderError, Option } from "commander";
import { EngineError } from "../core/errors.ts";
import { colourFlag, colourTimes } from "./colour-flag.ts";
import type { CommandEntry, CommandIO, Shell } from "./command.ts";
import { type ExitCode, exitOf } from "./exit-code.ts";
import { harmless } from "./render/escape.ts";
import { fitHelp, helpFormat } from "./render/help.ts";
import { asciiText } from "./render/style.ts";
import { type ErrorDocument, errorDocument, wantedDocument } from "./error-document.ts";
import { type Problem, tellProblem, toProblem } from "./render/problem.ts";
import { calledPath, foldHelp, nameOf, plainWords } from "./called-path.ts";
import { configuredWorld } from "./configured.ts";
import { hintForCommand, hintForFlag } from "./did-you-mean.ts";
import { type FixSettings, saidBy } from "./render/fix.ts";
import { note } from "./render/say.ts";
import { foldSwitches } from "./switches.ts";
import { version } from "./version.ts";

/** In the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: "verify",
    summary: "verify signatures of images; cosign's flags and exit codes",
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "verify-attestation",
    summary: "verify attestations of images; cosign's flags",
    load: () => import("./commands/verify-attestation.ts"),
  },
  {
    name: "apply",
    summary: "apply Kyverno policies to resource files; Kyverno's flags, output and exit codes",
    load: () => import("./commands/apply.ts"),
  },
  {
    name: "test",
    summary: "run Kyverno's test files; Kyverno's flags, output and exit codes",
    load: () => import("./commands/test.ts"),
  },
  {
    name: "explain",
    summary: "show the evidence behind a decision, with times and policy lines",
    load: () => import("./commands/explain.ts"),
  },
  { name: "tree", summary: "show what hangs on an image, unverified", load: () => import("./commands/tree.ts") },
  {
    name: "download",
    summary: "print signatures and attestations of an image as cosign does",
    load: () => import("./commands/download.ts"),
  },
  { name: "policy", summary: "check policies without a resource", load: () => import("./commands/policy.ts") },
  {
    name: "mirror",
    summary: "fill, list, check and clean the mirror; pin keys, distrust",
    load: () => import("./commands/mirror.ts"),
  },
  {
    name: "export",
    summary: "write what the mirror knows as a signed archive, for the other side of a gap",
    load: () => import("./commands/export.ts"),
  },
  {
    name: "import",
    summary: "import what crossed a gap: archives of this program and of other tools",
    load: () => import("./commands/import.ts"),
  },
  {
    name: "capsule",
    summary: "make, inspect and verify capsules: what an edge decides from",
    load: () => import("./commands/capsule.ts"),
  },
  {
    name: "replay",
    summary: "decide again from records of decisions, and compare byte for byte",
    load: () => import("./commands/replay.ts"),
  },
  {
    name: "archive",
    summary: "inspect, verify and compare signed archives",
    load: () => import("./commands/archive.ts"),
  },
  {
    name: "snapshot",
    summary: "push the mirror as one signed file to a registry, pull it, list them",
    load: () => import("./commands/snapshot.ts"),
  },
  { name: "trust", summary: "update, import, show and make trusted roots", load: () => import("./commands/trust.ts") },
  {
    name: "trusted-root",
    summary: "create: as trust create; cosign's name",
    load: () => import("./commands/trusted-root.ts"),
  },
  { name: "initialize", summary: "as trust update; cosign's name", load: () => import("./commands/initialize.ts") },
  {
    name: "status",
    summary: "show how fresh mirror, trusted roots and checkpoints are, and what mends it",
    load: () => import("./commands/status.ts"),
  },
  {
    name: "doctor",
    summary: "look at everything that decisions need, and say what is wrong and what mends it",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "serve",
    summary: "serve the mirror as a registry that nodes pull through, and as an admission webhook",
    load: () => import("./commands/serve.ts"),
  },
  {
    name: "break-glass",
    summary: "take the admission webhooks out of force with your own kubeconfig, and put them back",
    load: () => import("./commands/break-glass.ts"),
  },
  {
    name: "config",
    summary: "check, create and show the configuration of serve",
    load: () => import("./commands/config.ts"),
  },
  {
    name: "jp",
    summary: "evaluate and parse Kyverno's JMESPath, list its functions",
    load: () => import("./commands/jp.ts"),
  },
  {
    name: "node-config",
    summary: "print the files that nodes need to pull through the proxy",
    ownsVersion: true,
    load: () => import("./commands/node-config.ts"),
  },
  { name: "env", summary: "show the environment variables that are read", load: () => import("./commands/env.ts") },
  {
    name: "completion",
    summary: "print a script that completes commands and flags in a shell",
    load: () => import("./commands/completion.ts"),
  },
  { name: "version", summary: "show the version", load: () => import("./commands/version.ts") },
];

/** Those to which a configuration says nothing, and those that read it themselves. */
const readsNoSettings: ReadonlySet<string> = new Set([
  "serve",
  "break-glass",
  "config",
  "doctor",
  "status",
  "env",
  "completion",
  "version",
  "jp",
]);

/** The command that is called, or whose help is asked for. */
function calledCommand(words: readonly string[], table: readonly CommandEntry[]): CommandEntry | undefined {
  const plain = plainWords(words);
  const named = plain[0] === "help" ? plain[1] : plain[0];
  return table.find((entry) => entry.name === named);
}

/** Their second word is part of the command's name. */
const groupsThatWrite: ReadonlySet<string> = new Set(["mirror", "snapshot", "trust"]);

/** The command's world: with or without colour, and with a standard input that can be read once. */
function worldFor(words: readonly string[], io: CommandIO): CommandIO {
  const colour = colourFlag(words);
  const shown = colour === undefined || colour === "auto" ? io.colour : onBoth(colour === "always");
  let taken = false;
  const [group = "", name = ""] = plainWords(words);
  return {
    ...io,
    host: { ...io.host, command: groupsThatWrite.has(group) ? `${group} ${name}` : group },
    colour: shown,
    out: (text) => io.out(harmless(text, shown.out)),
    err: (text) => io.err(harmless(text, shown.err)),
    readFile: (path) => {
      if (path === "-" && taken)
        throw new EngineError("invalid-usage", "standard input can be read only once, and - is given twice", {
          subject: "-",
        });
      taken ||= path === "-";
      return io.readFile(path);
    },
  };
}

const onBoth = (shows: boolean) => ({ out: shows, err: shows });

/**
 * Runs one command line; `words` are the arguments after the program's name. Never throws: a bug in the program is exit
 * code 70.
 */
export async function runCommandLine(
  words: readonly string[],
  world: CommandIO,
  table: readonly CommandEntry[] = commands,
): Promise<ExitCode> {
  const io = worldFor(words, world);
  const errors = await errorWorld(words, table, io);
  let code: ExitCode = 0;
  let commandIO = errors.io;
  const shell: Shell = {
    commands: table,
    get io() {
      return commandIO;
    },
    finish: (finished) => {
      code = finished;
    },
  };
  const writeHelp = (text: string): void => {
    const fitted = fitHelp(text, io.width.out);
    io.out(io.unicode ? fitted : asciiText(fitted));
  };
  const program = new Command("sallyport");
  try {
    program
      .description(
        "decides whether container images may run: Kyverno's policies, Sigstore's evidence, with or without a network",
      )
      .helpCommand("help [command...]", "show the help of a command")
      .addOption(new Option("--color <when>", "whether to show colour").choices([...colourTimes]))
      .option("--no-color", "no colour, like the variable NO_COLOR")
      .exitOverride()
      .configureHelp(helpFormat)
      // Errors are reported below, all in one format; help goes to stdout.
      .configureOutput({
        writeOut: writeHelp,
        writeErr: (text) => (text.startsWith("error:") ? undefined : writeHelp(text)),
        getOutHelpWidth: () => io.width.out,
        getErrHelpWidth: () => io.width.out,
      });
    const called = calledCommand(words, table);
    if (called?.ownsVersion !== true) program.version(version, "-V, --version", "show the version");
    for (const entry of table) {
      const command = program.command(entry.name).description(entry.summary);
      if (entry !== called) continue;
      if (!readsNoSettings.has(entry.name)) commandIO = await configuredWorld(commandIO);
      (await entry.load()).define(command, shell);
    }
    if (words.length === 0) writeHelp(program.helpInformation());
    else {
      const folded = foldSwitches(foldHelp(words, program), program, (text) => note(text, io));
      await program.parseAsync([...folded], { from: "user" });
    }
    return code;
  } catch (error) {
    return reportError(error, calledPath(words, program).command, errors);
  }
}

/** Where errors are told: to people on stderr and, where a document is wanted and none was printed, on stdout. */
interface ErrorWorld {
  readonly io: CommandIO;
  tell(problem: Problem, exit: ExitCode): ExitCode;
  document(problem: Parameters<ErrorDocument>[0], exit: ExitCode): void;
}

async function errorWorld(
  words: readonly string[],
  table: readonly CommandEntry[],
  io: CommandIO,
): Promise<ErrorWorld> {
  const name = calledCommand(words, table)?.name;
  const format = wantedDocument(words, name);
  const render = format === undefined ? undefined : await errorDocument(format);
  let isSilent = true;
  const document: ErrorWorld["document"] = (problem, exit) => {
    if (render !== undefined && isSilent) io.out(render(problem, exit));
  };
  return {
    io: {
      ...io,
      out: (text) => {
        isSilent &&= text === "";
        io.out(text);
      },
    },
    tell: (problem, exit) => {
      document(problem, exit);
      tellProblem(problem, io);
      return exit;
    },
    document,
  };
}

function reportError(error: unknown, command: Command, world: ErrorWorld): ExitCode {
  if (error instanceof CommanderError && endsWell.has(error.code)) return 0;
  if (error instanceof EngineError)
    return world.tell(toProblem(error, settingsFor(command, world.io)), exitOf(error.code));
  if (error instanceof CommanderError) return world.tell(usageProblem(error, command), 2);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const why = "this is a bug in sallyport; nothing was decided";
  const fix = "report it with the command line and the lines above";
  world.document({ code: "defect", what: text, why, fix }, 70);
  world.io.err(`error defect: ${text}\n  why:  ${why}\n  fix:  ${fix}\n`);
  return 70;
}

/** Help and version succeed, and so does a group without a subcommand; anything else is wrong usage. */
const endsWell = new Set(["commander.help", "commander.helpDisplayed", "commander.version"]);

/** What the fix of a command's error may take from the command line. */
const settingsFor = (command: Command, io: CommandIO): FixSettings => ({
  hasSource: true,
  said: saidBy(nameOf(command), command.opts(), io.env),
});

function usageProblem(error: CommanderError, command: Command): Problem & { readonly fix: string } {
  const [what = "wrong usage", ...hints] = error.message.replace(/^error: /, "").split("\n");
  const [, wrong = ""] = /'([^']*)'/.exec(what) ?? [];
  const hint =
    error.code === "commander.unknownCommand"
      ? hintForCommand(wrong, command)
      : error.code === "commander.unknownOption"
        ? hintForFlag(wrong, command)
        : undefined;
  const said = hints
    .join(" ")
    .trim()
    .replace(/^\(|\)$/g, "");
  const why = hint ?? said;
  return {
    code: "invalid-usage",
    what,
    ...(why === "" ? {} : { why }),
    fix: `see \`${["sallyport", nameOf(command), "--help"].filter((word) => word !== "").join(" ")}\``,
  };
}
