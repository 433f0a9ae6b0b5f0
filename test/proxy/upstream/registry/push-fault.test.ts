import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { pushFault } from "../../../../proxy/upstream/registry/push-fault.ts";

const test = suite("proxy/upstream/registry/push-fault");

const fault = (status: number, body: string, size?: number) =>
  pushFault(
    { status, headers: {}, bytes: encodeUtf8(body), url: new URL("https://registry.example/v2/") },
    { who: "user u", now: 0, limits: defaultLimits, size },
  );
const errors = (code: string, message: string): string => JSON.stringify({ errors: [{ code, message }] });

test("a refusal to store says why, and whose word it is", () => {
  const rows = [
    [413, "", "upstream-error", "takes no content of 9 bytes"],
    [507, "", "upstream-error", "no room"],
    [
      403,
      errors("DENIED", "adding 1 GiB will exceed the configured upper limit: storage limit"),
      "upstream-error",
      "no room",
    ],
    [403, errors("DENIED", "requested access is denied"), "access-denied", "asked as user u"],
    [405, errors("UNSUPPORTED", "The operation is unsupported."), "access-denied", "read-only"],
    [400, errors("UNSUPPORTED", "x"), "access-denied", "read-only"],
    [400, errors("MANIFEST_INVALID", "x"), "upstream-error", "MANIFEST_INVALID"],
    [500, "", "upstream-error", "HTTP 500"],
  ] as const;
  for (const [status, body, code, words] of rows) {
    const found = fault(status, body, 9);
    assert.is(found.code, code, `${status} ${body}`);
    assert.ok(found.message.includes(words), found.message);
  }
});

test.run();
