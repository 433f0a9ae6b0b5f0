import { type ExtensionSpec } from "./certificate.ts";
export declare const extensionId: {
  readonly subjectKeyIdentifier: "2.5.29.14";
  readonly keyUsage: "2.5.29.15";
  readonly subjectAlternativeName: "2.5.29.17";
  readonly basicConstraints: "2.5.29.19";
  readonly nameConstraints: "2.5.29.30";
  readonly authorityKeyIdentifier: "2.5.29.35";
  readonly extendedKeyUsage: "2.5.29.37";
  readonly timestampList: "1.3.6.1.4.1.11129.2.4.2";
  readonly poison: "1.3.6.1.4.1.11129.2.4.3";
};
export declare const purposes: {
  readonly any: "2.5.29.37.0";
  readonly serverAuth: "1.3.6.1.5.5.7.3.1";
  readonly clientAuth: "1.3.6.1.5.5.7.3.2";
  readonly codeSigning: "1.3.6.1.5.5.7.3.3";
  readonly timeStamping: "1.3.6.1.5.5.7.3.8";
};
export declare const basicConstraints: (isAuthority: boolean, pathLength?: number, critical?: boolean) => ExtensionSpec;
declare const usageBits: {
  readonly digitalSignature: 0;
  readonly contentCommitment: 1;
  readonly keyEncipherment: 2;
  readonly keyAgreement: 4;
  readonly keyCertSign: 5;
  readonly cRLSign: 6;
};
export declare const keyUsage: (...usages: readonly (keyof typeof usageBits)[]) => ExtensionSpec;
export declare const extendedKeyUsage: (ids: readonly string[], critical?: boolean) => ExtensionSpec;
/**
 * `directory` has a common name, `otherName` an object identifier and a text or the DER of a value; `raw` is a whole
 * element.
 */
export type GeneralNameSpec =
  | {
      readonly email: string;
    }
  | {
      readonly dns: string;
    }
  | {
      readonly uri: string;
    }
  | {
      readonly ip: Uint8Array;
    }
  | {
      readonly directory: string;
    }
  | {
      readonly otherName: string | Uint8Array;
      readonly id?: string;
    }
  | {
      readonly raw: Uint8Array;
    };
export declare function encodeGeneralName(name: GeneralNameSpec): Uint8Array;
export declare const subjectAlternativeName: (names: readonly GeneralNameSpec[], critical?: boolean) => ExtensionSpec;
export declare function nameConstraints(
  {
    permitted,
    excluded,
  }: {
    readonly permitted?: readonly GeneralNameSpec[];
    readonly excluded?: readonly GeneralNameSpec[];
  },
  critical?: boolean,
): ExtensionSpec;
export declare const subjectKeyIdentifier: (spki: Uint8Array) => ExtensionSpec;
export declare const authorityKeyIdentifier: (spki: Uint8Array) => ExtensionSpec;
/** What makes a certificate a precertificate. */
export declare const poison: ExtensionSpec;
/** One that nobody knows. */
export declare const unknownExtension: (critical: boolean) => ExtensionSpec;
/** Values by Fulcio's names, or by number; `issuer` is written as extension 8 (DER), number 1 is the old form. */
export declare function fulcio(values: Readonly<Record<string, string>>): readonly ExtensionSpec[];
/** The extensions with one replaced, added (at the end) or removed: `undefined` removes. */
export declare function withExtension(
  extensions: readonly ExtensionSpec[],
  id: string,
  replacement: ExtensionSpec | undefined,
): readonly ExtensionSpec[];
