/**
 * The input and output of a command. Commands never touch the process: everything outside goes through `CommandIO`.
 */
import type { Command } from "commander";
import type { Limits } from "../core/limits.ts";
import type { ExitCode } from "./exit-code.ts";

/** The world as a command sees it. Paths are as typed; `-` is standard input. */
export interface CommandIO {
  /** Stdout: the answer, and nothing else. */
  out(text: string): void;
  /** Stderr: status, progress, warnings and errors. */
  err(text: string): void;
  /** @throws EngineError `invalid-usage` when the file cannot be read. */
  readFile(path: string): Uint8Array;
  /** Names of the folder's entries, sorted. @throws EngineError `invalid-usage`. */
  listFolder(path: string): readonly string[];
  pathKind(path: string): "file" | "folder" | "none";
  /**
   * What an entry below a folder is; `special` for pipes, devices and sockets, `none` for a link to a folder.
   * @throws EngineError `invalid-usage` for a link out of the folder.
   */
  entryKind(folder: string, path: string): "file" | "folder" | "none" | "special";
  /** @throws EngineError `invalid-usage` when the file cannot be written. */
  writeFile(path: string, text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names of the variables that were read and have a value. */
  readonly used: Set<string>;
  now(): Date;
  /** Whether the stream shows colour. */
  readonly colour: { readonly out: boolean; readonly err: boolean };
  /** Columns of the stream. */
  readonly width: { readonly out: number; readonly err: number };
  /** Whether the locale has ✓ and ✗. */
  readonly unicode: boolean;
  readonly host: Host;
  /** The bounds on everything that is read. */
  readonly limits: Limits;
}

/** A signal that a server obeys. */
export type SignalName = "SIGHUP" | "SIGINT" | "SIGTERM";

/** This process among others, for commands that go on until they are told to end. */
export interface Host {
  /** The command that runs, without its arguments, which may hold secrets: `mirror add`. */
  readonly command?: string;
  readonly pid: number;
  /** The machine's name. */
  readonly name: string;
  /** What runs the program. */
  readonly runtime: { readonly node: string; readonly platform: string; readonly arch: string };
  /** Calls `act` at each signal of this name, until the returned function is called. */
  onSignal(name: SignalName, act: () => void): () => void;
  /** Ends the process, whatever is in work. */
  endNow(code: ExitCode): void;
  /** Bytes on their way to stderr that nobody has read yet. */
  errWaits(): number;
  /** Whether somebody looks at stderr. */
  readonly isTerminal: boolean;
  /** Whether somebody looks at stdout. */
  readonly isOutTerminal: boolean;
  /** Shows a line on the terminal in place of the one before; an empty one takes it away. */
  status(line: string): void;
}

/** What an action reports to. The last exit code reported counts. */
export interface Shell {
  readonly io: CommandIO;
  /** Every command, for those that show them all. */
  readonly commands?: readonly CommandEntry[];
  finish(code: ExitCode): void;
}

/**
 * A command's module: adds options, arguments and the action to a commander command that has its name and summary
 * already.
 */
export interface CommandModule {
  define(command: Command, shell: Shell): void;
}

/** A row of the table of commands. Only the called command's module is loaded, so that the others cost nothing. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** `--version` is an option of its own, and not the program's. */
  readonly ownsVersion?: true;
  load(): Promise<CommandModule>;
}

/** An option given more than once, in order. For commander's parser argument. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];
