/**
 * Who calculates signatures in Node, as somebody chose. Every choice gives the same decisions. Source:
 * docs/spec/command-line.md#who-calculates-signatures.
 */
import { nobleVerifier } from "../../core/crypto/noble.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { createKernelVerifier } from "../../core/kernel/comb-verifier.ts";
import { nodeVerifier, opensslVerifier } from "./node-verifier.ts";
import { wasmHost } from "./wasm-host.ts";

export const cryptoChoices = ["auto", "openssl", "portable"] as const;
export type CryptoChoice = (typeof cryptoChoices)[number];

/** What every host without OpenSSL has: noble, and the kernel where there is WebAssembly. */
function portable(): SignatureVerifier {
  const host = wasmHost();
  return host === undefined ? nobleVerifier : createKernelVerifier(host);
}

const verifiers: Readonly<Record<CryptoChoice, () => SignatureVerifier>> = {
  auto: () => nodeVerifier,
  openssl: () => opensslVerifier,
  portable,
};

export const chosenVerifier = (choice: CryptoChoice): SignatureVerifier => verifiers[choice]();
