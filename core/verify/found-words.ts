/**
 * What is said of an image whose candidates do not suffice: what is here leads, and what is unknown says why. Source:
 * docs/spec/outcomes.md#truth-of-a-code.
 */
import type { EntityPurpose } from "../cosign/signed-entity.ts";
import { codeRow } from "../errors.ts";
import { type Failure, furthest } from "../verdict.ts";

const shown = 5;
const longest = 200;

/** Types of statements for people: the first few, in order. */
function typesText(types: ReadonlySet<string>): string {
  const sorted = [...types].sort().map((type) => (type.length <= longest ? type : `${type.slice(0, longest)}…`));
  const more = sorted.length > shown ? ` and ${sorted.length - shown} more` : "";
  return `${sorted.slice(0, shown).join(", ")}${more}`;
}

/** Nothing of what was looked for is in the layouts. `types` are those of the attestations that are. */
export function nothingFoundWords(
  predicateType: string | undefined,
  types: ReadonlySet<string>,
  layouts: "all" | "bundles",
): string {
  const told = typesText(types);
  const found = told === "" ? "" : `; found: ${predicateType === undefined ? "attestations of type " : ""}${told}`;
  const what = predicateType === undefined ? "no signature" : `no attestation of type ${predicateType}`;
  const where = layouts === "all" ? ", neither as a tag nor as a referrer" : " in the bundles that refer to the image";
  return `${what} found${where}${found}`;
}

const isRefuted = ({ code }: Failure): boolean => codeRow(code).truth === "refuted";

/** `1 signature is`, `2 attestations are`. */
const counted = (purpose: EntityPurpose, count: number): string =>
  `${count} ${purpose}${count === 1 ? " is" : "s are"} here`;

const othersUnknown = "whether there are others is unknown";

/** Why none of the candidates holds: `by another key`. */
function refutedWords(reasons: readonly Failure[]): string {
  const first = furthest(reasons);
  const one = reasons.length === 1;
  const codes = new Set(reasons.map(({ code }) => code));
  if (codes.size === 1 && codes.has("wrong-key")) return one ? "by another key" : "by other keys";
  if (codes.size === 1 && codes.has("wrong-identity") && one) return `by another identity: ${first?.reason ?? ""}`;
  return `${one ? "and does not hold" : "and none holds"}: ${first?.reason ?? ""}`;
}

/** Stands before the ignorance that it is about, and as far: of equals the first is shown. */
function leading(ignorance: readonly Failure[], reason: string): Failure | undefined {
  const cause = furthest(ignorance);
  if (cause === undefined) return undefined;
  const { question, stage, subject } = cause;
  return {
    check: "entity.others",
    code: cause.code,
    reason: `${reason}; ${othersUnknown}`,
    stage,
    ...(subject === undefined ? {} : { subject }),
    ...(question === undefined ? {} : { question }),
    ...(cause.code === "not-in-mirror" ? { remedy: "completeness" as const } : {}),
  };
}

/**
 * Leads where candidates were refuted and only others are unknown. `found` are the failures of the search, `reasons`
 * one failure for each candidate; none where a candidate is unknown itself.
 */
export function refutedButOthers(
  purpose: EntityPurpose,
  found: readonly Failure[],
  reasons: readonly Failure[],
): readonly Failure[] {
  const unread = found.filter((failure) => isRefuted(failure) && failure.code !== "over-limit");
  const here = [...unread, ...reasons];
  if (here.length === 0 || !reasons.every(isRefuted)) return [];
  const lead = leading(
    found.filter((failure) => !isRefuted(failure)),
    `${counted(purpose, here.length)}, ${refutedWords(here)}`,
  );
  return lead === undefined ? [] : [lead];
}

/** Leads where every statement that is here satisfies the conditions, and only others are unknown. */
export function satisfiedButOthers(count: number, failures: readonly Failure[]): readonly Failure[] {
  const lead = leading(
    failures.filter((failure) => !isRefuted(failure)),
    `${counted("attestation", count)} and ${count === 1 ? "satisfies" : "satisfy"} the conditions`,
  );
  return lead === undefined ? [] : [lead];
}
