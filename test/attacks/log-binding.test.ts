/**
 * A log entry that is about something else than the signature it comes with. Source:
 * docs/spec/sigstore.md#rekor-v1-entries, docs/attacks.md.
 */
import { createSign } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import {
  entryBody,
  type Logged,
  nodeKey,
  type Recipe,
  sign,
  type Signed,
  strangers,
  together,
  verdict,
  withTrust,
} from "../lab/index.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { attackSuite } from "./attack.ts";
import { accepts, decided, lab, refuses, refusesAsked } from "./refuses.ts";
import { defaultLimits } from "../../core/limits.ts";

const { attack, run } = attackSuite("log-binding");

/** Every way in which an entry can come with a signature. */
const paths: readonly Recipe[] = [
  { layout: "tag" },
  { layout: "artifact" },
  { layout: "tag", by: "certificate" },
  { layout: "file", claim: "blob", evidence: ["promise"] },
  { layout: "file", claim: "blob", version: "0.2" },
  { claim: "blob", by: "certificate" },
  {},
  { by: "certificate" },
  { layout: "tag", claim: "attestation", entryKind: "intoto 0.0.2" },
  { layout: "tag", claim: "attestation", entryKind: "dsse 0.0.1" },
  { claim: "attestation", entryKind: "intoto 0.0.2", layout: "file" },
  { claim: "attestation", evidence: ["proof"] },
  { evidence: ["rekor2"] },
  { by: "certificate", evidence: ["rekor2", "timestamp"] },
  { claim: "blob", evidence: ["rekor2"] },
  { claim: "attestation", evidence: ["rekor2"], keyType: "p384" },
];

const another = encodeUtf8("something else");

/** The same about other content. */
function otherContent({ content, ...rest }: Logged): Logged {
  if ("message" in content) return { ...rest, content: { ...content, message: another } };
  return { ...rest, content: { ...content, payload: another, envelope: another } };
}

attack(1, "the valid entry of another signature by the same signer is attached, in every layout", () => {
  for (const recipe of paths) {
    const other = sign(lab, { ...recipe, repository: "registry.lab.example/team/other" });
    assert.is(verdict(other), "proven");
    refuses("bad-log-proof", recipe, { entries: () => other.entries });
  }
});

attack(1, "two signatures of one image exchange their annotations", () => {
  const [first, second] = [accepts({ layout: "tag" }), accepts({ layout: "tag", annotations: { channel: "beta" } })];
  refuses("bad-log-proof", { layout: "tag" }, { entries: () => second.entries });
  refuses("bad-log-proof", { layout: "tag", annotations: { channel: "beta" } }, { entries: () => first.entries });
});

attack(
  1,
  "the same in a folder as cosign saves it, and for a Pod; beside a right signature the wrong one does no harm",
  () => {
    for (const recipe of [{ layout: "tag" }, { by: "certificate" }] as const) {
      const other = sign(lab, { ...recipe, repository: "registry.lab.example/team/other" });
      const [right, wrong] = [accepts(recipe), refuses("bad-log-proof", recipe, { entries: () => other.entries })];
      const saved = (signed: Signed) => {
        const folder = tempFolder();
        signed.store.save(folder, signed.digest);
        return withTrust(
          openLayout(folder, {
            repository: signed.repository,
            tag: signed.tag,
            complete: "repository",
            limits: defaultLimits,
          }),
          signed.trustedRoot,
          lab.now,
        );
      };
      for (const [signed, verdictOfIt, decision] of [
        [right, "proven", "allowed"],
        [wrong, "refuted: bad-log-proof", "denied: bad-log-proof"],
        [together(wrong, right), "proven", "allowed"],
      ] as const) {
        assert.is(verdict(signed), verdictOfIt);
        assert.is(verdict(signed, { knowledge: saved(signed) }), verdictOfIt);
        assert.is(decided(signed), decision);
      }
    }
  },
);

attack(2, "the bundle of a file brings a foreign entry body", () => {
  const foreign = entryBody("hashedrekord 0.0.1", {
    signature: lab.key("mallory").sign(another),
    verifier: lab.key("mallory"),
    content: { message: another },
  });
  for (const evidence of [["promise"], ["promise", "proof"]] as const)
    refuses("bad-log-proof", { layout: "file", claim: "blob", evidence }, { body: () => foreign });
});

