/**
 * What the command line asks of a signer, flag by flag: nothing that it says may be passed over. Source:
 * docs/spec/sigstore.md#cosign-flags, docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { labPredicateType, type Recipe, sign, type Signed, strangers } from "../lab/index.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { runCli } from "../cli/command-io.ts";
import { attackSuite } from "./attack.ts";
import { pems } from "./authorities.ts";
import { lab } from "./refuses.ts";

const { attack, run } = attackSuite("command-line");

const workflow = { "2": "push", "3": "c0ffee", "4": "release", "5": "lab/app", "6": "refs/tags/v1" };
const identity = {
  names: [{ email: "ada@lab.example" }],
  extensions: { "1": "https://issuer.lab.example", issuer: "https://issuer.lab.example", ...workflow },
};
const who = ["--certificate-identity", "ada@lab.example", "--certificate-oidc-issuer", "https://issuer.lab.example"];
const layouts: readonly Recipe[] = [{ layout: "tag" }, {}];

/** Runs the command on what was signed, from a folder; its code where it refuses. */
async function says(
  signed: Signed,
  words: readonly string[],
  command: readonly string[] = ["verify"],
): Promise<string> {
  const folder = tempFolder();
  signed.store.write(folder);
  const stranger = strangers(lab);
  const files = {
    "key.pub": lab.key().pem,
    "other.pub": lab.key("other").pem,
    "root.json": signed.trustedRoot,
    "roots.pem": pems(lab.authority.chain),
    "other-roots.pem": pems(stranger.authority.chain),
    "stamps.pem": pems(lab.timestampAuthority.chain),
    "other-stamps.pem": pems(stranger.timestampAuthority.chain),
  };
  const all = [
    ...command,
    "--layout",
    folder,
    "--complete",
    "--trusted-root",
    "root.json",
    ...words,
    `${signed.repository}@${signed.digest}`,
  ];
  const { exit, err } = await runCli(all, { files });
  if (exit === 0) return "verified";
  const code = /^error ([a-z-]+): /m.exec(err)?.[1];
  assert.ok(code, err);
  return code;
}

/** Replaces the value of a flag. */
const instead = (words: readonly string[], flag: string, value: string): readonly string[] =>
  words.map((word, index) => (words[index - 1] === flag ? value : word));

attack(2, "identity and issuer, exact or as expressions, each wrong while everything else is right", async () => {
  const patterns = [
    "--certificate-identity-regexp",
    "^ada@lab\\.example$",
    "--certificate-oidc-issuer-regexp",
    "^https://issuer\\.lab\\.example$",
  ];
  for (const recipe of layouts) {
    const signed = sign(lab, { ...recipe, by: "certificate", identity });
    for (const words of [who, patterns]) {
      assert.is(await says(signed, words), "verified");
      for (const flag of words.filter((word) => word.startsWith("--"))) {
        assert.is(await says(signed, instead(words, flag, "^eve@evil\\.example$")), "wrong-identity", flag);
        assert.is(
          await says(
            signed,
            words.filter((word, index) => word !== flag && words[index - 1] !== flag),
          ),
          "invalid-usage",
          flag,
        );
      }
    }
    // Text and expression at once exclude each other, also where both would hold; and a star is a star.
    for (const pattern of ["^eve@", "^ada@"])
      assert.is(await says(signed, [...who, "--certificate-identity-regexp", pattern]), "invalid-usage");
    assert.is(await says(signed, instead(who, "--certificate-identity", "*@lab.example")), "wrong-identity");
    // An empty text, of a variable that is not set, is no wish for any signer.
    for (const words of [who, patterns])
      for (const flag of words.filter((word) => word.startsWith("--")))
        assert.is(await says(signed, instead(words, flag, "")), "invalid-usage", flag);
    assert.is(await says(sign(lab, recipe), who), "no-certificate");
  }
});

