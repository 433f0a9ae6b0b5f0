import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codedText, codeRow, codes, EngineError, type ErrorCode } from "../../core/errors.ts";

const test = suite("core/errors");

/** Code → truth, whether Ignore lets it pass, exit code: the public table. */
const table = `
no-signature r - 10 | image-not-found r - 11 | wrong-key r - 12 | bad-signature r - 12 | wrong-identity r - 12
wrong-annotations r - 12 | wrong-digest r - 12 | untrusted-certificate r - 12 | certificate-not-valid-then r - 12
no-certificate r - 13 | no-log-proof r - 14 | bad-log-proof r - 14 | no-sct r - 14 | bad-sct r - 14
no-timestamp r - 14 | bad-timestamp r - 14 | no-attestation r - 10 | condition-failed r - 15 | distrusted r - 12
malformed r - 12 | over-limit r - 12 | missing-digest r - 1 | unverified-image r - 1 | not-in-mirror u a 5
unreachable u a 5 | timed-out u a 5 | rate-limited u a 5 | upstream-error u a 5 | access-denied u - 4
tls-failure u - 5 | no-trust u - 3 | stale u - 3 | no-key u - 5 | unresolved u - 1 | overloaded u - 1
over-budget u - 1 | invalid-usage s - 2 | invalid-config s - 2 | invalid-policy s - 2 | unsupported s - 2
invalid-reference s - 2 | mirror-corrupt m - 6 | mirror-busy m - 6 | mirror-version m - 6 | archive-corrupt m - 6
archive-signature m - 6 | archive-sequence m - 6 | archive-incomplete m - 6 | rollback t - 3 | bad-threshold t - 3
clock-behind w - 0 | dialled-offline b - 70`;
const truthOf: Readonly<Record<string, string>> = {
  r: "refuted",
  u: "unknown",
  s: "usage",
  m: "store",
  t: "trust",
  w: "warning",
  b: "bug",
};
const ignorableOf: Readonly<Record<string, string>> = { "-": "never", a: "artifact" };

test("every code has its meaning, and there are no others", () => {
  const rows = table
    .split(/[|\n]/)
    .map((row) => row.trim().split(" "))
    .filter((row) => row.length === 4);
  assert.equal(
    rows.map(([code]) => code),
    Object.keys(codes),
  );
  for (const [code = "", truth = "", ignorable = "", exit = ""] of rows) {
    const row = codeRow(code as ErrorCode);
    assert.equal([row.truth, row.ignorable, row.exit], [truthOf[truth], ignorableOf[ignorable], Number(exit)], code);
    assert.ok(row.when.length > 10);
  }
});

test("only an unknown may be overlooked", () => {
  for (const row of Object.values(codes)) if (row.ignorable !== "never") assert.is(row.truth, "unknown");
});

test("an error keeps code, subject and cause", () => {
  const cause = new Error("below");
  const error = new EngineError("malformed", "why", { subject: "/a", cause });
  assert.equal(
    [error.name, error.code, error.subject, error.message, error.cause],
    ["EngineError", "malformed", "/a", "why", cause],
  );
  assert.not("cause" in new EngineError("malformed", "why"));
});

test("an error in one text begins with its code", () =>
  assert.is(codedText(new EngineError("no-key", "why", { subject: "/a" })), "[no-key] why"));

test.run();
