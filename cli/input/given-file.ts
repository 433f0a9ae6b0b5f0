/**
 * Files that the command line names: one that cannot be read, or is something else, is wrong usage with its name.
 * Source: docs/spec/command-line.md#given-files.
 */
import { parsePublicKeysPem, type PublicKey } from "../../core/crypto/public-key.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { codeRow, EngineError } from "../../core/errors.ts";
import type { CommandIO } from "../command.ts";
import type { Limits } from "../../core/limits.ts";

type Reads = Pick<CommandIO, "readFile" | "limits">;

const shown = (path: string): string => (path === "-" ? "standard input" : path);

/**
 * The result of `read` for the file at `path`.
 * @throws EngineError `invalid-usage` in place of a refusal of what the file holds.
 */
export function asGiven<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError) || codeRow(error.code).truth !== "refuted") throw error;
    throw new EngineError("invalid-usage", `${shown(path)} is not ${what}: ${error.message}`, {
      subject: path,
      cause: error.cause,
    });
  }
}

/** The text of a file. @throws EngineError `invalid-usage` when it cannot be read or is not UTF-8. */
export const readGivenText = (path: string, io: Reads): string =>
  asGiven(path, "text in UTF-8", () => decodeUtf8(io.readFile(path)));

/** The one public key of a PEM text; `name` is what the command line calls it. @throws EngineError `invalid-usage` */
export function parsePublicKey(name: string, pem: string, limits: Limits): PublicKey {
  const [key, ...more] = asGiven(name, "a public key", () => parsePublicKeysPem(pem, limits));
  if (key !== undefined && more.length === 0) return key;
  const found = key === undefined ? "no public key in PEM form" : `${more.length + 1} public keys, not one`;
  throw new EngineError("invalid-usage", `${shown(name)} holds ${found}`, { subject: name });
}

/** The one public key of a file, and its text. @throws EngineError `invalid-usage` */
export function readPublicKey(path: string, io: Reads): { readonly pem: string; readonly key: PublicKey } {
  const pem = readGivenText(path, io);
  return { pem, key: parsePublicKey(path, pem, io.limits) };
}
