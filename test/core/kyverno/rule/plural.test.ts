import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pluralOf } from "../../../../core/kyverno/rule/plural.ts";

const test = suite("core/kyverno/rule/plural");

test("as kubectl guesses it", () => {
  for (const [kind, plural] of [
    ["Pod", "pods"],
    ["Ingress", "ingresses"],
    ["NetworkPolicy", "networkpolicies"],
    ["Gateway", "gateways"],
    ["Mailbox", "mailboxes"],
    ["Batch", "batches"],
    ["TaskRun", "taskruns"],
  ] as const)
    assert.is(pluralOf(kind), plural);
});

test.run();
