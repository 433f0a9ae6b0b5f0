/** The colour flags, before the command and after it. Source: docs/spec/command-line.md#colour. */

export const colourTimes = ["auto", "always", "never"] as const;
export type ColourTime = (typeof colourTimes)[number];

const isTime = (text: string | undefined): text is ColourTime => (colourTimes as readonly unknown[]).includes(text);

/** `--color` wins over `--no-color` and Kyverno's `--remove-color`. `undefined`: neither was given. */
export function colourFlag(words: readonly string[]): ColourTime | undefined {
  const end = words.indexOf("--");
  const flags = end === -1 ? words : words.slice(0, end);
  const said = flags.flatMap((word, index) => {
    if (word === "--color") return [flags[index + 1]];
    return word.startsWith("--color=") ? [word.slice("--color=".length)] : [];
  });
  const last = said.findLast(isTime);
  if (last !== undefined) return last;
  const removed = flags.findLast((word) => /^--(?:no|remove)-color(?:=|$)/.test(word));
  return removed === undefined || /=(?:0|f|false)$/i.test(removed) ? undefined : "never";
}