attack(2, "the bundle of a file by another identity, or by no identity at all", () => {
  for (const claim of ["blob", "signature", "attestation"] as const) {
    const signed = accepts({ layout: "file", claim, by: "certificate" });
    refusesAsked("wrong-identity", signed, {
      attestor: { keyless: { subject: "eve@lab.example", issuer: "https://issuer.lab.example" } },
    });
    refusesAsked("wrong-identity", signed, {
      attestor: { keyless: { subject: "ada@lab.example", issuer: "https://other.lab.example" } },
    });
    refusesAsked("no-certificate", accepts({ layout: "file", claim }), { attestor: signed.attestor });
  }
});

attack(2, "something other than a bundle, and one whose promise is damaged", () => {
  const recipe: Recipe = { layout: "file", claim: "blob", evidence: ["promise"] };
  const signed = accepts(recipe);
  assert.is(verdict({ ...signed, bundle: "{}" }), "refuted: malformed");
  assert.is(verdict({ ...signed, bundle: "not a bundle" }), "refuted: malformed");
  const damaged = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));
  refuses("bad-log-proof", recipe, {
    entries: ([entry]) =>
      entry?.inclusionPromise ? [{ ...entry, inclusionPromise: damaged(entry.inclusionPromise) }] : [],
  });
});

attack(2, "an entry that a log vouches for and that says nothing", () => {
  const recipe: Recipe = { layout: "file", claim: "blob" };
  refuses("malformed", recipe, { rekor1: { change: (entry) => ({ ...entry, body: encodeUtf8("{}") }) } });
  refuses("malformed", recipe, { rekor1: { change: (entry) => ({ ...entry, body: encodeUtf8("nothing") }) } });
  refuses("malformed", recipe, { body: (body) => ({ ...body, spec: {} }) });
});

attack(3, "an unrelated entry with a valid promise, in an old bundle", () => {
  const unrelated = accepts({
    layout: "file",
    claim: "blob",
    repository: "registry.lab.example/team/other",
    evidence: ["promise"],
  });
  refuses(
    "bad-log-proof",
    { layout: "file", claim: "blob", evidence: ["promise"] },
    { entries: () => unrelated.entries },
  );
});

attack(3, "an entry about the same content and key, and another signature", () => {
  for (const recipe of paths)
    refuses("bad-log-proof", recipe, { logged: (logged, { key }) => ({ ...logged, signature: key.sign(another) }) });
});

attack(3, "an entry about the same content and signature, and another key", () => {
  for (const recipe of paths) {
    const type = recipe.keyType ?? "p256";
    refuses("bad-log-proof", recipe, { logged: (logged) => ({ ...logged, verifier: lab.key("mallory", type) }) });
  }
});

attack(
  3,
  "an entry by a certificate of the same key, where the bundle has the bare key, and the other way round",
  () => {
    const { certificate, key } = accepts({ by: "certificate" }).making;
    assert.ok(certificate);
    for (const evidence of [["promise", "proof"], ["rekor2"]] as const)
      refuses("bad-log-proof", { evidence }, { logged: (logged) => ({ ...logged, verifier: certificate }) });
    for (const evidence of [
      ["promise", "proof"],
      ["rekor2", "timestamp"],
    ] as const)
      refuses("bad-log-proof", { by: "certificate", evidence }, { logged: (logged) => ({ ...logged, verifier: key }) });
  },
);

attack(4, "an entry with the same signature and verifier about another artifact", () => {
  for (const recipe of paths) refuses("bad-log-proof", recipe, { logged: otherContent });
});

attack(4, "an entry that names the artifact under another digest algorithm, or with a digest that is cut short", () => {
  const recipe: Recipe = { layout: "tag" };
  const hash = (value: { algorithm: string; value: string }) => ({
    body: (body: ReturnType<typeof entryBody>) => ({ ...body, spec: { ...body.spec, data: { hash: value } } }),
  });
  const { spec } = JSON.parse(Buffer.from(accepts(recipe).entries[0]?.body ?? []).toString());
  refuses("bad-log-proof", recipe, hash({ algorithm: "sha512", value: spec.data.hash.value }));
  refuses("bad-log-proof", recipe, hash({ algorithm: "sha1", value: spec.data.hash.value.slice(0, 40) }));
  refuses("bad-log-proof", recipe, hash({ algorithm: "sha256", value: spec.data.hash.value.slice(2) }));
});

attack(4, "an envelope in a layer, whose entry has the payload's digest and another envelope's", () => {
  for (const entryKind of ["dsse 0.0.1", "intoto 0.0.1", "intoto 0.0.2"] as const) {
    const recipe: Recipe = { layout: "tag", claim: "attestation", entryKind };
    refuses("bad-log-proof", recipe, {
      logged: (logged) =>
        "message" in logged.content ? logged : { ...logged, content: { ...logged.content, envelope: another } },
    });
  }
});

