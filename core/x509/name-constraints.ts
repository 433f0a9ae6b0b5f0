/**
 * Name constraints of an authority, and whether names satisfy them. Source: RFC 5280 §4.2.1.10 and §6.1.3 (b), (c).
 *
 * Domain names, mailboxes, URIs and addresses are compared. A constraint of another form refuses when it is critical,
 * and else as soon as a name of that form occurs below it. Where RFC 5280 and Go differ, both must accept.
 */
import { type DerLimits, type DerReader, openDer } from "../asn1/der.ts";
import { contextConstructed, contextPrimitive, Tag } from "../asn1/tag.ts";
import { decodeText } from "../asn1/text.ts";
import { EngineError } from "../errors.ts";
import { domainLabels, splitMailbox, splitUri } from "./domain.ts";
import { type GeneralName, type GeneralNameKind, readGeneralName } from "./general-name.ts";

/**
 * The names of a subtree. `kind: "ip"`: address and mask, each 4 or 16 bytes. `kind: "form"`: a form of name that is
 * not compared.
 */
export type Subtree =
  | { readonly kind: "dns" | "uri"; readonly domain: string }
  | { readonly kind: "email"; readonly domain: string; readonly local?: string }
  | { readonly kind: "ip"; readonly address: Uint8Array; readonly mask: Uint8Array }
  | { readonly kind: "form"; readonly form: GeneralNameKind };

export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
}

const subject = "name constraints";

/** A domain with or without a leading dot, lower case; empty means every domain. */
function checkDomain(domain: string, reader: DerReader): string {
  if (domain !== "" && domainLabels(domain.startsWith(".") ? domain.slice(1) : domain) === undefined)
    throw reader.malformed("constraint that is not a domain");
  return domain.toLowerCase();
}

function readNetwork(content: Uint8Array, reader: DerReader): Subtree {
  const half = content.length / 2;
  if (half !== 4 && half !== 16) throw reader.malformed("network that has neither 8 nor 32 bytes");
  const mask = content.subarray(half);
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  if (!/^1*0*$/.test(bits)) throw reader.malformed("network mask with gaps");
  return { kind: "ip", address: content.subarray(0, half), mask };
}

function readBase(reader: DerReader): Subtree {
  const tag = reader.peek();
  const text = () => decodeText(Tag.ia5String, reader.content(tag), subject);
  switch (tag) {
    case contextPrimitive(1): {
      const constraint = text();
      if (!constraint.includes("@")) return { kind: "email", domain: checkDomain(constraint, reader) };
      const mailbox = splitMailbox(constraint);
      if (mailbox === undefined) throw reader.malformed("constraint that is not a mailbox");
      return { kind: "email", domain: mailbox.host, local: mailbox.local };
    }
    case contextPrimitive(2):
      return { kind: "dns", domain: checkDomain(text(), reader) };
    case contextPrimitive(6):
      return { kind: "uri", domain: checkDomain(text(), reader) };
    case contextPrimitive(7):
      return readNetwork(reader.content(tag), reader);
    default:
      return { kind: "form", form: readGeneralName(reader).kind };
  }
}

function readSubtrees(list: DerReader): readonly Subtree[] {
  const subtrees: Subtree[] = [];
  do {
    const fields = list.read(Tag.sequence);
    subtrees.push(readBase(fields));
    // RFC 5280 allows neither a minimum other than zero, which DER leaves out, nor a maximum.
    fields.end();
  } while (!list.atEnd);
  return subtrees;
}

/** @throws EngineError `malformed` also for an extension that constrains nothing */
export function parseNameConstraints(value: Uint8Array, limits: DerLimits): NameConstraints {
  const fields = openDer(value, Tag.sequence, subject, limits);
  const permitted = fields.readOptional(contextConstructed(0));
  const excluded = fields.readOptional(contextConstructed(1));
  fields.end();
  if (permitted === undefined && excluded === undefined) throw fields.malformed("neither permitted nor excluded names");
  return {
    permitted: permitted === undefined ? [] : readSubtrees(permitted),
    excluded: excluded === undefined ? [] : readSubtrees(excluded),
  };
}

