/**
 * What was published last from a mirror: `published.json` beside it. It is no content, and does not need the mirror's
 * lock. Source: docs/spec/snapshot.md.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseInstant } from "../../core/encoding/instant.ts";
import { parseJson } from "../../core/encoding/json.ts";
import { readInteger, readObject, readString } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { corrupt, guardedFiles } from "../mirror/store-error.ts";
import { systemCode } from "../system-words.ts";
import { replaceFile } from "../synced.ts";

export interface Published {
  readonly sequence: number;
  /** RFC 3339. */
  readonly created: string;
}

const file = "published.json";
const mostBytes = 4096;

/** @throws EngineError `mirror-corrupt` when the file is damaged. */
export function readPublished(folder: string, limits: Limits): Published | undefined {
  const path = join(folder, file);
  try {
    const facts = readObject(parseJson(readFileSync(path), { maxBytes: mostBytes, limits }), "");
    const sequence = readInteger(facts.sequence, "/sequence");
    const created = readString(facts.created, "/created");
    parseInstant(created, "/created");
    if (sequence < 1) throw new EngineError("malformed", "a number below 1", { subject: "/sequence" });
    return { sequence, created };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    if (!(error instanceof EngineError)) throw error;
    throw corrupt(path, `the number of the last snapshot cannot be read: ${error.message}`, error);
  }
}

/** When it returns, a power cut does not change it any more. */
export function writePublished(folder: string, { sequence, created }: Published): void {
  const path = join(folder, file);
  guardedFiles(folder, () => replaceFile(path, `${JSON.stringify({ sequence, created })}\n`));
}
