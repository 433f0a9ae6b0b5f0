/** A world for commands under test: files in memory, streams as text, a fixed clock. */
import { defaultLimits } from "../../core/limits.ts";
import { EngineError } from "../../core/errors.ts";
import type { CommandIO, Host, SignalName } from "../../cli/command.ts";
import { wantedDocument } from "../../cli/error-document.ts";
import { documentFaults } from "../support/document-schemas.ts";
import { runCommandLine } from "../../cli/program.ts";

export interface TestWorld {
  /** Path → content. Folders are what paths begin with. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: string;
  /** Columns of the screen; without it no line is broken. */
  readonly width?: number;
  readonly unicode?: boolean;
  /** What a server is told once it obeys signals. Default: to end at once. */
  readonly signals?: (act: (name: SignalName) => void) => void;
}

const wide = 10_000;

export interface TestRun {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly written: Readonly<Record<string, string>>;
}

/** A `CommandIO` over memory, and what was written to it. */
export function testIO(world: TestWorld = {}): {
  readonly io: CommandIO;
  readonly seen: { out: string; err: string; readonly written: Record<string, string> };
} {
  const files: Readonly<Record<string, string | Uint8Array>> = {
    ...world.files,
    ...(world.stdin === undefined ? {} : { "-": world.stdin }),
  };
  const seen = { out: "", err: "", written: {} as Record<string, string> };
  const missing = (path: string): EngineError =>
    new EngineError("invalid-usage", `cannot read ${path}: ENOENT`, { subject: path });
  const below = (path: string): readonly string[] => Object.keys(files).filter((name) => name.startsWith(`${path}/`));
  const io: CommandIO = {
    out: (text) => {
      seen.out += text;
    },
    err: (text) => {
      seen.err += text;
    },
    readFile: (path) => {
      const content = files[path];
      if (content === undefined) throw missing(path);
      return typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
    listFolder: (path) =>
      [...new Set(below(path).map((name) => name.slice(path.length + 1).split("/")[0] ?? ""))].sort(),
    pathKind: (path) => (files[path] !== undefined ? "file" : below(path).length > 0 ? "folder" : "none"),
    entryKind: (_, path) => io.pathKind(path),
    writeFile: (path, text) => {
      seen.written[path] = text;
    },
    env: world.env ?? {},
    used: new Set(),
    now: () => new Date(world.now ?? "2026-11-23T12:00:00Z"),
    colour: { out: false, err: false },
    width: { out: world.width ?? wide, err: world.width ?? wide },
    unicode: world.unicode ?? true,
    host: testHost(world),
    limits: defaultLimits,
  };
  return { io, seen };
}

/** A process that is told to end as soon as it obeys SIGTERM, unless the world says otherwise. */
function testHost({ signals = (act) => void setImmediate(() => act("SIGTERM")) }: TestWorld): Host {
  const listeners = new Map<SignalName, () => void>();
  return {
    pid: 4711,
    name: "test",
    runtime: { node: "20.19.0", platform: "linux", arch: "x64" },
    onSignal: (name, act) => {
      listeners.set(name, act);
      if (name === "SIGTERM") signals((sent) => listeners.get(sent)?.());
      return () => void listeners.delete(name);
    },
    endNow: (code) => {
      throw new Error(`ended with ${code}`);
    },
    errWaits: () => 0,
    isTerminal: false,
    isOutTerminal: false,
    status: () => undefined,
  };
}

/** Runs one command line. What it prints as JSON must be one document that keeps to its schema. */
export async function runCli(words: readonly string[], world: TestWorld = {}): Promise<TestRun> {
  const { io, seen } = testIO(world);
  const exit = await runCommandLine(words, io);
  if (
    wantedDocument(
      words,
      words.find((word) => !word.startsWith("-")),
    ) === "json" &&
    !isHelp(words)
  ) {
    const faults = documentFaults(JSON.parse(seen.out));
    if (faults.length > 0) throw new Error(`${words.join(" ")}: ${faults.join("; ")}\n${seen.out}`);
  }
  return { exit, ...seen };
}

const isHelp = (words: readonly string[]): boolean => words.some((word) => ["-h", "--help", "help"].includes(word));
