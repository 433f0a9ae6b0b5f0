/**
 * What a screen obeys or does not show, in texts that strangers wrote: control and format characters, the signs of
 * directions among them, line ends that only Unicode has, numbers without a character, and letters and marks that are
 * drawn as nothing: two names that differ by one look the same. By the tables of the host, for what is printed; what is
 * decided asks `isKind`, whose tables are its own. Source: docs/spec/command-line.md#text-from-outside.
 */

const hidden = /[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800]/gu;
/** Most texts are ASCII, and this takes a tenth of the time. */
const plain = /^[ -~]*$/;
const plainLines = /^[\n -~]*$/;

export const hasHidden = (text: string): boolean => !plain.test(text) && text.search(hidden) >= 0;

export const replaceHidden = (text: string, by: (sign: string) => string): string =>
  plain.test(text) ? text : text.replace(hidden, by);

/** A character by its number, which writes nothing to a terminal: `\u{202e}`. */
export const signNumber = (sign: string): string => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`;

export const escapeHidden = (text: string): string => replaceHidden(text, signNumber);

/** JSON text in which such characters are escapes; its strings mean the same, and its line ends stay. */
export const escapeHiddenJson = (json: string): string =>
  plainLines.test(json)
    ? json
    : json.replace(hidden, (sign) =>
        sign === "\n"
          ? sign
          : Array.from(
              { length: sign.length },
              (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`,
            ).join(""),
      );
