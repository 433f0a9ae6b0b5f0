/** How deep verification lies below a command: a reader has to go through every one of these functions. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { runCli } from "./command-io.ts";
import { demoLayout } from "./demo-layout.ts";
import { podFor, policyFor } from "./demo-policy.ts";

const test = suite("cli/stack");

/** The project's own frames of a stack, innermost first, from `from` to `to`. */
function framesBetween(stack: string, from: string, to: string): readonly string[] {
  const frames = stack
    .split("\n")
    .map((line) => /^ {4}at (?:async )?(?:(.+) \()?(?:file:\/\/)?\/.*\/((?:core|cli|proxy)\/[^:]+\.ts):/.exec(line))
    .flatMap((match) => (match === null ? [] : [`${match[2]} ${match[1]?.replace(/^.*\./, "") ?? "anonymous"}`]));
  const start = frames.indexOf(from);
  const end = frames.indexOf(to);
  assert.ok(start !== -1 && end > start, `${from} to ${to} in\n${stack}`);
  return frames.slice(start, end + 1);
}

test("from apply to verifyEntity a reader goes through at most 14 functions", async () => {
  const demo = demoLayout();
  const files = {
    "policy.yaml": policyFor(demo.key.pem),
    "pod.yaml": podFor("signed", demo.signed),
  };
  const stacks: string[] = [];
  const verifier = nodeVerifier as { verify: SignatureVerifier["verify"] };
  const { verify } = verifier;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 200;
  verifier.verify = (...parameters) => {
    stacks.push(new Error().stack ?? "");
    return verify.apply(nodeVerifier, parameters);
  };
  try {
    const words = ["apply", "policy.yaml", "--layout", demo.folder, "--complete", "-r", "pod.yaml"];
    assert.is((await runCli(words, { files })).exit, 0);
  } finally {
    verifier.verify = verify;
    Error.stackTraceLimit = stackTraceLimit;
  }
  assert.ok(stacks.length > 0);
  for (const stack of stacks) {
    const frames = framesBetween(stack, "core/verify/verify-entity.ts verifyEntity", "cli/commands/apply.ts apply");
    assert.ok(frames.length <= 14, `${frames.length} frames:\n${frames.join("\n")}`);
  }
});

test.run();
