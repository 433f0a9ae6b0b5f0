/** How many of a thing, for people. Source: docs/spec/command-line.md#streams-and-formats. */

/** `1 resource`, `2 resources`; `many` where that is not the word with an s. */
export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;
