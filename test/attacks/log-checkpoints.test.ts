/**
 * Checkpoints that the attacker made, or that are about another tree, by another log, under another name. Source:
 * docs/spec/sigstore.md#inclusion-proof-and-checkpoint, #rekor-v2-entries, docs/attacks.md; C2SP tlog-checkpoint.
 */
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { sha256 } from "../../core/crypto/digest.ts";
import { hashLeaf } from "../../core/tlog/merkle-hash.ts";
import { type Changes, logInstance, otherLeaf, RekorV2, withForeignProof } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { both, checkpoint, first, isSecond, logOf, proof, second } from "./proofs.ts";
import { accepts, lab, refuses, withChange } from "./refuses.ts";

const { attack, run } = attackSuite("log-checkpoints");

attack(12, "the attacker's own tree under a checkpoint signed by the attacker, with the log's name and hint", () => {
  for (const recipe of both) {
    const { key, host } = logOf(recipe);
    const mallory = lab.key("mallory", key.type);
    const kind = isSecond(recipe) ? "plain" : "rekor-v1";
    refuses("bad-log-proof", recipe, checkpoint(recipe, { signers: [{ name: host, key: mallory, kind }] }));
    const hint = isSecond(recipe) ? lab.rekor2.id.subarray(0, 4) : sha256(key.publicKey.spki).subarray(0, 4);
    refuses("bad-log-proof", recipe, checkpoint(recipe, { signers: [{ name: host, key: mallory, kind, hint }] }));
  }
});

attack(12, "the attacker's own tree under an unsigned checkpoint, and without one", () => {
  for (const recipe of both) {
    refuses("malformed", recipe, checkpoint(recipe, { signers: [] }));
    refuses(
      "malformed",
      recipe,
      proof((whole) => ({ ...whole, checkpoint: whole.checkpoint.slice(0, whole.checkpoint.lastIndexOf("\n\n") + 1) })),
    );
    refuses(
      "malformed",
      recipe,
      proof((whole) => ({ ...whole, checkpoint: "" })),
    );
  }
});

attack(12, "the attacker's own root in the text of a signed checkpoint", () => {
  for (const recipe of both) {
    const genuine = logOf(recipe).checkpoint(Array.from({ length: 7 }, (_, index) => otherLeaf(`another ${index}`)));
    refuses(
      "bad-log-proof",
      recipe,
      proof((whole) => ({
        ...whole,
        checkpoint:
          `${genuine.split("\n").slice(0, 2).join("\n")}\n` +
          `${encodeBase64(whole.rootHash)}\n` +
          `${genuine.split("\n").slice(3).join("\n")}`,
      })),
    );
  }
});

attack(13, "a genuine checkpoint of another tree of the log, of the same size or a larger one", () => {
  for (const recipe of both) {
    for (const size of [7, 8, 9]) {
      const other = logOf(recipe).checkpoint(Array.from({ length: size }, (_, index) => otherLeaf(`another ${index}`)));
      refuses(
        isSecond(recipe) && size === 9 ? "malformed" : "bad-log-proof",
        recipe,
        proof((whole) => ({ ...whole, checkpoint: other })),
      );
    }
  }
  // The same tree some leaves later: its checkpoint does not fit the proof of the smaller one.
  for (const recipe of first)
    refuses(
      "bad-log-proof",
      recipe,
      proof((whole, entry) => ({
        ...whole,
        checkpoint: lab.rekor.checkpoint(lab.rekor.leaves(entry.body, { size: 8 })),
      })),
    );
});

attack(13, "a genuine checkpoint with another root than the proof states", () => {
  for (const recipe of first)
    refuses(
      "bad-log-proof",
      recipe,
      proof((whole) => ({ ...whole, rootHash: hashLeaf(otherLeaf("root")) })),
    );
  for (const recipe of both)
    refuses("bad-log-proof", recipe, checkpoint(recipe, { root: hashLeaf(otherLeaf("root")) }));
});

attack(13, "another key hint beside the log's own signature", () => {
  for (const recipe of both) {
    const [signer] = logOf(recipe).signers();
    assert.ok(signer);
    refuses("bad-log-proof", recipe, checkpoint(recipe, { signers: [{ ...signer, hint: Uint8Array.of(1, 2, 3, 4) }] }));
  }
});

attack(13, "a checkpoint of the same tree by another log that is trusted too", () => {
  for (const recipe of first)
    refuses(
      "bad-log-proof",
      recipe,
      proof((whole, entry) => ({ ...whole, checkpoint: lab.rekor2.checkpoint(lab.rekor.leaves(entry.body, {})) })),
    );
  for (const recipe of second)
    refuses(
      "bad-log-proof",
      recipe,
      proof((whole, entry) => ({ ...whole, checkpoint: lab.rekor.checkpoint(lab.rekor2.leaves(entry.body, {})) })),
    );
});

