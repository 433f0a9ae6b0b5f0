/** The client of the Sigstore conformance suite, as a process: what the suite's own cases do not ask. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fixtureBundle, fixtureBytes, fixtureImage } from "../support/fixture-images.ts";
import { builtPrograms } from "../support/built-programs.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("cli/conformance");
const folder = tempFolder();
let programs = "";
const { digest } = fixtureImage("signed-keyless");
const identity = [
  "--certificate-identity",
  "ada@example.com",
  "--certificate-oidc-issuer",
  "https://accounts.google.com",
];
const trusted = ["--trusted-root", "root.json"];

test.before(async () => {
  programs = await builtPrograms();
  writeFileSync(join(folder, "bundle.json"), fixtureBundle());
  writeFileSync(join(folder, "root.json"), fixtureBytes("trust/trusted-root.json"));
  writeFileSync(join(folder, "a.pub"), fixtureBytes("trust/release.pub"));
  writeFileSync(join(folder, "other.txt"), "another artifact");
});

function run(...words: readonly string[]) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(programs, "conformance.mjs"), "verify-bundle", "--bundle", "bundle.json", ...words],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
  return { exit: status, says: stderr };
}

test("a bundle about a digest", () => assert.equal(run(...identity, ...trusted, digest), { exit: 0, says: "" }));

test("refusals say why, with exit code 1", () => {
  const refused: readonly (readonly [RegExp, readonly string[]])[] = [
    [/\[wrong-digest\]/, [...identity, ...trusted, "other.txt"]],
    [/\[wrong-identity\]/, ["--certificate-identity", "ada@example.co", ...identity.slice(2), ...trusted, digest]],
    [/\[wrong-identity\]/, ["--certificate-identity", "*@example.com", ...identity.slice(2), ...trusted, digest]],
    [/\[wrong-key\]/, ["--key", "a.pub", ...trusted, digest]],
    [/\[(untrusted-certificate|bad-log-proof)\]/, [...identity, digest]],
    [/\[unsupported\]/, ["--staging", ...identity, digest]],
    [/\[invalid-usage\]/, ["--certificate-identity", "ada@example.com", ...trusted, digest]],
    [/ENOENT/, [...identity, ...trusted, "nowhere.txt"]],
  ];
  for (const [pattern, words] of refused) {
    const { exit, says } = run(...words);
    assert.is(exit, 1, words.join(" "));
    assert.match(says, pattern);
  }
});

test.run();
