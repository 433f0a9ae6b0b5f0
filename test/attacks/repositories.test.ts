/**
 * Attacks on where signatures are kept: emptied lists, a weaker layout, a shared repository, paths that leave their
 * folder, hosts that resemble others.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError, type ErrorCode } from "../../core/errors.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import { parseReference } from "../../core/oci/reference.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { requireTargetPath } from "../../core/tuf/target-path.ts";
import { MetadataFolder } from "../../proxy/upstream/tuf/metadata-folder.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { tempFolder } from "../support/temp-folder.ts";
import {
  decide,
  type Json,
  type Recipe,
  sign,
  type Signed,
  Store,
  together,
  verdict,
  verifiers,
  withTrust,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { altered, withEntry } from "./other-answers.ts";
import { accepts, lab } from "./refuses.ts";
import { instead } from "../support/instead.ts";
import { defaultLimits } from "../../core/limits.ts";

const { attack, run } = attackSuite("repositories");

attack(
  81,
  "the fallback tag, or the list of referrers, is emptied: a missing required attestation is no clean bill",
  () => {
    const signed = accepts({ claim: "attestation" });
    const empty = altered(signed, (question) => (question.kind === "referrers" ? [] : undefined));
    const silent = instead(signed.knowledge, "referrers");
    assert.is(verdict(signed, { knowledge: empty }), "refuted: no-attestation");
    assert.is(verdict(signed, { knowledge: silent }), "unknown: not-in-mirror");
    for (const verifier of verifiers)
      for (const knowledge of [empty, silent]) {
        assert.is(decide(signed, verifier, { knowledge }).allowed, false);
        const conditions = [{ all: [{ key: "{{ vulnerabilities || `[]` }}", operator: "Equals", value: [] }] }];
        const clean = (policy: Json): Json => {
          policy.spec.rules[0].verifyImages[0].attestations[0].conditions = conditions;
          return policy;
        };
        assert.is(decide(signed, verifier, { policy: clean }).allowed, true);
        assert.is(decide(signed, verifier, { knowledge, policy: clean }).allowed, false);
      }
  },
);

attack(
  81,
  "the statement that fails the conditions is withheld: listed but missing, or in a layout that was never asked",
  () => {
    const recipe = (layout: "tag" | "bundle", approved: boolean): Recipe => ({
      claim: "attestation",
      layout,
      predicate: { approved },
    });
    const bad = sign(lab, recipe("bundle", false));
    const both = together(sign(lab, recipe("tag", true)), bad);
    const held = bad.store.blobs.at(-1);
    const holding = (policy: Json): Json => {
      policy.spec.rules[0].verifyImages[0].attestations[0].conditions = [
        { all: [{ key: "{{ approved }}", operator: "Equals", value: true }] },
      ];
      return policy;
    };
    const heldDigest = digestOf(held?.bytes ?? new Uint8Array(0));
    const withheld = [
      instead(both.knowledge, (question) => question.kind === "blob" && question.digest === heldDigest),
      instead(both.knowledge, "referrers"),
    ];
    for (const verifier of verifiers) {
      assert.is(decide(both, verifier, { policy: holding }).allowed, false);
      for (const knowledge of withheld) {
        const decision = decide(both, verifier, { knowledge, policy: holding });
        assert.is(decision.allowed, false);
        assert.ok(decision.results.every(({ status }) => status === "error"));
        // Where a policy asks for no more than that there is one, one is enough.
        assert.is(decide(both, verifier, { knowledge }).allowed, true);
      }
    }
  },
);

attack(81, "a folder whose fallback index was overwritten, complete or not", () => {
  const signed = accepts({ layout: "tag" });
  for (const [complete, wanted] of [
    [{ complete: "image" }, "refuted: no-signature"],
    [{}, "unknown: not-in-mirror"],
  ] as const) {
    const store = new Store();
    store.blobs.push(...signed.store.blobs);
    const [image] = signed.store.manifests;
    if (image !== undefined) store.manifests.push(image);
    store.manifest(
      signed.repository,
      { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] },
      signed.digest.replace(":", "-"),
    );
    const folder = tempFolder();
    store.write(folder);
    assert.is(
      verdict(signed, {
        knowledge: withTrust(openLayout(folder, { ...complete, limits: defaultLimits }), signed.trustedRoot, lab.now),
      }),
      wanted,
    );
  }
});

attack(82, "bundles taken away so that only a tag signature is left, although the policy requires bundles", () => {
  for (const recipe of [{ layout: "tag" }, { layout: "artifact" }] as const) {
    const signed = accepts(recipe);
    assert.is(verdict(signed, { layouts: { layouts: "bundles" } }), "refuted: no-signature");
    for (const verifier of verifiers) {
      assert.is(decide(signed, verifier).allowed, true);
      assert.is(decide(signed, verifier, { policy: withEntry({ type: "SigstoreBundle" }) }).allowed, false);
    }
  }
});

attack(82, "every layout asks for the same: a log entry, a certificate with one name, its SCT", () => {
  for (const layout of ["tag", "artifact", "bundle"] as const) {
    const keyless: Recipe = { by: "certificate", layout };
    accepts(keyless);
    const identity = {
      names: [{ email: "ada@lab.example" }, { email: "eve@lab.example" }],
      extensions: { issuer: "https://issuer.lab.example" },
    };
    const several = verdict(sign(lab, { ...keyless, identity }));
    assert.is(several, verdict(sign(lab, { by: "certificate", identity })));
    assert.is(verdict(sign(lab, { ...keyless, change: { certificateTimestamps: () => [] } })), "refuted: no-sct");
    const unlogged = verdict(
      sign(lab, {
        ...keyless,
        evidence: [],
        change: { attestor: (spec) => ({ ...spec, rekor: { ignoreTlog: false } }) },
      }),
    );
    assert.is(unlogged, layout === "bundle" ? "refuted: no-log-proof" : "unknown: not-in-mirror");
  }
});

attack(83, "signatures of many images in one repository: the digest is the key, a name is not", () => {
  const shared = "registry.lab.example/signatures";
  const [a, b] = ["team/a", "team/b"].map((name) =>
    sign(lab, { layout: "tag", repository: `registry.lab.example/${name}` }),
  ) as [Signed, Signed];
  const store = new Store();
  for (const { store: part } of [a, b]) {
    for (const { bytes } of part.blobs) store.blobs.push({ repository: shared, bytes });
    const kept = part.manifests.at(-1);
    if (kept !== undefined) store.manifests.push({ ...kept, repository: shared });
  }
  const knowledgeOf = (signed: Signed): Knowledge => altered(signed, () => undefined, store);
  const layouts = { layouts: "all", signatureRepository: shared } as const;
  for (const signed of [a, b]) assert.is(verdict(signed, { knowledge: knowledgeOf(signed), layouts }), "proven");
  // The tag of one image overwritten with the signatures of the other.
  const [ofA, ofB] = store.manifests;
  const crossed = new Store();
  crossed.blobs.push(...store.blobs);
  crossed.manifests.push({ ...(ofA as NonNullable<typeof ofA>), tag: ofB?.tag ?? "" });
  assert.is(verdict(b, { knowledge: altered(b, () => undefined, crossed), layouts }), "refuted: wrong-digest");
  assert.is(verdict(a, { knowledge: altered(a, () => undefined, crossed), layouts }), "refuted: no-signature");
});

const codeOf = (body: () => unknown): ErrorCode | undefined => {
  try {
    body();
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
};

attack(85, "names and digests that climb out of their folder", () => {
  const climbing = ["../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a/..", "..\\x", "a\0b", "C:\\x", ""];
  for (const path of climbing)
    assert.is(
      codeOf(() => requireTargetPath(path, defaultLimits)),
      "malformed",
      JSON.stringify(path),
    );
  assert.is(
    codeOf(() => requireTargetPath("a/b.json", defaultLimits)),
    undefined,
  );
  for (const text of [
    "registry.lab.example/../x",
    "registry.lab.example/a/..:v1",
    "registry.lab.example/a:../x",
    `registry.lab.example/a@sha256:../${"0".repeat(61)}`,
    "a\0b",
  ])
    assert.is(
      codeOf(() => parseReference(text, defaultLimits)),
      "malformed",
      text,
    );
  const signed = accepts({ layout: "tag" });
  for (const digest of ["sha256:../../../../etc/passwd", `sha256:${"../".repeat(21)}x`, "sha512:x", "../x"]) {
    const manifest = sign(lab, {
      layout: "tag",
      change: { manifest: (json) => ({ ...json, layers: json.layers.map((layer: Json) => ({ ...layer, digest })) }) },
    });
    assert.is(verdict(manifest), "refuted: malformed");
    const folder = tempFolder();
    signed.store.write(folder);
    const entry = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 1 };
    const index = tempFolder({
      "oci-layout": '{"imageLayoutVersion":"1.0.0"}',
      "index.json": JSON.stringify({ schemaVersion: 2, manifests: [entry] }),
    });
    assert.is(
      codeOf(() => openLayout(index, { repository: signed.repository, limits: defaultLimits })),
      "archive-corrupt",
    );
    const knowledge = openLayout(folder, { complete: "repository", limits: defaultLimits });
    const answer = codeOf(() =>
      knowledge.answer({ kind: "blob", repository: signed.repository, digest: digest as Digest }),
    );
    assert.ok(answer === undefined || answer === "malformed" || answer === "archive-corrupt");
  }
});

attack(85, "roles of TUF metadata whose names are paths", () => {
  const folder = tempFolder({ "inner/keep.json": "{}", "evil.json": "outside" });
  const roles = new MetadataFolder(join(folder, "inner"), defaultLimits);
  for (const name of ["../evil", "../../evil", "/tmp/evil", "..", ".", "a/b", "a\\b", "%2e%2e/evil", "a\0b"]) {
    assert.is(roles.read(name), undefined, name);
    roles.write(name, encodeUtf8(name));
    assert.equal(roles.read(name), encodeUtf8(name));
    assert.equal(readdirSync(folder).sort(), ["evil.json", "inner"]);
    assert.is(readFileSync(join(folder, "evil.json"), "utf8"), "outside");
    assert.ok(readdirSync(join(folder, "inner")).every((file) => file.endsWith(".json")));
    roles.remove(name);
    assert.equal(readdirSync(join(folder, "inner")), ["keep.json"]);
  }
});

/** Writes other bytes under the name of these. */
function replaceFile(folder: string, bytes: Uint8Array, other: Uint8Array): void {
  writeFileSync(join(folder, "blobs", "sha256", digestOf(bytes).slice("sha256:".length)), other);
}

