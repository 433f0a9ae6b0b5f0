/**
 * Proofs of inclusion of another shape, and entries that disagree with themselves. Source:
 * docs/spec/sigstore.md#signed-entry-timestamp, #inclusion-proof-and-checkpoint, docs/attacks.md; RFC 9162.
 */
import * as assert from "uvu/assert";
import { concat } from "../../core/encoding/bytes.ts";
import { sha256 } from "../../core/crypto/digest.ts";
import { hashLeaf } from "../../core/tlog/merkle-hash.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import type { Evidence } from "../../core/verify/evidence.ts";
import {
  type Changes,
  otherLeaf,
  type Recipe,
  sign,
  verdict,
  verifiers,
  verify,
  withForeignProof,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { both, first, logOf, proof, second } from "./proofs.ts";
import { accepts, lab, refuses, withChange } from "./refuses.ts";

const { attack, run } = attackSuite("log-proofs");

/** How many distinct logs the evidence of a file's bundle names, and how many entries. */
function logsIn(recipe: Recipe): readonly [logs: number, entries: number] {
  const signed = sign(lab, { layout: "file", ...recipe });
  const counts = verifiers.map((verifier): readonly [number, number] => {
    const verification = verify(signed, verifier);
    assert.is(verification.truth, "proven");
    const { logEntries } = (verification as { evidence: Evidence }).evidence;
    return [new Set(logEntries.map(({ logId }) => logId)).size, logEntries.length];
  });
  assert.equal(counts[0], counts[1]);
  return counts[0] as readonly [number, number];
}

attack(8, "one entry twice", () => {
  for (const recipe of both) refuses("bad-log-proof", recipe, { entries: (entries) => [...entries, ...entries] });
});

attack(
  8,
  "one proven entry under many unsigned indexes, and many entries of one log: the evidence names one log",
  () => {
    const many = (entries: readonly LogEntry[]) =>
      entries.flatMap((entry) => [0n, 1n, 2n].map((more) => ({ ...entry, logIndex: entry.logIndex + more })));
    assert.equal(logsIn({ claim: "blob", evidence: ["proof"], change: { entries: many } }), [1, 3]);
    const logged = ([entry]: readonly LogEntry[]) =>
      entry === undefined ? [] : [1, 2, 4].map((index) => lab.rekor.entry(entry.body, lab.loggedAt, { index }));
    assert.equal(logsIn({ claim: "blob", change: { entries: logged } }), [1, 3]);
    assert.equal(logsIn({ claim: "blob", evidence: ["promise", "proof", "rekor2"] }), [2, 2]);
  },
);

attack(17, "a path that is too short, too long or empty", () => {
  for (const recipe of both) {
    const path = (change: (hashes: readonly Uint8Array[]) => readonly Uint8Array[]): Changes =>
      proof((whole) => ({ ...whole, hashes: change(whole.hashes) }));
    refuses(
      "malformed",
      recipe,
      path((hashes) => hashes.slice(0, -1)),
    );
    refuses(
      "malformed",
      recipe,
      path((hashes) => hashes.slice(1)),
    );
    refuses(
      "malformed",
      recipe,
      path((hashes) => [...hashes, new Uint8Array(32)]),
    );
    refuses(
      "malformed",
      recipe,
      path(() => []),
    );
    refuses(
      "bad-log-proof",
      recipe,
      path((hashes) => [...hashes].reverse()),
    );
  }
});

attack(17, "hashes of 31 and 33 bytes whose concatenation is the right one", () => {
  for (const recipe of both)
    refuses(
      "malformed",
      recipe,
      proof((whole) => {
        const [one, two, ...rest] = whole.hashes as [Uint8Array, Uint8Array];
        return { ...whole, hashes: [one.subarray(0, 31), concat(one.subarray(31), two), ...rest] };
      }),
    );
});

attack(17, "an index or a size that does not fit the tree", () => {
  for (const recipe of first) {
    refuses(
      "malformed",
      recipe,
      proof((whole) => ({ ...whole, logIndex: 7n })),
    );
    refuses(
      "bad-log-proof",
      recipe,
      proof((whole) => ({ ...whole, logIndex: 2n })),
    );
    refuses(
      "bad-log-proof",
      recipe,
      proof((whole) => ({ ...whole, treeSize: 8n })),
    );
  }
  for (const recipe of second) {
    refuses("malformed", recipe, { entries: (entries) => entries.map((entry) => ({ ...entry, logIndex: 7n })) });
    refuses("bad-log-proof", recipe, { entries: (entries) => entries.map((entry) => ({ ...entry, logIndex: 2n })) });
  }
});

attack(
  18,
  "a tree hashed without prefixes, or with those of nodes and leaves exchanged, under the log's own signature",
  () => {
    const other = otherLeaf("other");
    const roots: readonly ((body: Uint8Array) => {
      readonly leaves: readonly Uint8Array[];
      readonly root: Uint8Array;
      readonly path: readonly Uint8Array[];
    })[] = [
      (body) => ({ leaves: [body], root: sha256(body), path: [] }),
      (body) => ({ leaves: [body], root: sha256(concat(Uint8Array.of(1), body)), path: [] }),
      (body) => ({
        leaves: [body, other],
        root: sha256(concat(hashLeaf(body), hashLeaf(other))),
        path: [hashLeaf(other)],
      }),
      (body) => ({
        leaves: [body, other],
        root: hashLeaf(concat(hashLeaf(body), hashLeaf(other))),
        path: [hashLeaf(other)],
      }),
    ];
    for (const recipe of [first[0], second[0]] as readonly Recipe[]) {
      for (const make of roots) {
        const prove = (entry: LogEntry, right: boolean): LogEntry => {
          const { leaves, root, path } = make(entry.body);
          const log = logOf(recipe);
          const made = log.proof(leaves, 0, right ? {} : { root });
          return { ...entry, logIndex: 0n, inclusionProof: right ? made : { ...made, rootHash: root, hashes: path } };
        };
        const entries = (right: boolean): Changes => ({
          entries: (all) => all.map(({ inclusionPromise: _, ...entry }) => prove(entry, right)),
        });
        accepts(withChange(recipe, entries(true)));
        refuses("bad-log-proof", recipe, entries(false));
      }
    }
  },
);

attack(18, "the two hashes below a node as the body of an entry", () => {
  for (const recipe of [first[0], second[0]] as readonly Recipe[]) {
    const change = (entry: LogEntry): LogEntry => ({
      ...entry,
      body: concat(hashLeaf(otherLeaf("left")), hashLeaf(otherLeaf("right"))),
    });
    refuses("malformed", recipe, { rekor1: { change }, rekor2: { change } });
  }
});

attack(23, "a valid promise and a proof that does not hold: refused, also beside an entry that is right", () => {
  const bad = ([entry, ...rest]: readonly LogEntry[]): readonly LogEntry[] =>
    entry === undefined ? [] : [withForeignProof(entry, lab.rekor.entry(otherLeaf("another"), lab.loggedAt)), ...rest];
  for (const recipe of [
    { claim: "blob" },
    { by: "certificate" },
    { evidence: ["promise", "proof", "rekor2"] },
  ] as const)
    refuses("bad-log-proof", recipe, { entries: bad });
});

attack(23, "a valid proof and a promise that does not hold: the entry counts for nothing, and another one may", () => {
  const bad = ([entry, ...rest]: readonly LogEntry[]): readonly LogEntry[] =>
    entry === undefined ? [] : [{ ...entry, inclusionPromise: lab.rekor.promise({ ...entry, logIndex: 7n }) }, ...rest];
  for (const recipe of [{ claim: "blob" }, { by: "certificate" }] as const)
    refuses("bad-log-proof", recipe, { entries: bad });
  assert.equal(logsIn({ evidence: ["promise", "proof", "rekor2"], change: { entries: bad } }), [1, 1]);
  // Nor does its time count: without a timestamp there is none.
  assert.is(
    verdict(sign(lab, { by: "certificate", evidence: ["promise", "proof", "rekor2"], change: { entries: bad } })),
    "refuted: no-timestamp",
  );
  accepts({ by: "certificate", evidence: ["promise", "proof", "rekor2", "timestamp"], change: { entries: bad } });
});

run();
