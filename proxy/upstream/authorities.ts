/**
 * The authorities that upstreams' certificates may come from: those of this system, as programs in Go find them, and
 * those that were added. Source: Go's crypto/x509 (SSL_CERT_FILE and SSL_CERT_DIR), https://nodejs.org/api/cli.html.
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

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Certificates in PEM, each once, for `Connections`. Where the system has no bundle, those that Node carries.
 * @throws EngineError `invalid-config` for a named file that is not there or holds no certificate.
 */
export function readAuthorities({ env, files, added }: AuthorityOptions): readonly string[] {
  const found = new Set<string>();
  const addNamed = (setting: string, path: string | undefined): void => {
    if (path === undefined || path === "") return;
    const certificates = certificatesIn(readNamedText(files, path, setting));
    if (certificates.length === 0)
      throw new EngineError("invalid-config", `${setting} ${path}: the file holds no certificate`, { subject: path });
    for (const one of certificates) found.add(one);
  };
  const { SSL_CERT_FILE: file = "", SSL_CERT_DIR: folders = "", NODE_EXTRA_CA_CERTS: extra } = env;
  addNamed("SSL_CERT_FILE", file);
  for (const one of folders.split(":").flatMap((folder) => inFolder(folder, files))) found.add(one);
  if (file === "" || folders === "") for (const one of systemAuthorities(files)) found.add(one);
  addNamed("NODE_EXTRA_CA_CERTS", extra);
  addNamed("--registry-cacert", added);
  return [...found];
}

const certificatesIn = (text: string): readonly string[] => text.match(certificate) ?? [];

function systemAuthorities(files: Files): readonly string[] {
  for (const path of bundles) {
    const found = certificatesIn(readText(files, path) ?? "");
    if (found.length > 0) return found;
  }
  return rootCertificates;
}

/** As Go has it, whatever else is in the folder is passed over: folders, pipes, files that this user may not read. */
const inFolder = (folder: string, files: Files): readonly string[] =>
  folder === ""
    ? []
    : files.list(folder).flatMap((name) => {
        const bytes = readable(`${folder}/${name}`, files);
        return bytes === undefined ? [] : certificatesIn(Buffer.from(bytes).toString("latin1"));
      });

function readable(path: string, files: Files): Uint8Array | undefined {
  try {
    return files.read(path);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
