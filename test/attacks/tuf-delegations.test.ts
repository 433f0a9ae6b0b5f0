/** Attacks on TUF delegations: which of several roles vouches for the trusted root. */
import * as assert from "uvu/assert";
import { defaultLimits } from "../../core/limits.ts";
import type { TufRepository } from "../lab/tuf-repository.ts";
import { attackSuite } from "./attack.ts";
import { codeOf, decision, fault, initialOf, made, object, refused, signed } from "./tuf-trust.ts";

const { attack, run } = attackSuite("tuf-delegations");

/** Two roles vouch for the target: the one that comes first with the trusted root, the other with a stranger's. */
function rivals(arrange: (repository: TufRepository, first: string, second: string) => void): void {
  // As long as the right one, so that its digest alone tells them apart.
  const evil = Uint8Array.from(signed.trustedRoot, (byte, index) => (index === 20 ? byte ^ 1 : byte));
  const repository = made();
  delete object(repository.signed("targets").targets)["trusted_root.json"];
  arrange(repository, "first", "second");
  repository.addTarget("trusted_root.json", signed.trustedRoot, "first");
  repository.addTarget("trusted_root.json", evil, "second");
  repository.publish();
  const source = repository.source();
  assert.equal(source.target, evil);
  assert.is(codeOf(source, initialOf(repository)), "malformed");
  assert.is(decision(source, initialOf(repository)), "no-trust");
  assert.is(decision({ ...source, target: signed.trustedRoot }, initialOf(repository)), "allowed");
}
const all = { paths: ["*"] };

attack(90, "two delegations vouch for the target: the first in the list counts, whatever their names", () => {
  rivals((repository, first, second) => {
    repository.delegate("targets", first, all);
    repository.delegate("targets", second, all);
  });
  rivals((repository, first, second) => {
    repository.delegate("targets", second, all);
    repository.delegate("targets", first, all, { first: true });
  });
});

attack(90, "depth first: what the first delegation delegates to comes before the second one", () => {
  rivals((repository, first, second) => {
    repository.delegate("targets", "between", all);
    repository.delegate("targets", second, all);
    repository.delegate("between", first, all);
  });
  fault("a target behind a terminating delegation");
  refused("no-trust", (repository) => {
    delete object(repository.signed("targets").targets)["trusted_root.json"];
    repository.delegate("targets", "a", all);
    repository.delegate("targets", "b", all);
    repository.delegate("a", "end", all, { terminating: true });
    repository.addTarget("trusted_root.json", signed.trustedRoot, "b");
    repository.publish();
    return undefined;
  });
});

attack(90, "a role vouches for what was not delegated to it, roles delegate in a circle, or beyond all bounds", () => {
  for (const paths of [["evil/*"], ["*/trusted_root.json"], ["trusted_root.jso"], [""], []])
    refused("no-trust", (repository) => {
      delete object(repository.signed("targets").targets)["trusted_root.json"];
      repository.delegate("targets", "evil", { paths });
      repository.addTarget("trusted_root.json", signed.trustedRoot, "evil");
      repository.publish();
      return undefined;
    });
  refused("no-trust", (repository) => {
    delete object(repository.signed("targets").targets)["trusted_root.json"];
    repository.delegate("targets", "a", all);
    repository.delegate("a", "b", all);
    repository.delegate("b", "a", all);
    repository.publish();
    return undefined;
  });
  refused("no-trust", (repository) => {
    delete object(repository.signed("targets").targets)["trusted_root.json"];
    for (let depth = 0; depth <= defaultLimits.tufDelegations; depth++)
      repository.delegate(depth === 0 ? "targets" : `r${depth - 1}`, `r${depth}`, all);
    repository.addTarget("trusted_root.json", signed.trustedRoot, `r${defaultLimits.tufDelegations}`);
    repository.publish();
    return undefined;
  });
});

run();
