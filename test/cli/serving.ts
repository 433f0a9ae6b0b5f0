/** The command `serve` from its start to its end, for tests: over real sockets, in this process. */
import * as assert from "uvu/assert";
import type { SignalName } from "../../cli/command.ts";
import { readFile as readRealFile } from "../../cli/file-system.ts";
import { runCommandLine } from "../../cli/program.ts";
import { type TestRun, type TestWorld, testIO } from "./command-io.ts";

/** The head of a configuration. */
export const head = "apiVersion: sallyport.dev/v1alpha1\nkind: Config\n";

export interface Running {
  readonly urls: readonly string[];
  readonly files: Record<string, string>;
  lines(): readonly Record<string, unknown>[];
  send(name: SignalName): void;
  /** Waits until the log has a line with this message, `count` times. */
  logged(message: string, count?: number): Promise<void>;
}

export const linesOf = (text: string): readonly Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

/** Starts `serve`, and ends it after `body`. */
export async function serving(
  words: readonly string[],
  body: (running: Running) => Promise<void>,
  world: TestWorld = {},
): Promise<TestRun> {
  let send: (name: SignalName) => void = () => undefined;
  const files: Record<string, string> = { ...(world.files as Record<string, string>) };
  let started = (): void => undefined;
  const start = new Promise<void>((resolve) => {
    started = resolve;
  });
  const { io, seen } = testIO({
    ...world,
    files,
    signals: (act) => {
      send = act;
      started();
    },
  });
  const readFile: typeof io.readFile = (path) =>
    files[path] === undefined ? readRealFile(path) : new TextEncoder().encode(files[path]);
  const ended = runCommandLine(["serve", "-o", "json", ...words], { ...io, readFile });
  await Promise.race([start, ended]);
  const listeners = seen.out === "" ? [] : (JSON.parse(seen.out).listeners ?? []);
  const logged = async (message: string, count = 1): Promise<void> => {
    const has = (): boolean => linesOf(seen.err).filter(({ msg }) => msg === message).length >= count;
    for (let times = 0; times < 2000 && !has(); times++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(has(), `${message}\n${seen.err}`);
  };
  try {
    await body({
      urls: listeners.map(({ url }: { readonly url: string }) => url),
      files,
      lines: () => linesOf(seen.err),
      send: (name) => send(name),
      logged,
    });
  } finally {
    send("SIGTERM");
  }
  return { exit: await ended, ...seen };
}

/** What is not as it should be, by /readyz, which is 200. */
export async function unready(url: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/readyz`);
  const { checks } = (await answer.json()) as { checks: { name: string; ready: boolean; code: string }[] };
  assert.is(answer.status, 200);
  return checks.filter(({ ready }) => !ready).map(({ name, code }) => `${name} ${code}`);
}

export const statusOf = async (url: string): Promise<number> => {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
};
