/** What became of each fault, kept in a file so that a run goes on where the last one ended. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Fault } from "./fault.ts";

/** Who saw the fault: the test file or the golden suite; absent where nobody did. */
export interface Sighting {
  readonly tests?: string;
  readonly attacks?: string;
  readonly golden?: string;
}

export interface FaultResult extends Sighting {
  readonly cpuSeconds: number;
}

const folders = ["core", "proxy", "cli", "test"];

/** SHA-256 over the paths and bytes of everything that decides and that tests. */
export function treeDigest(root: string): string {
  const hash = createHash("sha256");
  const files = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of [...files, ...["package.json", "package-lock.json"].map((name) => join(root, name))])
    if (existsSync(path))
      hash.update(`${relative(root, path)}\n${createHash("sha256").update(readFileSync(path)).digest("hex")}\n`);
  return hash.digest("hex");
}

/** Results by the content of the tree and of the fault: an edit of either makes them worthless. */
export class ResultFile {
  readonly #path: string;
  readonly #tree: string;
  readonly #known: Record<string, FaultResult>;

  constructor(path: string, tree: string) {
    this.#path = path;
    this.#tree = tree;
    this.#known = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, FaultResult>) : {};
  }

  #key(fault: Fault): string {
    return createHash("sha256")
      .update(JSON.stringify([this.#tree, fault]))
      .digest("hex");
  }

  find(fault: Fault): FaultResult | undefined {
    return this.#known[this.#key(fault)];
  }

  keep(fault: Fault, result: FaultResult): void {
    this.#known[this.#key(fault)] = result;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify(this.#known, undefined, 2));
  }
}
