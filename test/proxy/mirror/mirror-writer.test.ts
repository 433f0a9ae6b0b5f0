import { suite } from "uvu";
import { throwsCode } from "../../support/assert.ts";
import { origin, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/mirror-writer");

test("what is no scope is not complete", () => {
  writtenMirror(
    (mirror) => void throwsCode("invalid-usage", () => mirror.writer().setComplete("ghcr.io/org/app:1", origin)),
  );
});

test.run();
