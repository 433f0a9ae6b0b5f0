/** Servers and programs of a scenario: started on free ports of loopback, ended with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export interface Outcome {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** What a scenario started and made; `end` undoes it all. */
export class Stage {
  readonly folder: string = mkdtempSync(join(tmpdir(), "sallyport-e2e-"));
  readonly #running: ChildProcess[] = [];

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Starts a server and waits until `isReady`. @throws when it ends before, with what it said. */
  async serve(
    program: string,
    words: readonly string[],
    isReady: () => Promise<boolean>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly pid: number; kill(signal: "SIGKILL" | "SIGHUP"): void }> {
    const child = spawn(program, words, {
      cwd: this.folder,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    const hear = (piece: Buffer): void => {
      said = (said + piece.toString("utf8")).slice(-4000);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    this.#running.push(child);
    for (let left = 1200; left > 0; left--) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`);
      if (await isReady().catch(() => false)) return { pid: child.pid ?? 0, kill: (signal) => void child.kill(signal) };
      await wait(50);
    }
    throw new Error(`${program} did not become ready: ${said}`);
  }

  /** Runs a program to its end. */
  async run(
    program: string,
    words: readonly string[],
    { env = {}, input = "" }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
  ): Promise<Outcome> {
    // Lines that are not broken, so that sentences can be looked for.
    const child = spawn(program, words, { cwd: this.folder, env: { ...process.env, COLUMNS: "1000", ...env } });
    let [out, err] = ["", ""];
    child.stdout.on("data", (piece: Buffer) => {
      out += piece.toString("utf8");
    });
    child.stderr.on("data", (piece: Buffer) => {
      err += piece.toString("utf8");
    });
    // A program need not read what it is given.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const exit = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    return { exit, out, err };
  }

  /** Ends every server; files stay. */
  async stopServers(): Promise<void> {
    for (const child of this.#running.splice(0)) {
      if (child.exitCode !== null) continue;
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      await Promise.race([ended, wait(2000).then(() => child.kill("SIGKILL"))]);
    }
  }

  async end(): Promise<void> {
    await this.stopServers();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Until it is so: of a server that reads something, an API server that learns of a webhook. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  for (let times = 0; times < seconds * 5; times++) {
    if (await holds()) return;
    await wait(200);
  }
  throw new Error(`it never came to this: ${what}`);
}
