import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ColourTime, colourFlag } from "../../cli/colour-flag.ts";

const test = suite("cli/colour-flag");

const cases: readonly (readonly [words: string, said: ColourTime | undefined])[] = [
  ["verify image", undefined],
  ["--color always verify image", "always"],
  ["verify image --color always", "always"],
  ["verify --color=never image", "never"],
  ["--color auto verify image", "auto"],
  ["--color always verify --color never image", "never"],
  ["--no-color verify image", "never"],
  ["apply --remove-color p.yaml", "never"],
  ["apply --remove-color=false p.yaml", undefined],
  ["apply --remove-color --remove-color=false p.yaml", undefined],
  ["--no-color verify --color=always image", "always"],
  ["verify image -- --color=always", undefined],
  ["--color purple verify image", undefined],
];
for (const [words, said] of cases) test(words, () => assert.is(colourFlag(words.split(" ")), said));

test.run();
