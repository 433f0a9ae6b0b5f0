/**
 * What the command line calls distrusted: a value, or a PEM file that has it. Source: docs/spec/offline.md#distrust.
 */
import { parsePublicKeysPem } from "../../core/crypto/public-key.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import type { DistrustKind, DistrustRow } from "../../core/knowledge/knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import { parseCertificatesPem } from "../../core/x509/certificate.ts";
import type { StoredPin } from "../../proxy/mirror/pins.ts";
import type { CommandIO } from "../command.ts";
import { asGiven, readGivenText, readPublicKey, usage } from "./given-file.ts";

type Reads = Pick<CommandIO, "readFile" | "pathKind" | "limits">;

/** Values that have a form of their own are never taken for the name of a file. */
const isHash = (text: string): boolean => /^(?:sha256:)?[0-9a-f]{64}$/.test(text);

/** The fingerprint of the one certificate of a file. @throws EngineError `invalid-usage` */
function readCertificateFingerprint(path: string, io: Reads): string {
  const content = readGivenText(path, io);
  const given = { path, content, limits: io.limits };
  const [certificate, ...more] = asGiven(given, { what: "a certificate", form: "certificate" }, () =>
    parseCertificatesPem(content, io.limits),
  );
  if (certificate === undefined || more.length > 0)
    throw usage(`${path} holds ${more.length === 0 ? "no" : `${more.length + 1}`} certificates, not one`, path);
  return certificate.fingerprint;
}

/**
 * The value that an argument names: the fingerprint of what a PEM file holds, or the argument itself.
 * @throws EngineError `invalid-usage` for a file that holds something else.
 */
export function readDistrustValue(kind: string, text: string, io: Reads): string {
  if (isHash(text) || io.pathKind(text) !== "file") return text;
  if (kind === "key") return readPublicKey(text, io).key.fingerprint;
  return kind === "certificate" || kind === "timestamp-authority" ? readCertificateFingerprint(text, io) : text;
}

const ofFingerprint: ReadonlySet<DistrustKind> = new Set(["key", "certificate", "timestamp-authority"]);

/**
 * What an operator should know of an entry: the hash of a file is easily taken for the fingerprint of the key in it,
 * and then the key stays trusted.
 */
export function distrustNote(
  { kind, value }: DistrustRow,
  pins: readonly StoredPin[],
  limits: Limits,
): string | undefined {
  if (!ofFingerprint.has(kind)) return undefined;
  const keys = pins.flatMap((pin) => {
    const key = pin.kind === "key" ? parsePublicKeysPem(decodeUtf8(pin.bytes), limits)[0] : undefined;
    return key === undefined ? [] : [{ ...pin, fingerprint: key.fingerprint }];
  });
  const ofFile = pins.find(({ digest }) => digest === `sha256:${value}`);
  if (ofFile !== undefined) {
    const key = keys.find(({ name }) => name === ofFile.name)?.fingerprint;
    return (
      `${value} is the hash of the file that is pinned as ${ofFile.name}, not a fingerprint: nothing is distrusted ` +
      "by it" +
      (key === undefined ? "" : `; the key in that file is ${key}`)
    );
  }
  const same = keys.find(({ fingerprint }) => fingerprint === value);
  if (kind !== "key")
    return same === undefined
      ? undefined
      : `${value} is the fingerprint of the key that is pinned as ${same.name}; write mirror distrust add key`;
  return keys.length === 0 || same !== undefined
    ? undefined
    : `no key that is pinned here has the fingerprint ${value}; is it that of the key, and not of its file?`;
}
