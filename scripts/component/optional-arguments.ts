/**
 * jco's types ask for every argument, also for those that the world calls options and that its module does without.
 * The types made here let the last ones be left out.
 */
export function withOptionalArguments(text: string): string {
  let made = text;
  for (;;) {
    const next = made.replace(
      /(\bfunction \w+\([^()]*?)(\w+): ([^,()|]+) \| undefined((?:, \w+\?: [^,()]+)*\))/g,
      (_, before: string, name: string, type: string, after: string) => `${before}${name}?: ${type}${after}`,
    );
    if (next === made) break;
    made = next;
  }
  if (made === text) throw new Error("jco's types write options in another way");
  return made;
}
