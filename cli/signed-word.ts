/**
 * Whether a mirror trusts the signatures that it holds, in one word: by the keys that are pinned in it, and by the
 * authorities of its trusted roots, whatever the identity. A policy asks for more. Source:
 * docs/spec/command-line.md#what-a-mirror-holds.
 */
import { decodeUtf8 } from "../core/encoding/utf8.ts";
import { type AttestorSpec, compileAttestor, type Expectation } from "../core/verify/attestor.ts";
import { createImageVerifier } from "../core/verify/image-verifier.ts";
import { nodeVerifier } from "../proxy/host/node-verifier.ts";
import type { MirrorImage } from "../proxy/mirror/list-mirror.ts";
import type { Mirror } from "../proxy/mirror/mirror.ts";
import type { CommandIO } from "./command.ts";
import { readTrustSettings } from "./input/trust-flags.ts";

/** `unknown`: no signature is here, and not every place was asked, or a bundle does not say what it holds. */
export type SignedWord = "verified" | "untrusted" | "none" | "unknown";

const anyIdentity: AttestorSpec = {
  keyless: { subjectRegExp: ".*", issuerRegExp: ".*" },
  rekor: { ignoreTlog: false },
  ctlog: { ignoreSCT: false },
};

const byKey = (pem: string): AttestorSpec => ({
  keys: { pem },
  rekor: { ignoreTlog: true },
  ctlog: { ignoreSCT: true },
});

/** Says of each image of the mirror what it is. */
export function signedWords(mirror: Mirror, io: CommandIO): (image: MirrorImage) => SignedWord {
  const knowledge = mirror.knowledge();
  const { limits } = mirror;
  const now = io.now();
  const open = (trustRoot?: string) =>
    createImageVerifier({
      crypto: nodeVerifier,
      limits,
      ...(trustRoot === undefined ? {} : { trustRoot }),
      trust: readTrustSettings(trustRoot === undefined ? {} : { trust: trustRoot }, io, knowledge.tufRoots()),
    }).open(knowledge, now);
  const compiled = (spec: AttestorSpec): Expectation => compileAttestor(spec, { limits });
  const keys = knowledge.pins().filter(({ kind }) => kind === "key");
  const checks = [
    ...keys.map(({ bytes }) => ({ verifier: open(), expectation: compiled(byKey(decodeUtf8(bytes))) })),
    ...knowledge.trustedRootNames().map((name) => ({ verifier: open(name), expectation: compiled(anyIdentity) })),
  ];
  return ({ repository, digest, signatures, untypedBundles = 0, unasked }) => {
    if (signatures + untypedBundles === 0) return unasked.length === 0 ? "none" : "unknown";
    const image = { repository, digest };
    return checks.some(
      ({ verifier, expectation }) =>
        verifier.verify({ image, expectation, layouts: "all" }).verification.truth === "proven",
    )
      ? "verified"
      : signatures > 0
        ? "untrusted"
        : "unknown";
  };
}
