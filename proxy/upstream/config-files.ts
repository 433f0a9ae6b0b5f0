/** Reading configuration: credentials, certificates and mirrors are in files of other tools. */
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Environment } from "./proxy-choice.ts";

export interface Files {
  /** `undefined`: there is nothing of this name. @throws EngineError when it is there and cannot be read as a file. */
  read(path: string): Uint8Array | undefined;
  /** Names of a folder's entries, sorted; none where there is no folder. */
  list(folder: string): readonly string[];
}

/** @throws EngineError `invalid-config` for a file that is not UTF-8. */
export function readText(files: Files, path: string): string | undefined {
  const bytes = files.read(path);
  if (bytes === undefined) return undefined;
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    throw new EngineError("invalid-config", "not text in UTF-8", { subject: path, cause: error });
  }
}

/** A path for people: this user's home is `~`. */
export const shownPath = (path: string, { HOME = "" }: Environment): string =>
  HOME !== "" && path.startsWith(`${HOME}/`) ? `~${path.slice(HOME.length)}` : path;

/**
 * A file that a setting names; `setting` is the flag or variable, for people.
 * @throws EngineError `invalid-config` where there is none.
 */
export function readNamedText(files: Files, path: string, setting?: string): string {
  const text = readText(files, path);
  if (text === undefined)
    throw new EngineError(
      "invalid-config",
      setting === undefined ? "there is no such file" : `${setting} ${path}: there is no such file`,
      {
        subject: path,
      },
    );
  return text;
}
