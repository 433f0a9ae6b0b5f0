/**
 * `x509_decode`: the certificate or request of a PEM text, as Go's structures print. Source:
 * docs/spec/kyverno.md#functions; Go's encoding/pem package.
 */
import { decodeBase64 } from "../../encoding/base64.ts";
import { define, fail, type JmesFunction, refuse } from "../../jmespath/functions/signature.ts";
import type { Evaluation, Value } from "../../jmespath/value.ts";
import { evaluating, text } from "./arguments.ts";
import { certificateStructure, requestStructure } from "./go-certificate.ts";

interface Block {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const begin = /(?:^|\n)-----BEGIN ([^\n]*)-----[ \t\r]*\n/g;
const header = /^[^\n:]*:[^\n]*\n/;

/** The first block whose boundaries begin a line and agree; a damaged one is skipped, as in Go. */
function firstBlock(source: string, run: Evaluation): Block | undefined {
  begin.lastIndex = 0;
  for (let match = begin.exec(source); match !== null; match = begin.exec(source)) {
    const type = match[1] ?? "";
    let body = source.slice(begin.lastIndex);
    // A text may begin a thousand blocks that all end in the same place.
    run.spend(body.length);
    for (let line = header.exec(body); line !== null; line = header.exec(body)) body = body.slice(line[0].length);
    const end = body.startsWith("-----END ") ? 0 : body.indexOf("\n-----END ");
    // The next block may begin with the line end that this one ends with.
    begin.lastIndex--;
    if (end < 0) continue;
    const boundary = /^\n?-----END ([^\n]*)-----[ \t\r]*(?:\n|$)/.exec(body.slice(end));
    const digits = body.slice(0, end).replace(/[ \t\r\n]/g, "");
    if (boundary?.[1] !== type || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits) || digits.length % 4 !== 0) continue;
    return { type, bytes: evaluating(() => decodeBase64(digits)) };
  }
  return undefined;
}

function decodeX509(source: string, run: Evaluation): Value {
  const { limits } = run;
  if (source.length > 4 * limits.certificateBytes) return refuse("PEM text too large");
  const block = firstBlock(source, run) ?? fail("failed to decode PEM block");
  if (block.type === "CERTIFICATE") return evaluating(() => certificateStructure(block.bytes, limits));
  if (block.type === "CERTIFICATE REQUEST") return evaluating(() => requestStructure(block.bytes, limits));
  return fail("PEM block neither contains a CERTIFICATE or CERTIFICATE REQUEST");
}

export const certificateFunctions: readonly (readonly [string, JmesFunction])[] = [
  ["x509_decode", define(["string"], ([source], run) => decodeX509(text(source), run))],
];
