/** A browser without a window, which loads one page of a server on loopback and posts what it found. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Browser {
  /** Serves `files`, opens `/`, and returns the body of the first POST to `answer`. */
  run(files: Readonly<Record<string, readonly [type: string, body: string]>>, answer: string): Promise<string>;
}

const names = ["chromium", "chromium-browser", "google-chrome"];
const most = 10 * 60_000;

/** Undefined where none is installed. `SALLYPORT_CHROMIUM` names one. */
export function findBrowser(): Browser | undefined {
  const given = process.env.SALLYPORT_CHROMIUM;
  const program = (given === undefined ? names : [given]).find(
    (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
  );
  return program === undefined ? undefined : { run: (files, answer) => open(program, files, answer) };
}

async function open(
  program: string,
  files: Readonly<Record<string, readonly [type: string, body: string]>>,
  answer: string,
): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), "sallyport-browser-"));
  let done: (text: string) => void;
  const answered = new Promise<string>((resolve) => {
    done = resolve;
  });
  const server = createServer((request, response) => {
    if (request.method === "POST" && request.url === answer) {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.end();
        done(Buffer.concat(chunks).toString("utf8"));
      });
      return;
    }
    const file = files[request.url ?? ""];
    response.writeHead(file === undefined ? 404 : 200, { "content-type": file?.[0] ?? "text/plain" });
    response.end(file?.[1] ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`];
  const child = spawn(program, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore", detached: true });
  const ended = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${program} ended with ${code} before its page answered`)));
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${program}: no answer within ${most} ms`)), most);
  });
  try {
    return await Promise.race([answered, ended, late]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined);
    // A browser is several processes, which write into its profile until they end.
    const gone = new Promise((resolve) => child.once("close", resolve));
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await gone;
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
