/** Values to write as YAML and to read back, with texts that readers differ in. */
import { Random } from "./mutate.ts";
import { pieces, plainWords, quotedWords } from "./yaml-words.ts";

/** A text of few words, in which lines, quotes and indicators meet. */
function text(random: Random): string {
  const words = random.below(3) === 0 ? plainWords : random.below(4) === 0 ? quotedWords : pieces;
  let made = "";
  for (let count = random.below(5); count > 0; count--) made += random.pick(words);
  return made;
}

const numbers = [0, 1, -1, 0.1, 1e21, 1e-7, 1.5e300, 2 ** 53 - 1, 123456789012345680000, 5e-324, 80, 1.5] as const;

function value(random: Random, depth: number): unknown {
  const kind = random.below(depth <= 0 ? 6 : 9);
  if (kind < 4) return text(random);
  if (kind === 4) return random.pick(numbers);
  if (kind === 5) return random.pick([true, false, null]);
  if (kind === 6) return Array.from({ length: random.below(4) }, () => value(random, depth - 1));
  return map(random, depth);
}

function map(random: Random, depth: number): Readonly<Record<string, unknown>> {
  const members = Array.from({ length: 1 + random.below(3) }, (_, index): readonly [string, unknown] => {
    const name = random.below(2) === 0 ? `k${index}` : text(random);
    return [name === "<<" ? "k" : name, value(random, depth - 1)];
  });
  return Object.fromEntries(members);
}

/** The value of an index: a map, as resources are. */
export const yamlValueAt = (index: number, seed: number): unknown =>
  map(new Random(Math.imul(seed, 0x01000193) ^ index ^ 0x5bd1e995), 3);