attack(2, "a log entry of another signature, and none at all, under a key and under an identity", async () => {
  for (const recipe of layouts) {
    for (const [by, words] of [
      ["key", ["--key", "key.pub"]],
      ["certificate", who],
    ] as const) {
      const other = sign(lab, { ...recipe, by, repository: "registry.lab.example/team/other" });
      assert.is(await says(sign(lab, { ...recipe, by }), words), "verified");
      assert.is(
        await says(sign(lab, { ...recipe, by, change: { entries: () => other.entries } }), words),
        "bad-log-proof",
      );
      const bare = await says(sign(lab, { ...recipe, by, version: "0.3", change: { entries: () => [] } }), words);
      // A layer without entry leaves the log to be asked, and there is nobody to ask.
      assert.is(bare, recipe.layout === "tag" ? "not-in-mirror" : "no-log-proof");
    }
  }
});

attack(38, "every flag about the workflow, absent from the certificate and with another value", async () => {
  const flags = { trigger: "push", sha: "c0ffee", name: "release", repository: "lab/app", ref: "refs/tags/v1" };
  for (const recipe of layouts) {
    const signed = sign(lab, { ...recipe, by: "certificate", identity });
    const without = sign(lab, { ...recipe, by: "certificate" });
    for (const [name, value] of Object.entries(flags)) {
      const flag = `--certificate-github-workflow-${name}`;
      assert.is(await says(signed, [...who, flag, value]), "verified");
      assert.is(await says(signed, [...who, flag, `${value}x`]), "wrong-identity", flag);
      assert.is(await says(without, [...who, flag, value]), "wrong-identity", flag);
    }
  }
});

attack(38, "every other flag, wrong while the signature is right", async () => {
  const key = ["--key", "key.pub"];
  const wrong: readonly (readonly [string, Recipe, readonly string[], readonly string[]])[] = [
    ["wrong-key", {}, key, ["--key", "other.pub"]],
    ["wrong-key", {}, key, [...key, "--signature-digest-algorithm", "sha512"]],
    [
      "wrong-annotations",
      { annotations: { channel: "stable" } },
      [...key, "-a", "channel=stable"],
      [...key, "-a", "channel=beta"],
    ],
    ["wrong-annotations", { annotations: { channel: "stable" } }, key, [...key, "-a", "channel=stable,team=red"]],
    ["no-timestamp", {}, key, [...key, "--use-signed-timestamps"]],
    [
      "untrusted-certificate",
      { by: "certificate" },
      [...who, "--ca-roots", "roots.pem"],
      [...who, "--ca-roots", "other-roots.pem"],
    ],
    [
      "untrusted-certificate",
      { by: "certificate" },
      [...who, "--certificate-chain", "roots.pem"],
      [...who, "--certificate-chain", "other-roots.pem"],
    ],
    [
      "bad-timestamp",
      { by: "certificate", evidence: ["proof", "timestamp"] },
      [...who, "--timestamp-certificate-chain", "stamps.pem"],
      [...who, "--timestamp-certificate-chain", "other-stamps.pem"],
    ],
    ["invalid-usage", {}, key, [...key, ...who]],
    ["invalid-usage", {}, key, []],
    ["unsupported", {}, key, [...key, "--check-claims=false"]],
    ["invalid-usage", {}, key, [...key, "--certificate-oids", "1.2.3=x"]],
  ];
  for (const recipe of layouts) {
    for (const [code, more, right, other] of wrong) {
      // A layer holds promises only.
      const evidence =
        recipe.layout === "tag" && more.evidence !== undefined ? { evidence: ["promise", "timestamp"] as const } : {};
      const signed = sign(lab, { ...recipe, ...more, ...evidence });
      assert.is(await says(signed, right), "verified", right.join(" "));
      assert.is(await says(signed, other), code, other.join(" "));
    }
    const attested = sign(lab, { ...recipe, claim: "attestation" });
    assert.is(await says(attested, key, ["verify-attestation", "--type", labPredicateType]), "verified");
    assert.is(await says(attested, key, ["verify-attestation", "--type", `${labPredicateType}x`]), "no-attestation");
    assert.is(await says(attested, key), "no-signature");
  }
});

run();
