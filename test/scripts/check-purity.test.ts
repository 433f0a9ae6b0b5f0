import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkPurity } from "../../scripts/check-purity.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-purity");
const faults = (text: string, path = "core/a.ts") => checkPurity(tempFolder({ [path]: text })).faults;

const planted = [
  "export async function f() {}",
  "export const f = (p: Promise<number>) => p;",
  "await f();",
  "export const t = Date.now();",
  "export const t = new Date();",
  "export const t = new Date;",
  "export const t = Date();",
  "export const r = Math.random();",
  "export const b = Buffer.from([]);",
  "export const e = process.env;",
  "setTimeout(f, 1);",
  "queueMicrotask(f);",
  "export const g = globalThis;",
  "export const l = a.localeCompare(b);",
];
for (const text of planted) test(`finds ${text}`, () => assert.ok(faults(`/** A module. */\n${text}\n`).length > 0));

test("names the file and the line", () => {
  assert.equal(faults("/** A module. */\n\nexport const r = Math.random();\n"), ["core/a.ts:3: Math.random"]);
});

test("passes comments, strings, times given as arguments, and the loop's file", () => {
  assert.equal(
    faults(
      "/** await new Date() */\n" +
        "// Promise\n" +
        'export const a = "Date.now() Promise await";\n' +
        "export const b = (now: Date) => new Date(now.getTime());\n",
    ),
    [],
  );
  assert.equal(
    faults("/** The loop. */\nexport async function settle(p: Promise<void>) { await p; }\n", "core/decide/settle.ts"),
    [],
  );
  assert.equal(faults("/** The loop. */\nexport const t = Date.now();\n", "core/decide/settle.ts").length, 1);
});

test("nothing to scan is a fault", () => {
  assert.is(checkPurity(tempFolder({ "proxy/a.ts": "" })).faults.length, 1);
});

test.run();
