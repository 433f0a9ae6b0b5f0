/**
 * Whether a character is of a kind of Unicode, by RE2's own tables: what a host's expressions say depends on the
 * Unicode that the host has. Source: https://golang.org/s/re2syntax.
 */
import { RE2JS } from "re2js";

/** Kinds that are asked about: letters and digits (Go's names of groups), digits, and what a screen does not show. */
const kinds = { word: "^[\\p{L}\\p{Nd}_]$", digit: "^\\p{Nd}$", hidden: "^[\\p{C}\\x{2028}\\x{2029}]$" } as const;

/** Most texts are ASCII, and need no tables. */
const plain = { word: /^[0-9A-Za-z_]$/, digit: /^[0-9]$/, hidden: /^[^ -~]$/ } as const;

const compiled = new Map<keyof typeof kinds, RE2JS>();

/** `character`: one code point. */
export function isKind(kind: keyof typeof kinds, character: string): boolean {
  if (character < "\x80") return plain[kind].test(character);
  const known = compiled.get(kind);
  const program = known ?? RE2JS.compile(kinds[kind], RE2JS.DOTALL);
  if (known === undefined) compiled.set(kind, program);
  return program.test(character);
}
