/**
 * What the operating system reports of files, for people. Source:
 * https://man7.org/linux/man-pages/man3/errno.3.html.
 */
import { EngineError } from "../core/errors.ts";

const texts: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EISDIR: "it is a folder",
  EEXIST: "something else has this name",
  ENOTDIR: "a part of the path is no folder",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file system takes no file of this size",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its links lead nowhere",
  ENXIO: "it is a socket",
};

/** In words, with the code for those who look it up. */
export const systemWords = (code: string): string => (Object.hasOwn(texts, code) ? `${texts[code]} (${code})` : code);

/** What mends it: where the disk has no room or fails, that; else another path. */
export const systemRemedy = (code: string): "disk" | "path" => (/^(?:ENOSPC|EDQUOT|EIO)$/.test(code) ? "disk" : "path");

/** The error code of the operating system, for instance `ENOENT`. */
export const systemCode = (error: unknown): string | undefined => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
};

/** Why the operating system refused something, in words. */
export const systemReason = (error: unknown): string => systemWords(systemCode(error) ?? String(error));

/**
 * Why `path`, as people named it, cannot be written.
 * @throws the error itself where the operating system did not report it.
 */
export function cannotWrite(path: string, error: unknown, wordsOf = systemWords): EngineError {
  const code = systemCode(error);
  if (error instanceof EngineError || code === undefined) throw error;
  return new EngineError("invalid-usage", `cannot write ${path}: ${wordsOf(code)}`, {
    subject: path,
    cause: error,
    remedy: systemRemedy(code),
  });
}
