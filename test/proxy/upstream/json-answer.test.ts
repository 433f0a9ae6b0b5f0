import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { addressBelow, asUpstreamError, readJsonAnswer } from "../../../proxy/upstream/json-answer.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/upstream/json-answer");
const url = new URL("https://upstream.example/a?token=s3cret");
const read = (text: string, limits = defaultLimits) => readJsonAnswer({ bytes: encodeUtf8(text), url }, limits);

test("JSON, or the upstream's failure", () => {
  assert.is(JSON.stringify(read('{"a":[1]}')), '{"a":[1]}');
  for (const text of ["", "<html></html>", '{"a":1,"a":2}', "{} {}", "[".repeat(500)]) {
    const error = throwsCode(["upstream-error", "over-limit"], () => read(text));
    assert.not.match(`${error.message} ${error.subject}`, /s3cret/);
  }
  throwsCode("upstream-error", () => read("<html></html>"));
  throwsCode(["upstream-error", "over-limit"], () => read("[[1]]", limitsWith({ jsonDepth: 1 })));
});

test("only what is malformed is the upstream's failure", () => {
  const failing = (error: Error) => () =>
    asUpstreamError("it", "cannot be read", () => {
      throw error;
    });
  throwsCode("upstream-error", failing(new EngineError("malformed", "x")));
  throwsCode("over-limit", failing(new EngineError("over-limit", "x")));
  assert.throws(failing(new TypeError("a defect")), (error: unknown) => error instanceof TypeError);
});

test("an address below a base", () => {
  const below = (base: string) => addressBelow(base, "/api/v1", "malformed").href;
  assert.is(below("https://log.example"), "https://log.example/api/v1");
  assert.is(below("http://log.example:3000/"), "http://log.example:3000/api/v1");
  assert.is(below("https://log.example/some/rekor//"), "https://log.example/some/rekor/api/v1");
  for (const base of ["", "log.example", "file:///a", "https://a?b", "https://a#b", "https://u@a", "https://:p@a"])
    throwsCode("malformed", () => below(base));
  const error = throwsCode("invalid-config", () => addressBelow("https://u:s3cret@a", "/", "invalid-config"));
  assert.not.match(`${error.message} ${error.subject}`, /s3cret/);
});

test.run();
