import { Command, Option } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { foldSwitches } from "../../cli/switches.ts";
import { throwsCode } from "../support/assert.ts";

const test = suite("cli/switches");

function program(): Command {
  const root = new Command("root").option("--color <when>", "").option("--no-color", "");
  const act = root
    .command("act")
    .option("-t, --table", "")
    .option("-p, --policy-report", "")
    .option("-r, --resource <file>", "")
    .option("--grain [grain]", "")
    .addOption(new Option("--whole [grain]").choices(["image", "host"]).preset("image"))
    .option("--no-headers", "")
    .option("--check-claims", "")
    .option("--no-check-claims", "")
    .argument("[file...]");
  act.command("below").option("-t, --tree", "");
  root.command("other").option("--resource", "").argument("[file...]");
  const plain = root
    .command("plain")
    .option("-c, --cluster", "")
    .option("--no-headers", "")
    .option("--store <dir>", "");
  plain.command("below");
  root.command("leaf").option("--cluster", "");
  return root;
}
const fold = (words: string): string => foldSwitches(words.split(" "), program()).join(" ");

const cases: readonly (readonly [given: string, folded: string])[] = [
  ["act --table file", "act --table file"],
  ["act --table=true --table=false file", "act file"],
  ["act --table=false --table file", "act --table file"],
  ["act --table --table=false", "act"],
  ["act -t --table=false", "act"],
  ["act --table=false -t", "act --table"],
  ["act -tp --table=false", "act --policy-report"],
  ["act -ptr file --table=0", "act --policy-report -r file"],
  ["act -tp=false", "act --table"],
  ["act -t=F -t=1", "act --table"],
  ["act --table=T --policy-report=TRUE", "act --table --policy-report"],
  ["act --no-headers", "act --no-headers"],
  ["act --headers=false", "act --no-headers"],
  ["act --no-headers --headers", "act"],
  ["act --no-headers --no-headers=false", "act"],
  ["act --no-check-claims --check-claims=true", "act --check-claims"],
  ["act --check-claims --check-claims=false", "act --no-check-claims"],
  ["act -r --table=false --table", "act -r --table=false --table"],
  ["act --resource -t -t=false", "act --resource -t"],
  ["act --resource=-t -t=false", "act --resource=-t"],
  ["act -r-t -t=false", "act -r-t"],
  ["act --grain=false --grain", "act --grain=false --grain"],
  ["act --whole host", "act --whole=image host"],
  ["act --whole=host --whole=true -t", "act --whole=image --table"],
  ["act --whole --whole=host", "act --whole=host"],
  ["act --whole=host --whole=false", "act"],
  ["act --whole=false --whole", "act --whole=image"],
  ["act --whole=image --whole=x", "act --whole=x"],
  ["act --whole=", "act --whole="],
  ["act --table -- --table=false", "act --table -- --table=false"],
  ["act below -t --table", "act below --tree --table"],
  ["act below -t --tree=false", "act below"],
  ["--no-color act", "--no-color act"],
  ["--color always act -t=false", "--color always act"],
  ["act --nothing=false -x", "act --nothing=false -x"],
  ["other --resource -t", "other --resource -t"],
  ["other --resource true", "other --resource true"],
  ["plain --cluster true", "plain --cluster"],
  ["plain -c False", "plain"],
  ["plain --cluster false --cluster", "plain --cluster"],
  ["plain --cluster=true true", "plain --cluster true"],
  ["plain --headers false", "plain --no-headers"],
  ["plain --no-headers 0", "plain"],
  ["plain --cluster below", "plain --cluster below"],
  ["plain --store true --cluster true", "plain --store true --cluster"],
  ["plain --cluster -- true", "plain --cluster -- true"],
  ["leaf --cluster t", "leaf --cluster"],
  ["--no-color true plain", "--no-color true plain"],
];
for (const [given, folded] of cases) test(given, () => assert.is(fold(given), folded));

test("a switch is true or false", () => {
  for (const words of [
    "leaf --cluster yes",
    "act --table=yes",
    "act --table=",
    "act -t=2",
    "act --no-headers=x",
    "act --headers=x",
  ])
    throwsCode("invalid-usage", () => fold(words));
});

test("a truth that is an argument is told, and what sets a switch is not", () => {
  const noted = (words: string): readonly string[] => {
    const notes: string[] = [];
    foldSwitches(words.split(" "), program(), (text) => notes.push(text));
    return notes;
  };
  assert.equal(noted("act --table false"), ["false is an argument of its own here; did you mean --table=false?"]);
  for (const words of ["plain --cluster true", "act --table file", "act -r true", "act --table=true true"])
    assert.equal(noted(words), []);
});

test.run();
