/**
 * Certificate policies, as far as they can refuse a path: an authority may require that the certificates below it share
 * an explicit policy. The initial set is any-policy, so only whether a valid policy remains is asked. Source: RFC 5280
 * §4.2.1.4, .5, .11, .14 and §6.1.
 */
import { type DerLimits, openDer } from "../asn1/der.ts";
import { contextPrimitive, Tag } from "../asn1/tag.ts";
import { EngineError } from "../errors.ts";

const anyPolicy = "2.5.29.32.0";
const most = 2 ** 31 - 1;

/** Object identifiers, dotted. @throws EngineError `malformed`, also when one is there twice */
export function parsePolicies(value: Uint8Array, limits: DerLimits): readonly string[] {
  const list = openDer(value, Tag.sequence, "certificate policies", limits);
  const policies = new Set<string>();
  do {
    const fields = list.read(Tag.sequence);
    const policy = fields.oid();
    if (!fields.atEnd) fields.skip(Tag.sequence);
    fields.end();
    if (policies.has(policy)) throw list.malformed(`policy ${policy} twice`);
    policies.add(policy);
  } while (!list.atEnd);
  return [...policies];
}

export interface PolicyMapping {
  readonly from: string;
  readonly to: string;
}

/** @throws EngineError `malformed`, also for a mapping from or to any-policy */
export function parsePolicyMappings(value: Uint8Array, limits: DerLimits): readonly PolicyMapping[] {
  const list = openDer(value, Tag.sequence, "policy mappings", limits);
  const mappings: PolicyMapping[] = [];
  do {
    const fields = list.read(Tag.sequence);
    const mapping = { from: fields.oid(), to: fields.oid() };
    fields.end();
    if (mapping.from === anyPolicy || mapping.to === anyPolicy) throw list.malformed("mapping of any-policy");
    mappings.push(mapping);
  } while (!list.atEnd);
  return mappings;
}

export interface PolicyConstraints {
  readonly requireExplicit?: number;
  readonly inhibitMapping?: number;
}

/** @throws EngineError `malformed`, also for an empty extension */
export function parsePolicyConstraints(value: Uint8Array, limits: DerLimits): PolicyConstraints {
  const fields = openDer(value, Tag.sequence, "policy constraints", limits);
  if (fields.atEnd) throw fields.malformed("no constraint");
  const requireExplicit =
    fields.peek() === contextPrimitive(0) ? fields.smallInteger(most, contextPrimitive(0)) : undefined;
  const inhibitMapping =
    fields.peek() === contextPrimitive(1) ? fields.smallInteger(most, contextPrimitive(1)) : undefined;
  fields.end();
  return {
    ...(requireExplicit === undefined ? {} : { requireExplicit }),
    ...(inhibitMapping === undefined ? {} : { inhibitMapping }),
  };
}

/** The fields of a certificate for path validation. */
export interface PolicyFields {
  readonly policies?: readonly string[] | undefined;
  readonly policyMappings?: readonly PolicyMapping[] | undefined;
  readonly policyConstraints?: PolicyConstraints | undefined;
  readonly inhibitAnyPolicy?: number | undefined;
  readonly isSelfIssued: boolean;
}

/**
 * The policies that a certificate's successor may state: RFC 5280 §6.1.3 (d), where `valid` has those of the level
 * above.
 */
function intersect(valid: ReadonlySet<string>, stated: readonly string[], anyAllowed: boolean): Set<string> {
  const next = new Set(stated.filter((policy) => policy !== anyPolicy && (valid.has(policy) || valid.has(anyPolicy))));
  if (anyAllowed && stated.includes(anyPolicy)) for (const policy of valid) next.add(policy);
  return next;
}

/**
 * RFC 5280 §6.1.4 (b). Mapped policies are known below under their new names, or, with mapping inhibited, not at all.
 */
function mapPolicies(valid: ReadonlySet<string>, mappings: readonly PolicyMapping[], inhibited: boolean): Set<string> {
  const next = new Set(valid);
  for (const { from } of mappings) next.delete(from);
  if (!inhibited) for (const { from, to } of mappings) if (valid.has(from) || valid.has(anyPolicy)) next.add(to);
  return next;
}

/**
 * Checks a path, from the certificate below the anchor to the leaf.
 * @throws EngineError `untrusted-certificate` when an explicit policy is required and none is valid
 */
export function checkPolicies(path: readonly PolicyFields[]): void {
  if (!path.some(({ policyConstraints }) => policyConstraints?.requireExplicit !== undefined)) return;
  const refused = () =>
    new EngineError("untrusted-certificate", "no valid policy where an authority requires one", {
      subject: "certificate policies",
    });
  let valid: Set<string> = new Set([anyPolicy]);
  let [explicit, mapping, any] = [path.length + 1, path.length + 1, path.length + 1];
  path.forEach((certificate, index) => {
    const isLast = index === path.length - 1;
    const anyAllowed = any > 0 || (!isLast && certificate.isSelfIssued);
    valid = certificate.policies === undefined ? new Set() : intersect(valid, certificate.policies, anyAllowed);
    if (explicit <= 0 && valid.size === 0) throw refused();
    const { requireExplicit, inhibitMapping } = certificate.policyConstraints ?? {};
    if (isLast) {
      // RFC 5280 §6.1.5 (a), (b), (g).
      const left = requireExplicit === 0 ? 0 : explicit - 1;
      if (left <= 0 && valid.size === 0) throw refused();
      return;
    }
    if (certificate.policyMappings !== undefined) valid = mapPolicies(valid, certificate.policyMappings, mapping <= 0);
    if (!certificate.isSelfIssued) [explicit, mapping, any] = [explicit - 1, mapping - 1, any - 1];
    explicit = Math.min(explicit, requireExplicit ?? explicit);
    mapping = Math.min(mapping, inhibitMapping ?? mapping);
    any = Math.min(any, certificate.inhibitAnyPolicy ?? any);
  });
}
