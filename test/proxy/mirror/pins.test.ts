import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { at, origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/pins");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** Buffers and arrays of bytes compare as what they hold. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, entry) => (entry instanceof Uint8Array ? Buffer.from(entry).toString("hex") : entry)),
  );

test("pins answer for trusted roots and keys, before anything that was asked", () => {
  const key = { kind: "key", reference: "awskms:///alias/x" } as const;
  const root = { kind: "trusted-root", name: "public-good" } as const;
  const folder = writtenMirror((mirror) => {
    mirror.writer().setAnswer(key, { state: "absent", ...origin });
    mirror.writer().pin({ kind: "key", name: key.reference, bytes: bytes("PEM") }, origin);
    mirror.writer().pin({ kind: "trusted-root", name: root.name, bytes: bytes("{}") }, origin);
    throwsCode("malformed", () => mirror.writer().pin({ kind: "key", name: "x", bytes: Uint8Array.of(0xff) }, origin));
    throwsCode("over-limit", () =>
      mirror.writer().pin({ kind: "trusted-root", name: "x", bytes: new Uint8Array(4 * 1024 * 1024 + 1) }, origin),
    );
  });
  reading(folder, (mirror) => {
    assert.equal(mirror.knowledge().answer(key), { state: "present", value: "PEM", at, from: "test" });
    assert.equal(
      plain(mirror.knowledge().answer(root)),
      plain({ state: "present", value: { form: "pinned", bytes: bytes("{}") }, at, from: "test" }),
    );
    assert.is(mirror.knowledge().answer({ kind: "trusted-root", name: "staging" }), undefined);
  });
  tamper(folder, "UPDATE pin SET bytes = CAST('PEN' AS BLOB) WHERE kind = 'key'");
  tamper(folder, "UPDATE pin SET name = 'staging' WHERE kind = 'trusted-root'");
  reading(folder, (mirror) => {
    throwsCode("mirror-corrupt", () => mirror.knowledge().answer(key));
    throwsCode("mirror-corrupt", () => mirror.knowledge().answer({ kind: "trusted-root", name: "staging" }));
    // Under its own name it is missed, and nothing else may answer in its place.
    throwsCode("mirror-corrupt", () => mirror.knowledge().answer(root));
    assert.is(mirror.inspect(nodeVerifier).damage.length, 2);
  });
  writtenMirror((mirror) => mirror.writer().unpin("key", key.reference), folder);
  reading(folder, (mirror) => assert.is(mirror.knowledge().answer(key)?.state, "absent"));
});

test("they are listed, by kind and name, and asked for by name", () => {
  const folder = writtenMirror((mirror) => {
    mirror.writer().pin({ kind: "tuf-root", name: "mine", bytes: bytes("{}") }, origin);
    mirror.writer().pin({ kind: "trusted-root", name: "mine", bytes: bytes("[]") }, origin);
    mirror.writer().pin({ kind: "key", name: "k", bytes: bytes("PEM") }, origin);
  });
  reading(folder, (mirror) => {
    const knowledge = mirror.knowledge();
    const listed = knowledge.pins().map(({ kind, name, from }) => `${kind} ${name} ${from}`);
    assert.equal(listed.sort(), ["key k test", "trusted-root mine test", "tuf-root mine test"]);
    assert.equal(plain(knowledge.tufRoots()), plain({ mine: bytes("{}") }));
    assert.equal(knowledge.trustedRootNames(), ["mine"]);
    assert.equal(
      [knowledge.isPinned("key", "k"), knowledge.isPinned("key", "mine"), knowledge.isPinned("trusted-root", "mine")],
      [true, false, true],
    );
  });
  tamper(folder, "UPDATE pin SET at = 'x'");
  reading(folder, (mirror) => {
    throwsCode("mirror-corrupt", () => mirror.knowledge().pins());
    throwsCode("mirror-corrupt", () => mirror.knowledge().tufRoots());
  });
});

test.run();
