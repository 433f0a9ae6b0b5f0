/** TLS certificates for servers and clients on loopback, from an authority of the test's own. */
import { webcrypto } from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;

/** PEM texts. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface TlsAuthority {
  readonly ca: string;
  /** `names`: DNS names and addresses. */
  issue(names: readonly string[]): Promise<TlsIdentity>;
}

const toPem = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");

export async function tlsAuthority(name = "Test Root"): Promise<TlsAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const [notBefore, notAfter] = [new Date(Date.now() - day), new Date(Date.now() + day)];
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}`,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    ca: root.toString("pem"),
    async issue(names) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const leaf = await x509.X509CertificateGenerator.create({
        serialNumber: "02",
        subject: `CN=${names[0] ?? "client"}`,
        issuer: root.subject,
        notBefore,
        notAfter,
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ("ip" as const) : ("dns" as const), value })),
          ),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        ],
      });
      return { cert: leaf.toString("pem"), key: await toPem(own.privateKey) };
    },
  };
}
