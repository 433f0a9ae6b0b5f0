import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCrypto } from "../../../cli/input/crypto-flag.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("cli/input/crypto-flag");
const world = (said?: string) => ({
  env: said === undefined ? {} : { SALLYPORT_CRYPTO: said },
  used: new Set<string>(),
});

test("the flag counts before the variable, and neither is the quicker way", () => {
  assert.is(readCrypto({}, world()).name, "node");
  assert.is(readCrypto({}, world("openssl")).name, "openssl");
  assert.is(readCrypto({ crypto: "portable" }, world("openssl")).name, "kernel");
});

test("a variable that says something else is refused, and named", () => {
  const { message } = throwsCode("invalid-usage", () => readCrypto({}, world("wasm")));
  assert.match(message, /SALLYPORT_CRYPTO is auto, openssl, portable, not "wasm"/);
});
test.run();
