/**
 * Files that the command line names: one that cannot be read, or is something else, is wrong usage with its name.
 * Source: docs/spec/command-line.md#given-files.
 */
import { parsePublicKeysPem, type PublicKey } from "../../core/crypto/public-key.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { codeRow, EngineError, type Remedy } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { CommandIO } from "../command.ts";
import { formOfFile } from "./what-file.ts";

type Reads = Pick<CommandIO, "readFile" | "limits">;

/** What the caller wrote is wrong. `subject`: the flag, file or name. */
export const usage = (message: string, subject?: string): EngineError =>
  new EngineError("invalid-usage", message, { subject });

/** A file as messages name it. */
export const shown = (path: string): string => (path === "-" ? "standard input" : path);

/** A file, and the flag that named it. */
interface Given {
  readonly path: string;
  readonly content: Uint8Array | string;
  readonly limits: Limits;
  readonly flag?: string | undefined;
}

/** What a file should hold. `form`: the form of such a file, even of one with a fault. */
export interface Wanted {
  readonly what: string;
  readonly form?: Remedy;
}

export const aTrustedRoot: Wanted = { what: "a trusted root", form: "trusted-root" };
export const aTufRoot: Wanted = { what: "a TUF root", form: "tuf-metadata" };
const aPublicKey: Wanted = { what: "a public key", form: "public-key" };
const aText: Wanted = { what: "text in UTF-8" };

/**
 * What `read` makes of a file.
 * @throws EngineError `invalid-usage` in place of a refusal of what the file holds: which file, what it is, and what to
 * do.
 */
export function asGiven<T>({ path, content, limits, flag }: Given, { what, form: own }: Wanted, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError) || codeRow(error.code).truth !== "refuted") throw error;
    const form = formOfFile(typeof content === "string" ? encodeUtf8(content) : content, limits);
    const name = `${flag === undefined ? "" : `${flag} `}${shown(path)}`;
    const other = form?.remedy === own ? undefined : form;
    const why = other === undefined ? error.message : `it is ${other.is}`;
    throw new EngineError("invalid-usage", `${name} is not ${what}: ${why}`, {
      subject: path,
      cause: error.cause,
      remedy: other === undefined ? "other-file" : remedyFor(other.remedy, own),
    });
  }
}

/** Where a certificate is wanted, a key does not help, wherever else it may be given. */
const remedyFor = (found: Remedy, own: Remedy | undefined): Remedy =>
  own === "certificate" && keyRemedies.has(found) ? "wants-certificate" : found;
const keyRemedies: ReadonlySet<Remedy> = new Set(["public-key", "private-key", "cosign-key"]);

/** The text of a file. @throws EngineError `invalid-usage` when it cannot be read or is not UTF-8. */
export function readGivenText(path: string, io: Reads, flag?: string): string {
  const content = io.readFile(path);
  return asGiven({ path, content, limits: io.limits, flag }, aText, () => {
    const text = decodeUtf8(content);
    // The headers of a tar archive are text with zeros between; of YAML its reader says where they are.
    if (text.includes("\0") && formOfFile(content, io.limits) !== undefined)
      throw new EngineError("malformed", "it has NUL characters");
    return text;
  });
}

/** The one public key of a PEM text; `name` is what the command line calls it. @throws EngineError `invalid-usage` */
export function parsePublicKey(name: string, pem: string, limits: Limits, flag?: string): PublicKey {
  const given = { path: name, content: pem, limits, flag };
  const [key, ...more] = asGiven(given, aPublicKey, () => parsePublicKeysPem(pem, limits));
  if (key !== undefined && more.length === 0) return key;
  const found = key === undefined ? "no public key in PEM form" : `${more.length + 1} public keys, not one`;
  throw new EngineError("invalid-usage", `${flag === undefined ? "" : `${flag} `}${shown(name)} holds ${found}`, {
    subject: name,
    remedy: key === undefined ? "other-file" : "one-key",
  });
}

/** The one public key of a file, and its text. @throws EngineError `invalid-usage` */
export function readPublicKey(
  path: string,
  io: Reads,
  flag?: string,
): { readonly pem: string; readonly key: PublicKey } {
  const pem = readGivenText(path, io, flag);
  return { pem, key: parsePublicKey(path, pem, io.limits, flag) };
}
