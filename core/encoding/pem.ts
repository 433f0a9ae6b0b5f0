/** PEM blocks. Source: RFC 7468: text outside the boundaries is ignored, the boundaries decide. */
import { EngineError } from "../errors.ts";
import { decodeBase64 } from "./base64.ts";

export interface PemBlock {
  /** For instance `PUBLIC KEY`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

const boundary = /-----BEGIN ([A-Z0-9 ]{1,64})-----([\s\S]*?)-----END ([A-Z0-9 ]{1,64})-----/g;

/**
 * All blocks of a text, in order. Line ends, indentation and blank lines inside a block do not matter; RFC 1421 headers are refused.
 * @throws EngineError `malformed` when a block's labels differ, its base64 is wrong, or a boundary has no partner.
 */
export function parsePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let boundaries = 0;
  for (const match of text.matchAll(boundary)) {
    const [, begin, body, end] = match as unknown as [string, string, string, string];
    if (begin !== end || body.includes("-----BEGIN ")) throw new EngineError("malformed", `PEM block begins as ${begin} and ends as ${end}`);
    blocks.push({ label: begin, bytes: decodeBase64(body.replace(/[\s]+/g, "")) });
    boundaries += 1;
  }
  const begins = text.split("-----BEGIN ").length - 1;
  if (begins !== boundaries) throw new EngineError("malformed", "PEM block without an end");
  return blocks;
}

/** A block in lines of 64 characters, ending with a line feed. `base64` is the padded text of its bytes. */
export const encodePem = (label: string, base64: string): string =>
  `-----BEGIN ${label}-----\n${base64.replace(/(.{64})(?=.)/g, "$1\n")}\n-----END ${label}-----\n`;
