/**
 * What a file is that is not what was asked for: its form, and what to do with it. Source:
 * docs/spec/command-line.md#given-files.
 */
import { archiveMagic, layoutMarker } from "../../core/archive/frame.ts";
import { blockBytes, memberBytes } from "../../core/archive/plain-tar.ts";
import { parseSpki } from "../../core/crypto/public-key.ts";
import { decodeBase64 } from "../../core/encoding/base64.ts";
import { equalBytes } from "../../core/encoding/bytes.ts";
import { type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { isObject, member } from "../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError, type Remedy } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { parseCertificate } from "../../core/x509/certificate.ts";

export interface FileForm {
  /** Continues `it is`. */
  readonly is: string;
  readonly remedy: Remedy;
}

/** What `read` gives; `undefined` where it refuses. */
function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  start.every((byte, index) => bytes[index] === byte);

/** A byte order mark, or every other byte of the beginning zero. */
function isUtf16(bytes: Uint8Array): boolean {
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff)) return true;
  const head = [...bytes.subarray(0, 64)];
  const zeros = (offset: number): boolean => head.every((byte, index) => (index % 2 === offset) === (byte === 0));
  return head.length >= 8 && (zeros(0) || zeros(1));
}

/** Behind the first member and the next one's header. */
const archiveMagicAt = memberBytes(layoutMarker.length) + blockBytes;

const isTar = (bytes: Uint8Array): boolean => startsWith(bytes.subarray(257), 0x75, 0x73, 0x74, 0x61, 0x72);

const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** An archive has its statement among its first members. What it says is only shown here, and not believed. */
function ownForm(bytes: Uint8Array): FileForm {
  const [, payload = ""] = /"payload":"([A-Za-z0-9+/=]{4,})"/.exec(latin(bytes.subarray(0, 32_768))) ?? [];
  const statement = tried(() => latin(decodeBase64(payload.slice(0, payload.length - (payload.length % 4)))));
  return statement !== undefined && /"kind":"capsule"/.test(statement)
    ? { is: "a capsule", remedy: "capsule" }
    : { is: "an archive of sallyport export", remedy: "own-archive" };
}

