import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "./command-io.ts";

const test = suite("cli/did-you-mean");

const hints: readonly (readonly [words: readonly string[], hint: string])[] = [
  [["verify", "--ignore-tlog", "x"], "Did you mean --insecure-ignore-tlog?"],
  [["verify", "--ignore-tlog=true", "x"], "Did you mean --insecure-ignore-tlog?"],
  [["verify", "--kye", "x"], "Did you mean --key?"],
  [["mirror", "unpin"], "Did you mean unpin-key?"],
  [["mirror", "cheek"], "Did you mean check?"],
  [["registry", "login", "ghcr.io"], "docker's and podman's logins count here: docker login HOST, docker logout HOST"],
  [["sign", "x"], "Sallyport signs nothing: use cosign"],
  [["attest", "x"], "Sallyport signs nothing: use cosign"],
  [["verify-blob", "x"], "Sallyport verifies images: for files use cosign"],
  [["mirror", "delete", "x"], "images are removed by sallyport mirror rm"],
  [["mirror", "prune"], "what no rule keeps is removed by sallyport mirror gc"],
];
for (const [words, hint] of hints)
  test(words.join(" "), async () => {
    const { exit, out, err } = await runCli(words);
    assert.equal([exit, out], [2, ""]);
    assert.match(err, `\n  why:  ${hint}\n`);
  });

test("nothing is guessed for what is near to nothing", async () => {
  for (const words of [["xyzzy"], ["mirror", "xyzzy"], ["verify", "--xyzzy", "x"], ["toString"]])
    assert.not.match((await runCli(words)).err, /why:/, words.join(" "));
});

test.run();
