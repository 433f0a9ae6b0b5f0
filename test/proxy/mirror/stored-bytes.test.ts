import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { checkBytes, checkedBytes } from "../../../proxy/mirror/stored-bytes.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/mirror/stored-bytes");
const bytes = Buffer.from("content");
const digest = digestOf(bytes);

test("bytes of the digest come as a plain array over the same memory", () => {
  const checked = checkedBytes(bytes, digest);
  assert.is(checked.constructor, Uint8Array);
  assert.equal([checked.buffer === bytes.buffer, checked.byteOffset], [true, bytes.byteOffset]);
  assert.equal([...checked], [...bytes]);
});

test("bytes that are missing, are others or became a text are damage, with the digest as subject", () => {
  const damage = [undefined, null, Buffer.from("contend"), Buffer.alloc(0), "content" as unknown as Uint8Array];
  for (const stored of damage)
    assert.is(throwsCode("mirror-corrupt", () => checkedBytes(stored, digest)).subject, digest);
  throwsCode("mirror-corrupt", () => checkBytes(Buffer.from("contend"), digest));
  checkBytes(bytes, digest);
});

test.run();
