/** The golden set sees a verifier that is wrong: no row excuses what the fault changes. */
import { generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { fastVerifier } from "../lab/verify.ts";
import { goldenDir, skipped } from "../support/vectors.ts";
import { goldenVerifyFolder, readGoldenDifferences, runGoldenVerify } from "./golden-verify.ts";
import { keysOf, laterKeyIds } from "./independent-signature.ts";

const test = suite("conformance/golden-verify");

const now = new Date("2026-11-23T00:00:00Z");
const wrong: Readonly<Record<string, SignatureVerifier["verify"]>> = {
  "every signature": () => true,
  "no signature": () => false,
  "no signature by an RSA key": (algorithm, key, signed, signature) =>
    key.type !== "rsa" && fastVerifier.verify(algorithm, key, signed, signature),
};

const folder = goldenVerifyFolder(goldenDir());
if (folder === undefined)
  skipped("conformance/golden-verify", Object.keys(wrong).length, "SALLYPORT_GOLDEN is not set");
else {
  const verdicts = (crypto?: SignatureVerifier) => {
    const report = runGoldenVerify(folder, readGoldenDifferences(), now, crypto === undefined ? {} : { crypto });
    const texts = [...report.observed].map(([id, { refused, mutate, validate, patched }]): [string, string] => [
      id,
      JSON.stringify([refused, mutate, validate, patched]),
    ]);
    return { report, texts };
  };
  const right = new Map(verdicts().texts);
  for (const [what, verify] of Object.entries(wrong))
    test(`a verifier that accepts ${what} is seen in every case that it decides differently`, () => {
      const { report, texts } = verdicts({ name: "wrong", verify });
      const seen = new Set([...report.without.map(({ id }) => id), ...report.idle]);
      const changed = texts.filter(([id, text]) => right.get(id) !== text).map(([id]) => id);
      assert.ok(changed.length > 0);
      assert.equal(
        changed.filter((id) => !seen.has(id)),
        [],
      );
    });
}

test("keys of a policy are read however they are indented, and the later ones of a field are known", () => {
  const [first, second] = [1, 2].map(() =>
    generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "pem", type: "spki" }).toString(),
  ) as [string, string];
  const field = (text: string): string => `pubkey: |\n${text.replace(/^/gm, "    ")}\n`;
  assert.is(keysOf(JSON.stringify({ a: first, b: second })).length, 2);
  assert.is(keysOf(field(first + second)).length, 2);
  assert.is(laterKeyIds(field(first + second)).size, 1);
  assert.is(laterKeyIds(field(first) + field(second)).size, 0);
});

test.run();
