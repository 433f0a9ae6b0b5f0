import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Script } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeSeals, compiledFolder } from "../../../cli/start/compiled-code.ts";
import { openScripts, shownName } from "../../../cli/start/open-scripts.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const test = suite("cli/start/open-scripts");
const require = createRequire(import.meta.url);
const seals = codeSeals(process, hash);
const folder = `compiled/${compiledFolder(process)}`;

interface Sample {
  readonly text: string;
  readonly source: Buffer;
  readonly code: Buffer;
}

/**
 * Sources with the code of each. V8 keeps what a process has compiled once, so the code comes from another process, and
 * each case has a source of its own.
 */
const samples: Sample[] = (() => {
  const texts = [..."abcdefghijkl"].map((at) => `(function(){\n  const ${at} = "ä";\n  throw new Error(${at});\n})\n`);
  const program = `
    const { Script } = require("node:vm");
    const codes = ${JSON.stringify(texts)}.map((text) => {
      const script = new Script(text, { filename: ${JSON.stringify(shownName("a.cjs"))} });
      try { script.runInThisContext()(); } catch (error) { if (error.message !== "ä") throw error; }
      return script.createCachedData().toString("base64");
    });
    process.stdout.write(JSON.stringify(codes));`;
  const { stdout } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", env: {} });
  const codes = JSON.parse(stdout) as readonly string[];
  return texts.map((text, at) => ({
    text,
    source: Buffer.from(text),
    code: Buffer.from(codes[at] ?? "", "base64"),
  }));
})();

function sample(): Sample {
  const next = samples.pop();
  if (next === undefined) throw new Error("every sample is used");
  return next;
}

/** The script of the one chunk in a folder with these files. */
function scriptIn(text: string, files: Readonly<Record<string, string | Uint8Array>>): Script {
  const root = tempFolder({ "chunks/a.cjs": text, ...files });
  const folders = { chunks: join(root, "chunks"), compiled: join(root, "compiled") };
  return openScripts(folders, process, require)("a.cjs");
}

const thrown = (script: Script): Error => {
  try {
    (script.runInThisContext() as () => void)();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
};

test("code that was compiled by this Node of this source is used", () => {
  const { text, source, code } = sample();
  const script = scriptIn(text, { [`${folder}/a.bin`]: seals.seal(source, code) });
  assert.is(script.cachedDataRejected, false);
  assert.is(thrown(script).message, "ä");
});

test("with and without it, stack traces name the chunk and its line", () => {
  const { text, source, code } = sample();
  for (const files of [{ [`${folder}/a.bin`]: seals.seal(source, code) }, {}])
    assert.match(thrown(scriptIn(text, files)).stack ?? "", /\bchunks\/a\.cjs:3:/);
});

test("without a seal that holds, V8 is not asked and the source is compiled", () => {
  const other = sample();
  const rows: Readonly<Record<string, (of: Sample, good: Buffer) => Readonly<Record<string, string | Uint8Array>>>> = {
    "no folder": () => ({}),
    "a folder of another Node": (_, good) => ({ "compiled/node-v0.0.0/a.bin": good }),
    "no file": (_, good) => ({ [`${folder}/b.bin`]: good }),
    "a folder in its place": (_, good) => ({ [`${folder}/a.bin/b`]: good }),
    empty: () => ({ [`${folder}/a.bin`]: "" }),
    truncated: (_, good) => ({ [`${folder}/a.bin`]: good.subarray(0, good.length - 1) }),
    "of another source": () => ({ [`${folder}/a.bin`]: seals.seal(other.source, other.code) }),
    "without a seal": ({ code }) => ({ [`${folder}/a.bin`]: code }),
  };
  for (const [name, files] of Object.entries(rows)) {
    const one = sample();
    const script = scriptIn(one.text, files(one, Buffer.from(seals.seal(one.source, one.code))));
    assert.is(script.cachedDataRejected, undefined, name);
    assert.is(thrown(script).message, "ä", name);
  }
});

test("what V8 refuses in spite of a seal costs only time", () => {
  const { text, source, code } = sample();
  const changed = Buffer.from(code);
  // V8's version.
  changed[4] = (changed[4] ?? 0) ^ 1;
  const script = scriptIn(text, { [`${folder}/a.bin`]: seals.seal(source, changed) });
  assert.is(script.cachedDataRejected, true);
  assert.is(thrown(script).message, "ä");
});

test("a chunk that is missing is an error", () => {
  const root = tempFolder({ "chunks/a.cjs": "(function(){})" });
  const folders = { chunks: join(root, "chunks"), compiled: join(root, "compiled") };
  assert.throws(() => openScripts(folders, process, require)("b.cjs"), /ENOENT/);
});

test.run();
