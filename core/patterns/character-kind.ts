/**
 * Whether a character is of a kind of Unicode, by RE2's own tables: what a host's expressions say depends on the
 * Unicode that the host has. Source: https://golang.org/s/re2syntax.
 */
import { RE2JS } from "re2js";

/**
 * Letters and marks that are drawn as nothing, and the empty sign of braille: two names that differ by one look the
 * same. Source: https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt (Default_Ignorable_Code_Point).
 */
const unseen =
  "\\x{2028}\\x{2029}\\x{34f}\\x{115f}\\x{1160}\\x{17b4}\\x{17b5}\\x{180b}-\\x{180f}\\x{2800}\\x{3164}" +
  "\\x{fe00}-\\x{fe0f}\\x{ffa0}\\x{e0100}-\\x{e01ef}";

/** Kinds that are asked about: letters and digits (Go's names of groups), digits, and what a screen does not show. */
const kinds = { word: "^[\\p{L}\\p{Nd}_]$", digit: "^\\p{Nd}$", hidden: `^[\\p{C}${unseen}]$` } as const;

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
