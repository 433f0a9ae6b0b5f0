/**
 * Certificates that are made here: an authority that is kept in a folder, so that nodes can be given it once, and a
 * certificate for each listener, made at each start and again before it expires. Source:
 * https://github.com/PeculiarVentures/x509.
 */
import "reflect-metadata";
import { createPrivateKey, type KeyObject, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { EngineError } from "../../core/errors.ts";

const day = 86_400_000;
const authorityDays = 5 * 365;
/** A new authority is handed out this long before it signs. */
const overlapDays = 365;
const leafDays = 150;
const renewDays = 15;
/** A clock of a node may be behind. */
const backdated = 3_600_000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Where authorities are kept. Names are of files in one folder. */
export interface Keep {
  read(name: string): string | undefined;
  /** Creates a file for this user alone; false where there is one already. */
  create(name: string, text: string): boolean;
  /** Replaces a file that everybody may read. */
  publish(name: string, text: string): void;
}

export interface ServerCertificate {
  /** With its chain. */
  readonly certificate: string;
  readonly key: string;
  readonly expires: Date;
  /** From when on a new one is due. */
  readonly renew: Date;
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly pem: string;
  readonly key: KeyObject;
}

x509.cryptoProvider.set(webcrypto as never);

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

const keyPem = async ({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY")}\n`;

async function makeAuthority(now: Date): Promise<string> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Sallyport authority of ${now.toISOString().slice(0, 10)}`,
    notBefore: new Date(now.getTime() - backdated),
    notAfter: new Date(now.getTime() + authorityDays * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n${await keyPem(keys)}`;
}

function readAuthority(text: string, name: string): Authority {
  try {
    const certificate = new X509Certificate(text);
    const key = createPrivateKey(text);
    if (!certificate.checkPrivateKey(key)) throw new Error("key and certificate do not belong together");
    return { certificate, pem: certificate.toString(), key };
  } catch (error) {
    throw new EngineError(
      "invalid-config",
      "the authority of own certificates cannot be read: restore the file, or remove it, and give nodes the new one",
      { subject: name, cause: error },
    );
  }
}

const endOf = ({ certificate }: Authority): number => Date.parse(certificate.validTo);

/**
 * The authorities that are kept, oldest first, and a new one where it is time. The oldest that lasts longer than a
 * certificate signs; all are published in `ca.pem`.
 */
async function authorities(keep: Keep, now: Date): Promise<readonly [signs: Authority, ...Authority[]]> {
  const found: Authority[] = [];
  let next = 1;
  for (; ; next++) {
    const name = `authority-${next}.pem`;
    const text = keep.read(name);
    if (text === undefined) break;
    const authority = readAuthority(text, name);
    if (endOf(authority) > now.getTime() + leafDays * day) found.push(authority);
  }
  const last = found.at(-1);
  if (last === undefined || endOf(last) < now.getTime() + (leafDays + overlapDays) * day) {
    const name = `authority-${next}.pem`;
    const made = await makeAuthority(now);
    // Another process may have made it meanwhile: then that one counts.
    found.push(readAuthority(keep.create(name, made) ? made : (keep.read(name) ?? made), name));
  }
  const [first, ...more] = found as [Authority, ...Authority[]];
  return [first, ...more];
}

/** Whether the authority that signs now signed it, and it is not due yet. */
function isStillGood({ certificate, renew }: ServerCertificate, signs: Authority, now: Date): boolean {
  const held = new X509Certificate(certificate);
  return now < renew && held.checkIssued(signs.certificate) && held.verify(signs.certificate.publicKey);
}

/** A certificate for these names and addresses. `held`: one that was made for them before, which may still be good. */
export async function makeServerCertificate(
  names: readonly string[],
  keep: Keep,
  now: Date,
  held?: ServerCertificate,
): Promise<ServerCertificate> {
  const [signs, ...later] = await authorities(keep, now);
  keep.publish("ca.pem", [signs, ...later].map(({ pem }) => pem).join(""));
  if (held !== undefined && isStillGood(held, signs, now)) return held;
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(signs.pem);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    signs.key.export({ format: "der", type: "pkcs8" }),
    algorithm,
    false,
    ["sign"],
  );
  const expires = new Date(now.getTime() + leafDays * day);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=sallyport",
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - backdated),
    notAfter: expires,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        [...new Set(names)].map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }) as const),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: await keyPem(keys),
    expires,
    renew: new Date(expires.getTime() - renewDays * day),
  };
}
