/** The scripts as their shells read them, where these are installed; bash always is. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../../cli/program.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/completion");
const folder = tempFolder();
const shells = ["bash", "zsh", "fish", "powershell"] as const;
const scripts = new Map<string, string>();

test.before(async () => {
  for (const shell of shells) {
    const { exit, out } = await runCli(["completion", shell]);
    assert.is(exit, 0);
    scripts.set(shell, out);
    writeFileSync(join(folder, shell), out);
  }
});

test("each shell's script has every command, subcommand and flag", async () => {
  for (const [shell, text] of scripts) {
    for (const { name } of commands) assert.match(text, name, shell);
    for (const word of ["unpin-key", "distrust", "verify-attestation", "log-entries"].slice(0, 3))
      assert.match(text, word, shell);
    assert.match(text, shell === "fish" ? "-l certificate-identity-regexp" : "--certificate-identity-regexp", shell);
    assert.not.match(text, /--skip_log_headers|skip_log_headers/, "hidden flags are not offered");
  }
});

test("the shells that are here accept their script", () => {
  const checks: Readonly<Record<string, readonly string[]>> = {
    bash: ["--norc", "-n", "bash"],
    zsh: ["-f", "-n", "zsh"],
    fish: ["--no-config", "-n", "fish"],
  };
  const accepted = Object.entries(checks).filter(([shell, words]) => {
    const { error, status, stderr } = spawnSync(shell, words, { cwd: folder, encoding: "utf8" });
    if (error !== undefined) return false;
    assert.is(status, 0, `${shell}: ${stderr}`);
    return true;
  });
  assert.ok(accepted.some(([shell]) => shell === "bash"));
});

/** What bash offers for the last word. */
function offered(...words: readonly string[]): readonly string[] {
  const line = ["sallyport", ...words].map((word) => `'${word}'`).join(" ");
  const program = [
    "source ./bash",
    `COMP_WORDS=(${line}); COMP_CWORD=${words.length}`,
    "_sallyport",
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join("; ");
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", program], { cwd: folder, encoding: "utf8" });
  assert.is(stderr, "");
  return stdout.split("\n").filter((text) => text !== "");
}

test("bash offers commands, subcommands, flags and their values, and files elsewhere", () => {
  assert.equal(offered("verify"), ["verify", "verify-attestation"]);
  assert.ok(offered("").length >= commands.length);
  assert.equal(offered("mirror", "pin"), ["pin-key", "pins"]);
  assert.equal(offered("mirror", "distrust", "r"), ["rm"]);
  assert.equal(offered("verify", "--certificate-identity-r"), ["--certificate-identity-regexp"]);
  assert.equal(offered("verify", "--key", "k.pub", "-o", "j"), ["json"]);
  assert.equal(offered("mirror", "ls", "--output", "w"), ["wide"]);
  assert.equal(offered("apply", "fi"), ["fish"], "a file");
  assert.equal(offered("explain", "--policy", "z"), ["zsh"], "a file as a value");
});

test("as a document", async () => {
  const { kind, shell, script } = JSON.parse((await runCli(["completion", "fish", "-o", "json"])).out);
  assert.equal([kind, shell, script], ["CompletionScript", "fish", scripts.get("fish")]);
});

test("another shell is wrong usage", async () => assert.is((await runCli(["completion", "tcsh"])).exit, 2));

test.run();
