/**
 * Kyverno's admission checks on attestors, and Sallyport's further ones. Source: docs/spec/kyverno.md#attestors.
 */
import { pointer } from "../../encoding/shape.ts";
import type { Attestor, AttestorSet, CtlogSettings, PolicyValue, RekorSettings } from "./policy.ts";
import { isList, isMap, textOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import type { Limits } from "../../limits.ts";

const algorithms: ReadonlySet<string> = new Set(["", "sha224", "sha256", "sha384", "sha512"]);

const given = (text: string | undefined): boolean => text !== undefined && text !== "";

function checkKeys(keys: NonNullable<Attestor["keys"]>, at: string, findings: Findings): void {
  if (!given(keys.publicKeys) && !given(keys.kms) && keys.secret === undefined)
    findings.refuse(at, "expected publicKeys, kms or secret, found none of them");
  const algorithm = keys.signatureAlgorithm ?? "";
  if (given(keys.publicKeys) && !algorithms.has(algorithm)) {
    findings.refuse(
      pointer(at, "signatureAlgorithm"),
      `expected sha224, sha256, sha384 or sha512, found ${JSON.stringify(algorithm)}`,
    );
  }
}

function checkKeyless(keyless: NonNullable<Attestor["keyless"]>, at: string, findings: Findings): void {
  const { rekor } = keyless;
  if (rekor === undefined && !given(keyless.roots))
    findings.refuse(at, "expected rekor with a url or a pubKey, or roots, found neither");
  // Differs: the key alone suffices, as documented.
  if (rekor !== undefined && !given(rekor.url) && !given(rekor.pubKey))
    findings.refuse(pointer(at, "rekor"), "expected a url or a pubKey, found neither");
  const identity = [keyless.subject, keyless.subjectRegExp, keyless.issuer, keyless.issuerRegExp].some(given);
  // Differs: Kyverno accepts it.
  if (!identity && !given(keyless.roots))
    findings.refuse(at, "expected a subject, an issuer or roots, found none of them: anyone could sign");
}

const prunedKey =
  "says nothing: if it had a pubKey, the API server dropped it: Kyverno's definition of policies knows pubkey only";

/** Whether a warning says that a key may be lost. */
export const isPrunedKey = (message: string): boolean => message.endsWith(prunedKey);

/**
 * The documentation writes `pubKey`, and Kyverno's own definition knows `pubkey` only: an API server drops the key
 * without a word, and leaves a block that says nothing.
 */
function warnOfPruned({ rekor, ctlog }: { rekor?: RekorSettings; ctlog?: CtlogSettings }, at: string, to: Findings) {
  if (rekor !== undefined && !given(rekor.url) && !given(rekor.pubKey) && !rekor.ignoreTlog)
    to.warn(pointer(at, "rekor"), prunedKey);
  if (ctlog !== undefined && !given(ctlog.pubKey) && !given(ctlog.tsaCertChain) && !ctlog.ignoreSCT)
    to.warn(pointer(at, "ctlog"), prunedKey);
}

function checkAttestor(attestor: Attestor, at: string, findings: Findings, depth: number, limits: Limits): void {
  const { keys, certificates, keyless, attestor: nested } = attestor;
  const kinds = Object.entries({ keys, certificates, keyless, attestor: nested }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (kinds.length !== 1) {
    findings.refuse(
      at,
      "expected one of keys, certificates, keyless or a nested attestor, found " +
        `${kinds.length === 0 ? "none of them" : kinds.join(" and ")}`,
    );
    return;
  }
  if (keys !== undefined) checkKeys(keys, pointer(at, "keys"), findings);
  if (certificates !== undefined && !given(certificates.cert) && !given(certificates.certChain)) {
    findings.refuse(pointer(at, "certificates"), "expected cert or certChain, found neither");
  }
  if (keyless !== undefined) checkKeyless(keyless, pointer(at, "keyless"), findings);
  for (const [name, block] of Object.entries({ keys, certificates, keyless }))
    if (block !== undefined) warnOfPruned(block, pointer(at, name), findings);
  if (nested !== undefined) checkSet(nested, findings, depth + 1, limits);
}

function checkSet(set: AttestorSet, findings: Findings, depth: number, limits: Limits): void {
  const { attestorDepth, attestorEntries } = limits;
  const { entries, count, pointer: at } = set;
  if (depth > attestorDepth) findings.refuse(at, `attestors are nested deeper than ${attestorDepth} levels`);
  else if (entries.length > attestorEntries)
    findings.refuse(pointer(at, "entries"), `expected at most ${attestorEntries} entries, found ${entries.length}`);
  else {
    if (entries.length === 0) findings.refuse(at, "expected at least one entry, found none");
    else if (count !== undefined && count > entries.length) {
      findings.refuse(
        pointer(at, "count"),
        `expected at most ${entries.length}, the number of entries, found ${count}`,
      );
    }
    for (const entry of entries) checkAttestor(entry, entry.pointer, findings, depth, limits);
  }
}

export function checkAttestorSets(sets: readonly AttestorSet[], findings: Findings, limits: Limits): void {
  for (const set of sets) checkSet(set, findings, 1, limits);
}

/** `pubkey` and `pubKey` are two spellings of one field: with different keys it is unclear which one is meant. */
export function checkKeySpellings(value: PolicyValue, at: string, findings: Findings): void {
  if (isList(value)) for (const [index, item] of value.entries()) checkKeySpellings(item, pointer(at, index), findings);
  if (!isMap(value)) return;
  for (const [key, entry] of Object.entries(value)) {
    const here = pointer(at, key);
    const [lower, upper] = key === "rekor" || key === "ctlog" ? [textOf(entry, "pubkey"), textOf(entry, "pubKey")] : [];
    if (lower !== undefined && upper !== undefined && lower.trim() !== upper.trim())
      findings.refuse(
        pointer(here, "pubKey"),
        "differs from pubkey, which is another spelling of the same field; give one of them",
      );
    checkKeySpellings(entry, here, findings);
  }
}
