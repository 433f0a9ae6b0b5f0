import { suite } from "uvu";
import * as assert from "uvu/assert";
import { widthOf, wrapText } from "../../../cli/render/wrap.ts";

const test = suite("cli/render/wrap");
const lines = (text: string, width: number, more: { readonly commands?: boolean; readonly narrow?: boolean } = {}) =>
  wrapText(text, { width, first: "> ", rest: "  ", ...more });

test("breaks at spaces; nothing is lost and no line is too long", () => {
  const text = "the quick brown fox jumps over the lazy dog and goes on for a while, as texts do";
  for (const width of [40, 41, 57, 80]) {
    const shown = lines(text, width);
    assert.ok(shown.every((line) => widthOf(line) <= width));
    assert.is(shown.map((line) => line.slice(2)).join(" "), text);
  }
  assert.equal(lines("", 40), [">"]);
});

test("a word that is too long breaks behind a sign, if there is one, and loses nothing", () => {
  const url = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.4.0";
  for (const word of [url, "x".repeat(100)]) {
    const shown = lines(`by ${word}`, 40);
    assert.ok(
      shown.every((line) => widthOf(line) <= 40),
      shown.join("\n"),
    );
    assert.is(shown.map((line) => line.slice(2)).join(""), `by${word}`);
  }
  assert.match(lines(url, 40)[0] ?? "", /[/@:.-]$/);
});

test("two commands of one text are two: what stands between them is text", () => {
  const shown = lines("with `--complete` it has all of its images, with `--complete=host` all", 40, { commands: true });
  assert.equal(shown, ["> with --complete it has all of its", "  images, with --complete=host all"]);
});

test("a command is not broken while a line can hold it; its words never are", () => {
  const shown = lines("do this now: `a command of words`, please", 40, { commands: true });
  assert.equal(shown, ["> do this now: a command of words,", "  please"]);
  const word = "w".repeat(60);
  assert.equal(lines(`run \`cmd --flag ${word} last\``, 40, { commands: true }), [
    "> run",
    "  cmd --flag \\",
    `    ${word} \\`,
    "    last",
  ]);
});

test("colour takes no columns; a screen has at least forty, a cell may have fewer", () => {
  assert.is(widthOf("\u001b[31mred\u001b[39m"), 3);
  assert.is(lines("a b c d", 4).length, 1);
  assert.is(lines("a b c d", 5, { narrow: true }).length, 3 - 1);
});

test("a word without end is broken in linear time, and keeps every sign", () => {
  const word = "abc/".repeat(500_000);
  const lines = wrapText(word, { width: 80, first: "", rest: "  " });
  assert.is(lines.map((line) => line.trim()).join(""), word);
  assert.ok(lines.every((line) => line.length <= 80));
});

test.run();