attack(85, "a file of the folder that has other bytes than its name", () => {
  const signed = accepts({ layout: "tag" });
  const folder = tempFolder();
  const store = new Store();
  store.blobs.push(...signed.store.blobs);
  store.manifests.push(...signed.store.manifests);
  store.write(folder);
  const knowledge = withTrust(
    openLayout(folder, { complete: "repository", limits: defaultLimits }),
    signed.trustedRoot,
    lab.now,
  );
  assert.is(verdict(signed, { knowledge }), "proven");
  const payload = signed.store.blobs.find(({ bytes }) => new TextDecoder().decode(bytes).includes("critical"));
  const other = encodeUtf8(new TextDecoder().decode(payload?.bytes).replace("cosign container", "another container"));
  replaceFile(folder, payload?.bytes ?? new Uint8Array(0), other);
  assert.is(
    verdict(signed, {
      knowledge: withTrust(
        openLayout(folder, { complete: "repository", limits: defaultLimits }),
        signed.trustedRoot,
        lab.now,
      ),
    }),
    "unknown: archive-corrupt",
  );
});

attack(86, "a host whose name begins or ends as one of which everything is known", () => {
  const knowledge = new MemoryKnowledge(defaultLimits).complete("registry.lab.example");
  const tag = (repository: string) => knowledge.answer({ kind: "tag", repository, tag: "v1" })?.state;
  assert.is(tag("registry.lab.example/team/app"), "absent");
  for (const host of [
    "registry.lab.example.evil.example",
    "evil-registry.lab.example",
    "evil.example/registry.lab.example",
    "registry.lab.example:5000",
    "lab.example",
  ])
    assert.is(tag(`${host}/team/app`), undefined, host);
  const repository = new MemoryKnowledge(defaultLimits).complete("registry.lab.example/team");
  for (const name of ["registry.lab.example/team/app", "registry.lab.example/team2", "registry.lab.example/tea"])
    assert.is(repository.answer({ kind: "tag", repository: name, tag: "v1" }), undefined, name);
});

run();
