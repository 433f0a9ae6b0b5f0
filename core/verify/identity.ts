/**
 * Identities of certificates: which ones an attestor requires, and whether a certificate matches. Source:
 * docs/spec/kyverno.md#identities, docs/spec/sigstore.md#matching-an-identity, #fulcio-extensions.
 */
import { EngineError } from "../errors.ts";
import { matchWildcard } from "../patterns/wildcard.ts";
import type { Certificate } from "../x509/certificate.ts";
import { fulcioExtensionName, issuerOf, readFulcioExtensions, subjectsOf } from "../x509/fulcio.ts";
import type { ExpectedIdentity, TextMatcher } from "./expectation.ts";
import type { Limits } from "../limits.ts";

/** The identity part of a keyless attestor. */
export interface IdentitySpec {
  readonly subject?: string;
  readonly subjectRegExp?: string;
  readonly issuer?: string;
  readonly issuerRegExp?: string;
  /** By Fulcio's name or object identifier. */
  readonly additionalExtensions?: Readonly<Record<string, string>>;
}

/** `wildcard`: Kyverno's `*` and `?`; `exact`: literal text. */
export type TextForm = "wildcard" | "exact";

const textMatcher = (wanted: string, form: TextForm, limits: Limits): TextMatcher => ({
  wanted,
  matches: form === "exact" ? (text) => text === wanted : (text) => matchWildcard(wanted, text, limits),
});

/**
 * Compiles RE2 without anchors of its own, as Kyverno means it.
 * @throws EngineError as `compileRe2`.
 */
export type CompilePattern = (pattern: string, limits: Limits) => { test(text: string): boolean };

function patternMatcher(compilePattern: CompilePattern, pattern: string, limits: Limits): TextMatcher {
  const compiled = compilePattern(pattern, limits);
  return { wanted: pattern, matches: (text) => compiled.test(text) };
}

/** If both a text and an expression are given, both must match. */
const matchers = (
  compilePattern: CompilePattern,
  text: string | undefined,
  pattern: string | undefined,
  form: TextForm,
  limits: Limits,
): readonly TextMatcher[] => [
  ...(text === undefined || text === "" ? [] : [textMatcher(text, form, limits)]),
  ...(pattern === undefined || pattern === "" ? [] : [patternMatcher(compilePattern, pattern, limits)]),
];

/**
 * Compiles patterns and extension names.
 * @throws EngineError `malformed` for an expression that is not RE2 and for an extension that Fulcio does not have,
 * `over-limit`
 */
export function compileIdentity(
  compilePattern: CompilePattern,
  spec: IdentitySpec,
  form: TextForm,
  limits: Limits,
): ExpectedIdentity {
  return {
    subject: matchers(compilePattern, spec.subject, spec.subjectRegExp, form, limits),
    issuer: matchers(compilePattern, spec.issuer, spec.issuerRegExp, form, limits),
    extensions: Object.entries(spec.additionalExtensions ?? {}).map(([name, value]) => ({
      name,
      extension: requireExtensionName(name),
      value: textMatcher(value, form, limits),
    })),
  };
}

/** Kyverno spells one of Fulcio's names in its own way. */
const kyvernoNames: ReadonlyMap<string, string> = new Map([["githubWorkflowSha", "githubWorkflowSHA"]]);

function requireExtensionName(name: string): string {
  const known = fulcioExtensionName(kyvernoNames.get(name) ?? name);
  if (known === undefined)
    throw new EngineError("malformed", `invalid certificate extension ${name}`, { subject: name });
  return known;
}

const listed = (found: readonly string[]): string =>
  found.length === 0 ? "none" : found.map((text) => JSON.stringify(text)).join(", ");

const mismatch = (
  what: string,
  wanted: readonly TextMatcher[],
  found: readonly string[],
  subject: string,
): EngineError =>
  new EngineError(
    "wrong-identity",
    `${what} mismatch: expected ${wanted.map(({ wanted: text }) => JSON.stringify(text)).join(" and ")}, ` +
      `received ${listed(found)}`,
    { subject },
  );

const matchAll = (all: readonly TextMatcher[], text: string): boolean => all.every((matcher) => matcher.matches(text));

/**
 * Checks the identity of a certificate whose chain was verified. A missing issuer or extension is the empty text, as in
 * Kyverno.
 *
 * Differs: a certificate without subject alternative name does not satisfy a subject requirement.
 *
 * @throws EngineError `wrong-identity` with both sides, `malformed`
 */
export function requireIdentity(certificate: Certificate, expected: ExpectedIdentity): void {
  if (expected.subject.length > 0) {
    const subjects = subjectsOf(certificate);
    if (!subjects.some((text) => matchAll(expected.subject, text)))
      throw mismatch("subject", expected.subject, subjects, "subject");
  }
  if (expected.issuer.length > 0) {
    const issuer = issuerOf(certificate) ?? "";
    if (!matchAll(expected.issuer, issuer)) throw mismatch("issuer", expected.issuer, [issuer], "issuer");
  }
  if (expected.extensions.length === 0) return;
  const extensions = readFulcioExtensions(certificate);
  for (const { name, extension, value } of expected.extensions) {
    const found = extensions[extension] ?? "";
    if (!value.matches(found)) throw mismatch(`extension ${name}`, [value], [found], name);
  }
}