/** Another valid signature of the same key over the same message. */
function twin(signature: Uint8Array): Uint8Array {
  const { r, s } = p256.Signature.fromBytes(signature, "der");
  return new p256.Signature(r, p256.Point.Fn.neg(s)).toBytes("der");
}

attack(5, "the same payload signed again by the same key: the first signature is logged, the second one shown", () => {
  for (const recipe of paths.filter(({ keyType }) => keyType === undefined)) {
    accepts({ ...recipe, change: { signature: twin } });
    refuses("bad-log-proof", recipe, {
      signature: twin,
      logged: (logged) => ({ ...logged, signature: twin(logged.signature) }),
    });
    const again = (_: Uint8Array, message: Uint8Array, key: Parameters<typeof nodeKey>[0]) =>
      new Uint8Array(createSign("sha256").update(message).sign(nodeKey(key)));
    let first = new Uint8Array(0);
    refuses("bad-log-proof", recipe, {
      signature: (signature, message, key) => {
        first = signature.slice();
        return again(signature, message, key);
      },
      logged: (logged) => ({ ...logged, signature: first }),
    });
  }
});

attack(6, "an envelope of another payload type, signed and logged as such", () => {
  for (const claim of ["signature", "attestation"] as const)
    for (const evidence of [["promise", "proof"], ["rekor2"]] as const)
      refuses("malformed", { claim, evidence }, { payloadType: "application/vnd.lab.example+json" });
  refuses("malformed", { layout: "tag", claim: "attestation" }, { payloadType: "application/json" });
});

attack(6, "the payload type alone is exchanged after signing, both ways; the log has the payload's digest", () => {
  const exchange = {
    envelope: (envelope: { payloadType: string }) => ({ ...envelope, payloadType: "application/json" }),
  };
  const inToto = {
    payloadType: "application/json",
    envelope: (envelope: object) => ({ ...envelope, payloadType: "application/vnd.in-toto+json" }),
  };
  for (const recipe of [
    {},
    { claim: "attestation" },
    { evidence: ["rekor2"] },
    { layout: "tag", claim: "attestation" },
  ] as const) {
    refuses("malformed", recipe, exchange);
    refuses("wrong-key", recipe, inToto);
  }
});

attack(6, "a Rekor v2 entry for the same payload under another type: its digest covers the type", () => {
  const logged = (told: Logged): Logged =>
    "message" in told.content ? told : { ...told, content: { ...told.content, payloadType: "application/json" } };
  refuses("bad-log-proof", { evidence: ["rekor2"] }, { logged });
  refuses("bad-log-proof", { layout: "tag", claim: "attestation", entryKind: "intoto 0.0.2" }, { logged });
});

attack(7, "an entry declared as another kind or version than its body", () => {
  const declared = (kind: string, version: string) => ({
    entries: ([entry]: readonly object[]) => [{ ...entry, kindVersion: { kind, version } }] as never,
  });
  refuses("bad-log-proof", { claim: "blob" }, declared("dsse", "0.0.1"));
  refuses("bad-log-proof", { claim: "blob" }, declared("hashedrekord", "0.0.2"));
  refuses("bad-log-proof", { claim: "blob", evidence: ["rekor2"] }, declared("hashedrekord", "0.0.1"));
  refuses("bad-log-proof", {}, declared("intoto", "0.0.2"));
  refuses("malformed", {}, declared("", ""));
});

attack(7, "a body that says it is of another kind than its content has", () => {
  refuses("bad-log-proof", { claim: "blob" }, { body: (body) => ({ ...body, kind: "dsse" }) });
  refuses(
    "bad-log-proof",
    { claim: "blob" },
    { body: (body) => ({ ...body, kind: "hashedrekord", apiVersion: "0.0.2" }) },
  );
  refuses("bad-log-proof", { layout: "tag" }, { body: (body) => ({ ...body, kind: "rpm" }) });
});

attack(20, "everything is by a stranger's log, which looks like ours and has its own key", () => {
  const stranger = strangers(lab);
  for (const recipe of paths) {
    refuses("bad-log-proof", recipe, {
      entries: (entries) =>
        entries.map(({ body, kindVersion }) =>
          kindVersion?.version === "0.0.2" && kindVersion.kind === "hashedrekord"
            ? stranger.rekor2.entry(body)
            : stranger.rekor.entry(body, lab.loggedAt),
        ),
    });
  }
  const theirs = sign(stranger, {});
  assert.is(verdict(theirs), "proven");
  assert.is(
    verdict(theirs, { knowledge: withTrust(theirs.store.knowledge(), lab.trustedRoot(), lab.now) }),
    "refuted: bad-log-proof",
  );
});

run();