/** Whether a domain is `base` (unless `base` begins with a dot) or, where `below` says so, below it. */
function isWithin(domain: string, base: string, below: boolean): boolean {
  if (base === "") return true;
  if (base.startsWith(".")) return domain.endsWith(base) && domain.length > base.length;
  return domain === base || (below && domain.endsWith(`.${base}`));
}

/**
 * Below a constraint of any form every name must be comparable: a plain mailbox, a URI with a domain, a domain.
 */
function checkComparable(name: GeneralName): void {
  if (name.kind !== "dns" && name.kind !== "email" && name.kind !== "uri") return;
  const { kind, value } = name;
  const uri = kind === "uri" ? splitUri(value) : undefined;
  const isComparable =
    kind === "dns"
      ? domainLabels(value)
      : kind === "email"
        ? splitMailbox(value)
        : uri !== undefined && uri.host !== "" && !uri.isAddress;
  if (isComparable) return;
  throw new EngineError(
    "untrusted-certificate",
    `name ${JSON.stringify(value)} cannot be compared with name constraints`,
    { subject: value },
  );
}

/**
 * Whether a comparable name is in a subtree. For mailboxes and URIs a constraint without leading dot is one host for
 * RFC 5280 and a whole domain for Go: `widest` is the reading that covers more.
 */
function isInSubtree(name: GeneralName, subtree: Subtree, widest: boolean): boolean {
  if (subtree.kind === "dns" && name.kind === "dns") {
    const domain = name.value.toLowerCase();
    // A wildcard may also match the excluded domain.
    return (
      isWithin(domain, subtree.domain, true) ||
      (widest && domain.startsWith("*.") && isWithin(subtree.domain, domain.slice(1), true))
    );
  }
  if (subtree.kind === "email" && name.kind === "email") {
    const mailbox = splitMailbox(name.value);
    if (subtree.local !== undefined) return mailbox?.host === subtree.domain && mailbox.local === subtree.local;
    return mailbox !== undefined && isWithin(mailbox.host, subtree.domain, widest);
  }
  if (subtree.kind === "uri" && name.kind === "uri")
    return isWithin(splitUri(name.value)?.host ?? "", subtree.domain, widest);
  if (subtree.kind === "ip" && name.kind === "ip") {
    const { address, mask } = subtree;
    return (
      name.bytes.length === address.length &&
      name.bytes.every((byte, index) => ((byte ^ (address[index] as number)) & (mask[index] as number)) === 0)
    );
  }
  return false;
}

/** A count of comparisons that goes down; below zero the check is given up. */
export interface ComparisonBudget {
  comparisons: number;
}

/**
 * Checks names against the constraints of one authority. `isCritical` is the extension's criticality.
 * @throws EngineError `untrusted-certificate` for a name outside, `over-limit` when the budget is spent
 */
export function checkNameConstraints(
  constraints: NameConstraints,
  isCritical: boolean,
  names: readonly GeneralName[],
  budget: ComparisonBudget,
): void {
  const refuse = (name: GeneralName, why: string) => {
    const text = "value" in name && typeof name.value === "string" ? name.value : name.kind;
    return new EngineError(
      "untrusted-certificate",
      `name ${JSON.stringify(text)} is ${why} a name constraint of its authority`,
      { subject: text },
    );
  };
  const all = [...constraints.permitted, ...constraints.excluded];
  if (isCritical && all.some(({ kind }) => kind === "form"))
    throw new EngineError("untrusted-certificate", "critical name constraint of a form that is not compared", {
      subject,
    });
  budget.comparisons -= all.length * names.length;
  if (budget.comparisons < 0)
    throw new EngineError("over-limit", "too many comparisons with name constraints", { subject });
  for (const name of names) {
    checkComparable(name);
    if (all.some((subtree) => subtree.kind === "form" && subtree.form === name.kind))
      throw refuse(name, "of a form not compared, under");
    if (constraints.excluded.some((subtree) => isInSubtree(name, subtree, true))) throw refuse(name, "excluded by");
    const ofKind = constraints.permitted.filter(({ kind }) => kind === name.kind);
    if (ofKind.length > 0 && !ofKind.some((subtree) => isInSubtree(name, subtree, false)))
      throw refuse(name, "not permitted by");
  }
}
