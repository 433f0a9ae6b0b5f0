import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodePem, parsePem } from "../../../core/encoding/pem.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/encoding/pem");
const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
const block = encodePem("PUBLIC KEY", encodeBase64(bytes));

test("lines of 64, and back", () => {
  assert.ok(block.split("\n").every((line) => line.length <= 64));
  assert.equal(parsePem(block), [{ label: "PUBLIC KEY", bytes }]);
});

test("text outside the boundaries, indentation, line ends and blank lines do not matter; blocks may touch", () => {
  const odd = `# a comment\n\n  ${block.replaceAll("\n", "\r\n\t ")} ${block.trim()}${block}`;
  assert.is(parsePem(odd).length, 3);
  assert.equal(parsePem(""), []);
  assert.equal(parsePem("no block"), []);
});

test("boundaries decide: labels that differ, a missing end, a block in a block, wrong base64, headers", () => {
  const wrong = [
    block.replace("END PUBLIC KEY", "END CERTIFICATE"),
    block.slice(0, 60),
    block.replace("-----END PUBLIC KEY-----", ""),
    `-----BEGIN PUBLIC KEY-----\n${block}`,
    block.replace("AAEC", "AA*C"),
    block.replace("AAEC", "Proc-Type: 4,ENCRYPTED\n\nAAEC"),
  ];
  for (const text of wrong) throwsCode("malformed", () => parsePem(text));
});

/** Counts the characters that searches pass over and slices hold. */
class SearchedText extends String {
  searched = 0;

  override slice(from?: number, to?: number): string {
    const part = super.slice(from, to);
    this.searched += part.length;
    return part;
  }

  override indexOf(part: string, from = 0): number {
    const found = super.indexOf(part, from);
    this.searched += (found === -1 ? this.length : found + part.length) - from;
    return found;
  }
}

test("many boundaries without partners cost no more than their length", () => {
  for (const part of [
    "-----BEGIN A-----",
    "-----BEGIN A-----\n-----END B----\n",
    "-----BEGIN ",
    "-----END A-----",
    "-----BEGIN A-----\nAAAA\n-----END A",
    "\n \t",
  ]) {
    const text = new SearchedText(part.repeat(Math.floor((1 << 16) / part.length)));
    if (part.startsWith("-----BEGIN")) throwsCode("malformed", () => parsePem(text as unknown as string));
    else assert.equal(parsePem(text as unknown as string), []);
    assert.ok(text.searched > 0 && text.searched <= 3 * text.length, `${text.searched} for ${part}`);
  }
  const blocks = new SearchedText(block.repeat(2000));
  assert.is(parsePem(blocks as unknown as string).length, 2000);
  assert.ok(blocks.searched > 0 && blocks.searched <= 3 * blocks.length, `${blocks.searched} for blocks`);
});

test("a boundary without a label", () => {
  for (const text of [
    "-----BEGIN -----",
    `${block}-----BEGIN x-----`,
    block.replace("END PUBLIC KEY", "END "),
    `-----BEGIN ${"A".repeat(65)}-----\n-----END ${"A".repeat(65)}-----`,
  ])
    throwsCode("malformed", () => parsePem(text));
});

test.run();
