import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addJudgingOptions, type JudgingOptions, readJudgingInput } from "../../../cli/input/judging-flags.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/judging-flags");
const files = {
  "v.yaml": "kind: Values\nglobalValues: { a: b }\n",
  "u.yaml": "kind: UserInfo\nuserInfo: { username: bob }\n",
  "n.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n",
};
const told = (words: string) => {
  const command = addJudgingOptions(new Command("act").exitOverride());
  command.parse(words === "" ? [] : words.split(" "), { from: "user" });
  return readJudgingInput(command.opts<JudgingOptions>(), testIO({ files }).io);
};

test("values, a user and the cluster's files", () => {
  const { values, user, cluster } = told("-f v.yaml -s c=d -u u.yaml --cluster-resource n.yaml,n.yaml");
  assert.equal([{ ...values.globals }, values.set, user.userInfo?.username], [{ a: "b" }, { c: "d" }, "bob"]);
  const question = { kind: "cluster", verb: "get", apiVersion: "v1", resource: "namespaces", name: "shop" } as const;
  assert.is(cluster[0]?.answer(question)?.state, "present");
  assert.equal(told("").cluster, []);
});

test("a file that is not what its flag wants is wrong usage", () => {
  for (const words of ["-f u.yaml", "-u v.yaml", "-f n.yaml", "--cluster-resource v.yaml", "-u gone.yaml", "-s x"])
    throwsCode("invalid-usage", () => told(words));
});

test.run();