attack(13, "the proof of another entry under its genuine checkpoint", () => {
  for (const recipe of both) {
    const other = isSecond(recipe)
      ? lab.rekor2.entry(otherLeaf("another"))
      : lab.rekor.entry(otherLeaf("another"), lab.loggedAt);
    refuses("bad-log-proof", recipe, {
      entries: ([entry]) => (entry === undefined ? [] : [withForeignProof(entry, other)]),
    });
  }
});

attack(14, "the log's own key signs under another name, another origin, or both", () => {
  const name = "log2025.rekor.lab.example";
  for (const recipe of second) {
    const { key, host } = lab.rekor2;
    refuses("bad-log-proof", recipe, checkpoint(recipe, { signers: [{ name, key }] }));
    refuses("bad-log-proof", recipe, checkpoint(recipe, { origin: name, signers: [{ name: host, key }] }));
    refuses("bad-log-proof", recipe, checkpoint(recipe, { origin: name, signers: [{ name, key }] }));
    refuses(
      "bad-log-proof",
      recipe,
      checkpoint(recipe, { signers: [{ name, key, hint: lab.rekor2.id.subarray(0, 4) }] }),
    );
  }
});

attack(14, "an entry names one trusted log and has the checkpoint of another trusted log", () => {
  const next = new RekorV2(lab.key("rekor3", "ed25519"), "log2027.rekor.lab.example");
  const trusted: Changes = {
    trustedRoot: (root) => ({ ...root, tlogs: [...root.tlogs, logInstance(next, { start: lab.period.start })] }),
  };
  for (const recipe of second.map((each) => withChange(each, trusted))) {
    accepts(withChange(recipe, { entries: (entries) => entries.map(({ body }) => next.entry(body)) }));
    refuses("bad-log-proof", recipe, {
      entries: (entries) => entries.map(({ body, logId }) => ({ ...next.entry(body), logId })),
    });
    refuses("bad-log-proof", recipe, {
      entries: (entries) => entries.map((entry) => ({ ...entry, logId: next.entry(entry.body).logId })),
    });
  }
});

attack(14, "a trusted root that gives the log no name: no name is the right one", () => {
  const called = (baseUrl: string): Changes => ({
    trustedRoot: (root) => ({ ...root, tlogs: root.tlogs.map((log: object) => ({ ...log, baseUrl })) }),
  });
  for (const recipe of second) {
    for (const right of ["https://log2026.rekor.lab.example:8443/api", "https://log2026.rekor.lab.example/"])
      accepts(withChange(recipe, called(right)));
    for (const wrong of [
      "",
      "log2026.rekor.lab.example",
      "https://evil.example/log2026.rekor.lab.example",
      "https://log2026.rekor.lab.example@evil.example",
    ])
      refuses("bad-log-proof", recipe, called(wrong));
  }
});

attack(14, "must be accepted: witnesses, and other keys under the log's name, beside its signature", () => {
  for (const recipe of second) {
    const [signer] = lab.rekor2.signers();
    assert.ok(signer);
    const others = [
      lab.witness(),
      { name: signer.name, key: lab.key("mallory", "ed25519") },
      { name: "else.lab.example", key: signer.key },
    ];
    accepts(withChange(recipe, checkpoint(recipe, { cosigners: others })));
    accepts(withChange(recipe, checkpoint(recipe, { signers: [...others, signer] })));
    refuses("bad-log-proof", recipe, checkpoint(recipe, { signers: others }));
  }
});

attack(15, "names that an expression made of the log's name would match, or that hold it", () => {
  for (const recipe of second) {
    const { key, host } = lab.rekor2;
    for (const name of [
      "log2026xrekor.lab.example",
      "rekor.lab.example",
      "log2026.rekor.lab.example.evil.example",
      "evil-log2026.rekor.lab.example",
      ".*",
      "LOG2026.rekor.lab.example",
    ])
      for (const signer of [name, host])
        refuses("bad-log-proof", recipe, checkpoint(recipe, { origin: name, signers: [{ name: signer, key }] }));
  }
  // In Rekor v1 the name is what the origin begins with.
  for (const recipe of first) {
    const { key } = lab.rekor;
    for (const name of ["rekor.lab.exampl", "rekorxlab.example", "rekor", ".*", "evil.rekor.lab.example"])
      refuses("bad-log-proof", recipe, checkpoint(recipe, { signers: [{ name, key, kind: "rekor-v1" }] }));
  }
});

run();
