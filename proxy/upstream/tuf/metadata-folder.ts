/**
 * The metadata of a TUF client in a folder, byte for byte as it was served: `root.json`, `timestamp.json`, one file a
 * role.
 */
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../../core/errors.ts";
import { makeFolder } from "../../make-folder.ts";
import { replaceFile } from "../../synced.ts";
import { type HeldRoles, quoteRole } from "./update.ts";
import type { Limits } from "../../../core/limits.ts";

export class MetadataFolder implements HeldRoles {
  readonly #folder: string;
  readonly #limits: Limits;

  constructor(folder: string, limits: Limits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  #path(role: string): string {
    return join(this.#folder, `${quoteRole(role)}.json`);
  }

  /** Undefined also for what is larger than any metadata, and for a pipe or device, which may never end. */
  read(role: string): Uint8Array | undefined {
    const path = this.#path(role);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true || found.size > this.#limits.tufTargetsBytes) return undefined;
    return new Uint8Array(readFileSync(path));
  }

  write(role: string, bytes: Uint8Array): void {
    makeFolder(this.#folder);
    replaceFile(this.#path(role), bytes);
  }

  remove(role: string): void {
    rmSync(this.#path(role), { force: true });
  }

  /** @throws EngineError `no-trust` when there is no initial root. */
  root(): Uint8Array {
    const bytes = this.read("root");
    if (bytes === undefined) throw new EngineError("no-trust", "no root.json to begin with", { subject: this.#folder });
    return bytes;
  }
}
