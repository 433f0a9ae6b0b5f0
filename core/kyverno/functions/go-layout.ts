/**
 * Layouts of Go's time package: text written by the reference time `Mon Jan 2 15:04:05 MST 2006`. Source: Go's time
 * package (constants, Parse).
 */

/** A piece of a layout: text to be matched, then one field (none after the last text). */
export interface LayoutPiece {
  readonly before: string;
  readonly field: string | undefined;
}

const zone = /^(?:Z070000|Z07:00:00|Z0700|Z07:00|Z07|-070000|-07:00:00|-0700|-07:00|-07)/;
const fraction = /^[.,](0+|9+)(?![0-9])/;
const lowerCase = /^[a-z]/;

/** The layout field at the start of `rest`. */
function fieldAt(rest: string): string | undefined {
  switch (rest.charAt(0)) {
    case "J":
      if (!rest.startsWith("Jan")) return undefined;
      return rest.startsWith("January") ? "January" : lowerCase.test(rest.slice(3)) ? undefined : "Jan";
    case "M":
      if (rest.startsWith("Monday")) return "Monday";
      if (rest.startsWith("Mon") && !lowerCase.test(rest.slice(3))) return "Mon";
      return rest.startsWith("MST") ? "MST" : undefined;
    case "0":
      return /^0[1-6]/.test(rest) ? rest.slice(0, 2) : rest.startsWith("002") ? "002" : undefined;
    case "1":
      return rest.startsWith("15") ? "15" : "1";
    case "2":
      return rest.startsWith("2006") ? "2006" : "2";
    case "_":
      if (rest.startsWith("__2")) return "__2";
      // `_2006` is an underscore and a year.
      return rest.startsWith("_2") && !rest.startsWith("_2006") ? "_2" : undefined;
    case "3":
    case "4":
    case "5":
      return rest.charAt(0);
    case "P":
      return rest.startsWith("PM") ? "PM" : undefined;
    case "p":
      return rest.startsWith("pm") ? "pm" : undefined;
    case "-":
    case "Z":
      return zone.exec(rest)?.[0];
    case ".":
    case ",":
      return fraction.exec(rest)?.[0];
    default:
      return undefined;
  }
}

/** The pieces of a layout; the last one has no field. */
export function parseLayout(layout: string): readonly LayoutPiece[] {
  const pieces: LayoutPiece[] = [];
  let from = 0;
  for (let at = 0; at < layout.length; ) {
    const field = fieldAt(layout.slice(at));
    if (field === undefined) {
      at++;
      continue;
    }
    pieces.push({ before: layout.slice(from, at), field });
    at += field.length;
    from = at;
  }
  pieces.push({ before: layout.slice(from), field: undefined });
  return pieces;
}
