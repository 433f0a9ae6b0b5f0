import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseJson } from "../../../core/encoding/json.ts";
import { encodeDescriptor, readDescriptor } from "../../../core/oci/descriptor.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/oci/descriptor");
const digest = `sha256:${"ab".repeat(32)}` as const;
const read = (value: unknown) => readDescriptor(parseJson(JSON.stringify(value), { limits: defaultLimits }), "/at");
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("what is written reads back the same", () => {
  for (const descriptor of [
    { mediaType: "", digest, size: 0 },
    { mediaType: "a/b", digest, size: 9, artifactType: "c/d", annotations: { e: "f" } },
  ]) {
    assert.equal(plain(read(encodeDescriptor(descriptor))), descriptor);
  }
});

test("missing, null and empty members are no members", () => {
  assert.equal(
    plain(read({ digest, size: 1, annotations: null, artifactType: "", platform: null, urls: ["x"], data: "" })),
    {
      mediaType: "",
      digest,
      size: 1,
    },
  );
});

test("a platform", () => {
  assert.equal(
    read({ digest, size: 1, platform: { os: "linux", architecture: "amd64", "os.version": "1" } }).platform,
    { os: "linux", architecture: "amd64" },
  );
  assert.is(throwsCode("malformed", () => read({ digest, size: 1, platform: { os: 1 } })).subject, "/at/platform/os");
});

test("what is malformed, and where", () => {
  for (const [value, subject] of [
    [{ size: 1 }, "/at/digest"],
    [{ digest: "sha256:ab", size: 1 }, "/at/digest"],
    [{ digest: digest.toUpperCase(), size: 1 }, "/at/digest"],
    [{ digest }, "/at/size"],
    [{ digest, size: "1" }, "/at/size"],
    [{ digest, size: -1 }, "/at/size"],
    [{ digest, size: 2 ** 53 }, "/at/size"],
    [{ digest, size: 1, mediaType: 1 }, "/at/mediaType"],
    [[], "/at"],
  ] as const) {
    assert.is(throwsCode("malformed", () => read(value)).subject, subject);
  }
});

test.run();
