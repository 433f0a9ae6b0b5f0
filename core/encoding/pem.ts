/**
 * PEM blocks. Source: RFC 7468: text outside the boundaries is ignored, the boundaries decide.
 *
 *     -----BEGIN PUBLIC KEY-----
 *     MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE…
 *     -----END PUBLIC KEY-----
 */
import { EngineError } from "../errors.ts";
import { decodeBase64 } from "./base64.ts";

export interface PemBlock {
  /** For instance `PUBLIC KEY`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

const begin = "-----BEGIN ";
const end = "-----END ";
const labelPattern = /([A-Z0-9 ]{1,64})-----/y;

/** The label of a boundary whose first words end at `at`, and where the boundary ends. */
function readLabel(text: string, at: number): { readonly label: string; readonly until: number } {
  labelPattern.lastIndex = at;
  const label = labelPattern.exec(text)?.[1];
  if (label === undefined) throw new EngineError("malformed", "PEM boundary without a label");
  return { label, until: labelPattern.lastIndex };
}

/**
 * All blocks of a text, in order. Line ends, indentation and blank lines inside a block do not matter; RFC 1421 headers
 * are refused. Each character is read a bounded number of times, wherever the boundaries are.
 * @throws EngineError `malformed` when a block's labels differ, its base64 is wrong, or a boundary has no partner.
 */
export function parsePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let next = text.indexOf(begin);
  while (next !== -1) {
    const opening = readLabel(text, next + begin.length);
    const closes = text.indexOf(end, opening.until);
    if (closes === -1) throw new EngineError("malformed", "PEM block without an end");
    next = text.indexOf(begin, opening.until);
    const closing = readLabel(text, closes + end.length);
    if (opening.label !== closing.label || (next !== -1 && next < closes))
      throw new EngineError("malformed", `PEM block begins as ${opening.label} and ends as ${closing.label}`);
    blocks.push({ label: opening.label, bytes: decodeBase64(text.slice(opening.until, closes).replace(/\s+/g, "")) });
  }
  return blocks;
}

/** A block in lines of 64 characters, ending with a line feed. `base64` is the padded text of its bytes. */
export function encodePem(label: string, base64: string): string {
  let text = `-----BEGIN ${label}-----\n`;
  for (let at = 0; at < base64.length; at += 64) text += `${base64.slice(at, at + 64)}\n`;
  return `${text}-----END ${label}-----\n`;
}
