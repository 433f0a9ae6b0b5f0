/**
 * The reader that is compared with: a Go program (`yaml-oracle/main.go`), built where Go and its modules are at hand.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("yaml-oracle", import.meta.url));

/** @returns the program's path below `folder`, or why there is none */
export function buildOracle(folder: string): { readonly program: string } | { readonly skipped: string } {
  const program = join(folder, "yaml-oracle");
  const { status, stderr, error } = spawnSync("go", ["build", "-o", program, "."], {
    cwd: source,
    encoding: "utf8",
    timeout: 600_000,
  });
  if (error !== undefined) return { skipped: `go: ${error.message}` };
  return status === 0 ? { program } : { skipped: `go build: ${stderr.trim().split("\n").at(-1) ?? `exit ${status}`}` };
}

/** What it read: the documents that are not null, and why it stopped. */
export interface OracleAnswer {
  readonly docs: readonly unknown[] | null;
  readonly error: string;
}

export type OracleReader = "kubectl" | "yaml.v3";

export class Oracle {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: OracleAnswer) => void)[] = [];

  constructor(program: string) {
    this.#child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error("the oracle has no output");
    createInterface({ input: this.#child.stdout }).on("line", (line) =>
      this.#waiting.shift()?.(JSON.parse(line) as OracleAnswer),
    );
    this.#child.on("exit", (code) => {
      if (this.#waiting.length > 0) throw new Error(`the oracle ended with ${code}`);
    });
  }

  /** The answers to texts, in their order. */
  read(texts: readonly string[], reader: OracleReader): Promise<readonly OracleAnswer[]> {
    const answers = texts.map(() => new Promise<OracleAnswer>((resolve) => this.#waiting.push(resolve)));
    const letter = reader === "kubectl" ? "k" : "3";
    const parts = texts.flatMap((text) => {
      const body = Buffer.from(text, "utf8");
      const head = Buffer.alloc(5, letter);
      head.writeUInt32BE(body.length, 1);
      return [head, body];
    });
    this.#child.stdin?.write(Buffer.concat(parts));
    return Promise.all(answers);
  }

  end(): void {
    this.#child.stdin?.end();
  }
}
