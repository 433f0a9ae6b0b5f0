/**
 * What Helm prints around manifests: the head of `helm install --dry-run` and `helm get all`, and notes. Lines are
 * emptied and not removed, so that places stay true. Source: docs/spec/image-lists.md#forms.
 */

interface HelmOutput {
  readonly text: string;
  /** The first line of notes that are left out. */
  readonly notesFrom: number | undefined;
}

const separator = /^---(?:\s|$)/;

/** A head is followed by manifests; the words stand alone at the beginning of a line. */
function withoutHead(lines: string[]): void {
  const isHead = lines.findIndex((line) => line.trim() !== "") === lines.findIndex((line) => /^NAME: /.test(line));
  const manifest = lines.findIndex((line) => /^(?:HOOKS|MANIFEST):\s*$/.test(line));
  if (!isHead || manifest < 0) return;
  lines.fill("", 0, manifest);
  for (const [index, line] of lines.entries()) if (/^(?:HOOKS|MANIFEST):\s*$/.test(line)) lines[index] = "---";
}

export function withoutNotes(text: string): HelmOutput {
  if (!/^(?:NAME: |MANIFEST:|NOTES:|# Source: )/m.test(text)) return { text, notesFrom: undefined };
  const lines = text.split(/\r\n|\n|\r/);
  withoutHead(lines);
  let notesFrom: number | undefined;
  let inNotes: "document" | "end" | undefined;
  for (const [index, line] of lines.entries()) {
    if (inNotes === "document" && separator.test(line)) inNotes = undefined;
    if (inNotes === undefined && /^NOTES:\s*$/.test(line)) inNotes = "end";
    else if (inNotes === undefined && /^# Source: .*\/NOTES\.txt\s*$/.test(line)) inNotes = "document";
    if (inNotes === undefined) continue;
    if (line.trim() !== "") notesFrom ??= index + 1;
    lines[index] = "";
  }
  return { text: lines.join("\n"), notesFrom };
}
