import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asGiven, parsePublicKey, readGivenText, readPublicKey } from "../../../cli/input/given-file.ts";
import { parsePublicKeysPem } from "../../../core/crypto/public-key.ts";
import { EngineError } from "../../../core/errors.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { testIO } from "../command-io.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("cli/input/given-file");
const { io } = testIO({ files: { "a.txt": "text", "utf16.txt": Uint8Array.of(0xff, 0xfe, 0x61, 0) }, stdin: "in" });
const faultOf = (act: () => unknown): EngineError => {
  try {
    act();
  } catch (error) {
    if (error instanceof EngineError) return error;
  }
  throw new Error("nothing was thrown");
};

test("a file and standard input", () =>
  assert.equal([readGivenText("a.txt", io), readGivenText("-", io)], ["text", "in"]));

test("what cannot be read, or is not UTF-8, is wrong usage with its name", () => {
  throwsCode("invalid-usage", () => readGivenText("gone.txt", io));
  const { code, message, subject } = faultOf(() => readGivenText("utf16.txt", io));
  assert.equal([code, subject], ["invalid-usage", "utf16.txt"]);
  assert.match(message, /^utf16\.txt is not text in UTF-8: it is text in UTF-16$/);
});

const given = (content: string | Uint8Array, path = "a.txt") => ({ path, content, limits: defaultLimits });

test("what a file should hold and does not is wrong usage; other faults fly on", () => {
  const refuse = (code: "malformed" | "over-limit" | "mirror-corrupt") => (): never => {
    throw new EngineError(code, "no key is here");
  };
  const key = { what: "a public key", form: "public-key" } as const;
  assert.is(
    asGiven(given("text"), key, () => 4),
    4,
  );
  assert.is(
    faultOf(() => asGiven(given("text"), key, refuse("malformed"))).message,
    "a.txt is not a public key: no key is here",
  );
  throwsCode("invalid-usage", () => asGiven(given("text", "-"), key, refuse("over-limit")));
  throwsCode("mirror-corrupt", () => asGiven(given("text"), key, refuse("mirror-corrupt")));
  assert.throws(() => asGiven(given("text"), key, () => JSON.parse("{")), SyntaxError);
});

test("what it is in place of that, and what to do; a faulty one of the kind is told by its fault", () => {
  const pem = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  const key = { what: "a public key", form: "public-key" } as const;
  const fault = (content: string, flag?: string) =>
    faultOf(() => asGiven({ ...given(content), flag }, key, () => parsePublicKeysPem(content, defaultLimits)));
  const secret = fault(pem("PRIVATE KEY"), "--key");
  assert.equal(
    [secret.message, secret.remedy],
    ["--key a.txt is not a public key: it is a private key (keep it secret)", "private-key"],
  );
  const faulty = fault(pem("PUBLIC KEY"));
  assert.equal([/it is a public key/.test(faulty.message), faulty.remedy], [false, "other-file"]);
});

test("a file of one public key", () => {
  const key = fixtureText("trust/release.pub");
  const files = { "a.pub": key, "two.pub": `${key}${key}`, "none.pub": "text" };
  const read = (path: string) => readPublicKey(path, testIO({ files }).io);
  assert.is(read("a.pub").pem, key);
  assert.is(read("a.pub").key.fingerprint, parsePublicKey("a", key, defaultLimits).fingerprint);
  assert.match(faultOf(() => read("two.pub")).message, /^two\.pub holds 2 public keys/);
  for (const path of ["none.pub", "gone.pub", "two.pub"]) throwsCode("invalid-usage", () => read(path));
});

test.run();