/** The names of the first members, without what leads to them. */
function firstMembers(bytes: Uint8Array): readonly string[] {
  const names: string[] = [];
  for (let at = 0; names.length < 32 && at + blockBytes <= bytes.length; ) {
    const name = latin(bytes.subarray(at, at + 100)).replace(/\0[\s\S]*$/, "");
    if (name === "") break;
    names.push(name.replace(/^\.\//, ""));
    at += memberBytes(Number.parseInt(latin(bytes.subarray(at + 124, at + 136)), 8) || 0);
  }
  return names;
}

function tarForm(bytes: Uint8Array): FileForm {
  if (equalBytes(bytes.subarray(archiveMagicAt, archiveMagicAt + archiveMagic.length), archiveMagic))
    return ownForm(bytes);
  const isSaved = firstMembers(bytes).some((name) => /^(?:oci-layout|index\.json|manifest\.json|blobs\/)/.test(name));
  return isSaved ? { is: "a tar archive of images", remedy: "layout" } : { is: "a tar archive", remedy: "archive" };
}

/** A file that is no text. */
function binaryForm(bytes: Uint8Array, limits: Limits): FileForm | undefined {
  if (isUtf16(bytes)) return { is: "text in UTF-16", remedy: "utf-16" };
  if (isTar(bytes)) return tarForm(bytes);
  if (latin(bytes.subarray(0, 15)) === "SQLite format 3")
    return { is: "a file of SQLite, such as a mirror", remedy: "mirror-file" };
  if (startsWith(bytes, 0x1f, 0x8b)) return { is: "a gzip file", remedy: "archive" };
  if (startsWith(bytes, 0x28, 0xb5, 0x2f, 0xfd)) return { is: "a zstd file", remedy: "archive" };
  if (startsWith(bytes, 0x50, 0x4b, 3, 4)) return { is: "a zip archive", remedy: "archive" };
  if (!startsWith(bytes, 0x30)) return undefined;
  if (tried(() => parseSpki(bytes, limits)) !== undefined) return { is: "a public key in DER form", remedy: "der-key" };
  if (tried(() => parseCertificate(bytes, limits)) !== undefined)
    return { is: "a certificate in DER form", remedy: "der-certificate" };
  return { is: "in DER form", remedy: "der" };
}

function pemForm(text: string): FileForm | undefined {
  const [, label] = /-----BEGIN ([A-Z0-9 ]{1,64})-----/.exec(text) ?? [];
  if (label === undefined) return undefined;
  if (/(?:SIGSTORE|COSIGN) PRIVATE KEY$/.test(label))
    return { is: "a private key of cosign (keep it secret)", remedy: "cosign-key" };
  if (/PRIVATE KEY$/.test(label)) return { is: "a private key (keep it secret)", remedy: "private-key" };
  if (/CERTIFICATE REQUEST$/.test(label)) return { is: "a request for a certificate", remedy: "other-file" };
  if (/CERTIFICATE$/.test(label)) return { is: "a certificate", remedy: "certificate" };
  if (/PUBLIC KEY$/.test(label)) return { is: "a public key", remedy: "public-key" };
  return { is: `PEM of the kind ${label}`, remedy: "other-file" };
}

/** The name of a media type of Sigstore's own. */
const mediaTypes: readonly (readonly [RegExp, string, Remedy])[] = [
  [/^application\/vnd\.dev\.sigstore\.trustedroot/, "a trusted root", "trusted-root"],
  [/^application\/vnd\.dev\.sigstore\.signingconfig/, "a signing config", "signing-config"],
  [/^application\/vnd\.dev\.sigstore\.bundle/, "a Sigstore bundle", "other-file"],
  [/^application\/vnd\.(?:oci|docker)\./, "an image manifest", "other-file"],
];

function documentForm(document: JsonValue): FileForm | undefined {
  if (!isObject(document)) return { is: "JSON that is no object", remedy: "other-file" };
  const mediaType = member(document, "mediaType");
  if (typeof mediaType === "string") {
    const row = mediaTypes.find(([pattern]) => pattern.test(mediaType));
    if (row !== undefined) return { is: `${row[1]} (${mediaType.slice(0, 128)})`, remedy: row[2] };
  }
  const signed = member(document, "signed");
  const type = isObject(signed) ? member(signed, "_type") : undefined;
  if (typeof type === "string") return { is: `TUF metadata (${type.slice(0, 64)})`, remedy: "tuf-metadata" };
  const kind = member(document, "kind");
  if (typeof kind === "string" && member(document, "apiVersion") !== undefined) return resourceForm(kind);
  return undefined;
}

const resourceForm = (kind: string): FileForm => ({
  is: `a Kubernetes resource (${kind.slice(0, 64)})`,
  remedy: /^(?:Cluster)?Policy$/.test(kind) ? "policy-file" : "other-file",
});

function yamlForm(text: string): FileForm | undefined {
  const [, kind] = /^kind: *["']?([A-Za-z]{1,64})\b/m.exec(text) ?? [];
  return kind !== undefined && /^apiVersion:/m.test(text) ? resourceForm(kind) : undefined;
}

/** One document, or several in a row. Between two values that are parts of one document stands a comma. */
function jsonForm(text: string, limits: Limits): FileForm | undefined {
  if (/^\{"(?:envelope|input)":\{/.test(text)) return { is: "a record of a decision", remedy: "a-record" };
  const whole = tried(() => parseJson(text, { limits }));
  if (whole !== undefined) return documentForm(whole);
  const parts = text.trim().split(/(?<=[\]}])\s{0,64}(?=[[{])/);
  const documents = parts.map((part) => tried(() => parseJson(part, { limits })));
  const [first] = documents;
  if (first === undefined || documents.includes(undefined)) return undefined;
  const kind = documentForm(first);
  return {
    is: `${documents.length} documents in a row${kind === undefined ? "" : `, of which the first is ${kind.is}`}`,
    remedy: "several-documents",
  };
}

/** `undefined` for a file of no known form. */
export function formOfFile(bytes: Uint8Array, limits: Limits): FileForm | undefined {
  if (bytes.length === 0) return { is: "empty", remedy: "other-file" };
  const binary = binaryForm(bytes, limits);
  if (binary !== undefined) return binary;
  const text = tried(() => decodeUtf8(bytes));
  if (text === undefined) return undefined;
  if (text.trim() === "") return { is: "empty", remedy: "other-file" };
  if (/^\s*<(?:!doctype|html)/i.test(text)) return { is: "a web page", remedy: "web-page" };
  // Records, policies and Secrets hold keys, and are none.
  return /^\s*[[{]/.test(text) ? jsonForm(text, limits) : (yamlForm(text) ?? pemForm(text));
}

/** `undefined` for a folder of no known form. */
export function formOfFolder(names: readonly string[]): FileForm | undefined {
  if (names.includes("oci-layout")) return { is: "a folder with an OCI layout", remedy: "layout" };
  return names.includes("mirror.db") ? { is: "the folder of a mirror", remedy: "mirror-folder" } : undefined;
}
