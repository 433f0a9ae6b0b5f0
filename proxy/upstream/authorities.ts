/**
 * The authorities that upstreams' certificates may come from: those of this system, as programs in Go find them, and
 * those that were added. Source: Go's crypto/x509 (SSL_CERT_FILE, SSL_CERT_DIR, the places of the bundle on Linux);
 * Node's documentation of NODE_EXTRA_CA_CERTS.
 */
import { rootCertificates } from "node:tls";
import { EngineError } from "../../core/errors.ts";
import { type Files, readNamedText, readText } from "./config-files.ts";
import type { Environment } from "./proxy-choice.ts";

/** Where systems keep all authorities in one file. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

export interface AuthorityOptions {
  readonly env: Environment;
  readonly files: Files;
  /** A file of further authorities: `--registry-cacert`. */
  readonly added?: string | undefined;
}

const begin = "-----BEGIN CERTIFICATE-----";

/**
 * PEM texts, for `Connections`. Where the system has no bundle, those that Node carries.
 * @throws EngineError `invalid-config` for a named file that is not there or holds no certificate.
 */
export function readAuthorities({ env, files, added }: AuthorityOptions): readonly string[] {
  const named = (path: string): string => {
    const text = readNamedText(files, path);
    if (!text.includes(begin))
      throw new EngineError("invalid-config", "there is no certificate in it", { subject: path });
    return text;
  };
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders, NODE_EXTRA_CA_CERTS: extra } = env;
  const ofSystem = file && folders ? [] : systemAuthorities(files);
  return [
    ...(file ? [named(file)] : []),
    ...(folders ? folders.split(":").flatMap((folder) => inFolder(folder, files)) : []),
    ...ofSystem,
    ...(extra ? [named(extra)] : []),
    ...(added === undefined ? [] : [named(added)]),
  ];
}

function systemAuthorities(files: Files): readonly string[] {
  for (const path of bundles) {
    const text = readText(files, path);
    if (text?.includes(begin) === true) return [text];
  }
  return rootCertificates;
}

/** Whatever else is in the folder is passed over. */
function inFolder(folder: string, files: Files): readonly string[] {
  if (folder === "") return [];
  return files.list(folder).flatMap((name) => {
    const bytes = files.read(`${folder}/${name}`);
    const text = bytes === undefined ? "" : Buffer.from(bytes).toString("latin1");
    return text.includes(begin) ? [text] : [];
  });
}
