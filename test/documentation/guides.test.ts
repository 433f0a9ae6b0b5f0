/**
 * The guides, by the commands that stand on their pages. What commands print is compared; `npm run guides` writes it
 * into the pages again. Commands of other programs are compared with what those programs take.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guideFaults, readGuide, renewGuide, runGuide, showsOutput, splitCommands } from "../../scripts/guide-page.ts";
import { guides } from "../../scripts/guides.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";
import { parses } from "../cli/idle-program.ts";
import { faultOfOther, words } from "./other-programs.ts";
import { testGuides } from "./test-guides.ts";

const test = suite("documentation/guides");

testGuides(test, 0);

test("commands that need a network or files of yours, in blocks ```sh, are commands of the program", async () => {
  let count = 0;
  const folder = join(projectRoot, "docs/guides");
  for (const file of readdirSync(folder)) {
    for (const [, block = ""] of readFileSync(join(folder, file), "utf8").matchAll(/^```sh\n(.*?)^```$/gms))
      for (const { text } of splitCommands(block)) {
        count += 1;
        assert.ok(await parses(words(text).slice(1)), `${file}: ${text}`);
      }
  }
  assert.ok(count > 5);
});

test("every page with commands is run", () => {
  const folder = join(projectRoot, "docs/guides");
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), "utf8");
    if (/^```bash$/m.test(text)) assert.ok(Object.hasOwn(guides, `docs/guides/${file}`), file);
  }
});

const page =
  "Text\n\n```bash\necho one\nfalse  # exit code 1\n```\n\n```text\none\n```\n\n```bash\ncat <<EOF\na\nEOF\n```\n";

test("a page that says another output or another exit code is a fault, and is renewed", () => {
  const read = readGuide(page);
  const run = runGuide(read, tempFolder(), "/none");
  assert.equal(guideFaults(read, run), []);
  assert.equal(
    run.blocks.map(({ output }) => output),
    ["one\n", "a\n"],
  );
  const other = page.replace("```text\none", "```text\ntwo");
  assert.is(guideFaults(readGuide(other), run).length, 1);
  assert.is(renewGuide(other, readGuide(other), run), page);
  const passes = page.replace("  # exit code 1", "");
  assert.match(guideFaults(readGuide(passes), run).join(), "exit code 1 in place of 0");
});

test("a table: each command in its cells, with the exit code beside it; a pipe is escaped", () => {
  const row = "| `cosign verify --key K I` | `sallyport verify A \\| head`, then `sallyport ls` (exit code 3) |\n";
  const { blocks, connected } = readGuide(row);
  assert.equal(connected, ["cosign verify --key K I"]);
  assert.equal(blocks[0]?.commands, [
    { text: "sallyport verify A | head", exit: 3 },
    { text: "sallyport ls", exit: 3 },
  ]);
});

test("continued lines and here-documents are one command; one that does not end is refused", () => {
  assert.equal(
    splitCommands("a \\\n  b\n# why\ncat <<'X'\nc\nX\nd  # exit code 2").map(({ text, exit }) => [text, exit]),
    [
      ["a \\\n  b", 0],
      ["cat <<'X'\nc\nX", 0],
      ["d", 2],
    ],
  );
  assert.throws(() => splitCommands("cat <<X\nc"));
});

test("output is compared by what it says: not by layout, ages and times, and … stands for lines", () => {
  assert.ok(showsOutput("a (4 d ago)\n└─ b", "a (11 d ago) b"));
  assert.not(showsOutput("a", "a b"));
  assert.ok(showsOutput("a\n…\nd", "a\nb\nc\nd"));
  assert.not(showsOutput("a\n…\nd", "a\nb\nc"));
  assert.not(showsOutput("a\n…\nb\n…\nd", "a\nc\nd"));
});

test("other programs: a flag, a subcommand or an argument that they do not take is seen", () => {
  assert.is(faultOfOther("cosign save --dir usb registry.example/a:1"), undefined);
  for (const wrong of [
    "cosign save --folder usb r/a:1",
    "cosign sav --dir usb r/a:1",
    "cosign save --dir usb",
    "docker run x",
  ])
    assert.type(faultOfOther(wrong), "string", wrong);
});

test.run();
