import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { ed25519PublicKey } from "../../../core/crypto/public-key.ts";
import { decodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import {
  type Checkpoint,
  noteKeyId,
  parseCheckpoint,
  verifyRekorV1Checkpoint,
  verifyRekorV2Checkpoint,
} from "../../../core/tlog/checkpoint.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { sha256 } from "../../../core/crypto/digest.ts";
import { noteLine } from "../../lab/note.ts";
import { newRekorV1, newRekorV2 } from "../../lab/plain-entry.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tlog/checkpoint");

const root = encodeBase64(sha256(encodeUtf8("root")));
const textOf = (origin: string, ...more: string[]): string => [origin, "36", root, ...more, ""].join("\n");
const v1 = newRekorV1();
const v2 = newRekorV2();
const witness = noteLine("witness.example", Uint8Array.of(1, 2, 3, 4), new Uint8Array(72));
const note = (text: string, ...lines: string[]): string => `${text}\n${lines.join("")}`;
const check1 = (checkpoint: Checkpoint, log = v1) =>
  verifyRekorV1Checkpoint(checkpoint, log.key.publicKey, nobleVerifier);
const check2 = (checkpoint: Checkpoint, origin = v2.host, log = v2) =>
  verifyRekorV2Checkpoint(checkpoint, origin, log.key.publicKey, nobleVerifier);

test("a note is read up to its last blank line", () => {
  const text = textOf("log.example", "Timestamp: 1689177396");
  const checkpoint = parseCheckpoint(note(text, v2.line(text)), defaultLimits);
  assert.is(checkpoint.origin, "log.example");
  assert.is(checkpoint.treeSize, 36n);
  assert.is(encodeBase64(checkpoint.rootHash), root);
  assert.equal(checkpoint.text, encodeUtf8(text));
  assert.is(checkpoint.signatures.length, 1);
  check2(checkpoint);
});

test("what is not a note, or not a checkpoint, is malformed", () => {
  const text = textOf("log.example");
  const line = v2.line(text);
  for (const bad of [
    "",
    "\n\n",
    text,
    text + line,
    note(text),
    note(text, line).slice(0, -1),
    note(text, line.replace("—", "-")),
    note(text, "— log.example\n"),
    note(text, "— log.example AAAA\n"),
    note(text, "— log.example AAAAAAA\n"),
    note(text, "— log+x AAAAAAAA\n"),
    note(text, "—  AAAAAAAA\n"),
    note(text.replace("36", "036"), line),
    note(text.replace("36", "-1"), line),
    note(text.replace("36", "18446744073709551616"), line),
    note(text.replace("36\n", ""), line),
    note(text.replace(`${root}\n`, ""), line),
    note(text.replace(root, "AAAA"), line),
    note(`\n36\n${root}\n`, line),
    note(text.replace("\n", "\r\n"), line),
    note(`${text}\t\n`, line),
    note(`${text}\ufffd\n`, line),
  ])
    throwsCode("malformed", () => parseCheckpoint(bad, defaultLimits));
});

test("length and number of signatures are bounded", () => {
  const text = textOf("log.example");
  throwsCode("over-limit", () =>
    parseCheckpoint(note(text, ...Array.from({ length: 101 }, () => witness)), defaultLimits),
  );
  throwsCode("over-limit", () => parseCheckpoint(note(text + "x".repeat(1 << 20), witness), defaultLimits));
});

test("Rekor v1: each line must be by the log, under the name that the origin begins with", () => {
  const text = textOf(v1.origin, "Timestamp: 1689177396");
  const line = v1.line(text);
  check1(parseCheckpoint(note(text, line), defaultLimits));
  for (const bad of [
    note(text, line, witness),
    note(text, witness, line),
    note(text, line.replace("rekor.example", "rekor.other")),
    note(textOf("rekor.other - 1"), v1.line(textOf("rekor.other - 1"))),
  ]) {
    throwsCode("bad-log-proof", () => check1(parseCheckpoint(bad, defaultLimits)));
  }
  throwsCode("bad-log-proof", () => check1(parseCheckpoint(note(text, line), defaultLimits), newRekorV1()));
  throwsCode("bad-log-proof", () => check1(parseCheckpoint(note(text.replace("36", "37"), line), defaultLimits)));
});

