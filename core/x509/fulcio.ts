/**
 * The extensions of Fulcio's certificates, and the identities that they state. Source:
 * docs/spec/sigstore.md#names-in-a-certificate, #fulcio-extensions (Fulcio's oid-info).
 */
import { type DerLimits, DerReader } from "../asn1/der.ts";
import { encodeOid } from "../asn1/oid.ts";
import { decodeText, isTextTag } from "../asn1/text.ts";
import { decodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Certificate } from "./certificate.ts";
import { hasControlCharacter } from "./domain.ts";
import type { Extension } from "./extension.ts";

const arc = "1.3.6.1.4.1.57264.1";
const arcBytes = encodeOid(arc);
const userNameType = `${arc}.7`;

/** `encoding`: whether the value's bytes are the text, or a DER string with the text. */
export interface FulcioExtension {
  /** Last component below 1.3.6.1.4.1.57264.1. */
  readonly number: number;
  readonly name: string;
  readonly encoding: "text" | "der";
}

/** Both issuer extensions have one name: they must agree. */
const issuerName = "issuer";

const row = (number: number, name: string): FulcioExtension => ({
  number,
  name,
  encoding: number < 8 ? "text" : "der",
});

/** Every extension with a value of its own. Number 7 is the type of an alternative name, no extension. */
export const fulcioExtensions: readonly FulcioExtension[] = [
  row(1, issuerName),
  row(2, "githubWorkflowTrigger"),
  row(3, "githubWorkflowSHA"),
  row(4, "githubWorkflowName"),
  row(5, "githubWorkflowRepository"),
  row(6, "githubWorkflowRef"),
  row(8, issuerName),
  row(9, "buildSignerURI"),
  row(10, "buildSignerDigest"),
  row(11, "runnerEnvironment"),
  row(12, "sourceRepositoryURI"),
  row(13, "sourceRepositoryDigest"),
  row(14, "sourceRepositoryRef"),
  row(15, "sourceRepositoryIdentifier"),
  row(16, "sourceRepositoryOwnerURI"),
  row(17, "sourceRepositoryOwnerIdentifier"),
  row(18, "buildConfigURI"),
  row(19, "buildConfigDigest"),
  row(20, "buildTrigger"),
  row(21, "runInvocationURI"),
  row(22, "sourceRepositoryVisibilityAtSigning"),
  row(23, "deploymentEnvironment"),
  row(24, "tokenSubject"),
];
const byNumber = new Map(fulcioExtensions.map((extension) => [extension.number, extension]));

/**
 * The name, as in {@link readFulcioExtensions}, that a policy's key means: the name itself, Kyverno's `oidcIssuer`, or
 * the dotted object identifier. `undefined` for anything else.
 */
export function fulcioExtensionName(key: string): string | undefined {
  if (key === "oidcIssuer") return issuerName;
  return fulcioExtensions.find(({ name, number }) => name === key || `${arc}.${number}` === key)?.name;
}

function readValue(extension: Extension, { name, encoding }: FulcioExtension, limits: DerLimits): string {
  const malformed = (cause?: unknown) =>
    new EngineError("malformed", `certificate extension ${name} is not a text`, { subject: name, cause });
  let text: string;
  if (encoding === "text") {
    try {
      text = decodeUtf8(extension.value);
    } catch (cause) {
      throw malformed(cause);
    }
  } else {
    const reader = new DerReader(extension.value, name, limits);
    const tag = reader.peek();
    if (!isTextTag(tag)) throw malformed();
    text = decodeText(tag, reader.content(tag), name);
    reader.end();
  }
  // An identity on two lines could look like another; a workflow's name is what its author wrote.
  if (name === issuerName && hasControlCharacter(text)) throw malformed();
  return text;
}

function readNumber(certificate: Certificate, number: number): string | undefined {
  const extension = certificate.extensions.find((candidate) => candidate.numberBelow(arcBytes) === number);
  return extension && readValue(extension, byNumber.get(number) as FulcioExtension, certificate.limits);
}

/**
 * The OIDC issuer that a certificate states: extension 8, else 1; `undefined` where there is neither.
 * @throws EngineError `malformed` also when both are there and differ
 */
export function issuerOf(certificate: Certificate): string | undefined {
  const issuer = readNumber(certificate, 8);
  const earlier = readNumber(certificate, 1);
  if (issuer !== undefined && earlier !== undefined && issuer !== earlier)
    throw new EngineError(
      "malformed",
      `certificate names two issuers, ${JSON.stringify(issuer)} and ${JSON.stringify(earlier)}`,
      { subject: issuerName },
    );
  return issuer ?? earlier;
}

/**
 * Every Fulcio extension of a certificate by name; the two issuer extensions as one, `issuer`. The record has no
 * prototype.
 * @throws EngineError `malformed`
 */
export function readFulcioExtensions(
  certificate: Certificate,
  issuer = issuerOf(certificate),
): Readonly<Record<string, string>> {
  const values = Object.create(null) as Record<string, string>;
  if (issuer !== undefined) values[issuerName] = issuer;
  for (const extension of certificate.extensions) {
    const known = byNumber.get(extension.numberBelow(arcBytes));
    if (known !== undefined && known.name !== issuerName)
      values[known.name] = readValue(extension, known, certificate.limits);
  }
  return values;
}

/**
 * Fulcio's user name among the alternative names: the one otherName, of Fulcio's type. Two of them, or another type,
 * are none.
 */
function userNameOf(certificate: Certificate): string | undefined {
  const others = certificate.subjectAlternativeNames.filter((name) => name.kind === "other");
  const [only] = others;
  if (only === undefined || others.length > 1 || only.typeId !== userNameType) return undefined;
  const reader = new DerReader(only.value, "user name", certificate.limits);
  const tag = reader.peek();
  if (!isTextTag(tag)) throw reader.malformed("alternative name that is not a text");
  const text = decodeText(tag, reader.content(tag), "user name");
  if (hasControlCharacter(text)) throw reader.malformed("control character in a name");
  return text;
}

/**
 * The subjects that a certificate states, as cosign lists them: domain names, mailboxes, addresses, URIs, then Fulcio's
 * user name.
 * @throws EngineError `malformed`
 */
export function subjectsOf(certificate: Certificate): readonly string[] {
  const subjects: string[] = [];
  for (const kind of ["dns", "email", "ip", "uri"] as const)
    for (const name of certificate.subjectAlternativeNames) if (name.kind === kind) subjects.push(name.value);
  const userName = userNameOf(certificate);
  if (userName !== undefined) subjects.push(userName);
  return subjects;
}