test("Rekor v1 logs with P-384, RSA and Ed25519 keys sign checkpoints too", () => {
  for (const kind of ["p384", "rsa2048", "ed25519"] as const) {
    const log = newRekorV1(kind);
    const text = textOf(log.origin);
    check1(parseCheckpoint(note(text, log.line(text)), defaultLimits), log);
  }
});

test("Rekor v2: the log's own line decides, wherever it is among others", () => {
  const text = textOf(v2.host);
  const line = v2.line(text);
  const sameName = noteLine(v2.host, Uint8Array.of(9, 9, 9, 9), new Uint8Array(64));
  for (const good of [
    note(text, line),
    note(text, witness, line),
    note(text, line, witness, witness),
    note(text, sameName, line),
    note(text, line, line),
  ])
    check2(parseCheckpoint(good, defaultLimits));
  const other = newRekorV2();
  for (const bad of [
    note(text, witness),
    note(text, sameName),
    note(text, other.line(text)),
    note(text, line.replace("log.example", "log.other")),
    note(text.replace("36", "37"), line),
  ]) {
    throwsCode("bad-log-proof", () => check2(parseCheckpoint(bad, defaultLimits)));
  }
});

test("Rekor v2: origin, name and key must all be the log's", () => {
  const text = textOf(v2.host);
  const checkpoint = parseCheckpoint(note(text, v2.line(text)), defaultLimits);
  throwsCode("bad-log-proof", () => check2(checkpoint, "log.other"));
  throwsCode("bad-log-proof", () => check2(checkpoint, "log.exampl"));
  throwsCode("bad-log-proof", () => check2(checkpoint, ""));
  throwsCode("bad-log-proof", () => check2(checkpoint, v2.host, newRekorV2()));
  const foreign = textOf("log.other");
  throwsCode("bad-log-proof", () => check2(parseCheckpoint(note(foreign, v2.line(foreign)), defaultLimits)));
  // A name that would match as a pattern is another name.
  throwsCode("bad-log-proof", () => check2(checkpoint, "log.e.ample"));
});

test("Rekor v2 logs with P-256, P-384 and RSA keys", () => {
  for (const kind of ["p256", "p384", "p521", "rsa2048"] as const) {
    const log = newRekorV2(kind);
    const text = textOf(log.host);
    check2(parseCheckpoint(note(text, log.line(text)), defaultLimits), log.host, log);
  }
});

test("a first signature by the log's name and hint that does not verify is not made good by a second", () => {
  const text = textOf(v2.host);
  const broken = noteLine(v2.host, noteKeyId(v2.host, v2.key.publicKey), new Uint8Array(64));
  throwsCode("bad-log-proof", () => check2(parseCheckpoint(note(text, broken, v2.line(text)), defaultLimits)));
});

test("the id of the public-good Rekor v2 log", () => {
  const key = ed25519PublicKey(
    decodeHex("b7cae5a759271b08df6dc5c060f600927d1788bcf5c7c3b8b7462412189edb8e"),
    defaultLimits,
  );
  assert.is(
    encodeBase64(noteKeyId("log2025-1.rekor.sigstore.dev", key)),
    "zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A=",
  );
});

test("a note cut anywhere is refused", () => {
  const text = textOf(v2.host);
  const whole = note(text, v2.line(text));
  for (let length = 0; length < whole.length; length++)
    assert.is(
      onlyEngineErrors(() => check2(parseCheckpoint(whole.slice(0, length), defaultLimits))),
      "threw",
    );
});

test.run();
