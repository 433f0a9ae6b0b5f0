import type { LogEntry } from "../../core/tlog/log-entry.ts";
import type { LabCertificate } from "./certificate.ts";
import type { LabKey } from "./keys.ts";
import type { Json } from "./trusted-root.ts";
export type BundleVersion = "0.1" | "0.2" | "0.3";
export declare const bundleMediaType: (version: BundleVersion) => string;
export interface BundleSpec {
  readonly version: BundleVersion;
  readonly signer: LabKey | LabCertificate;
  /** Behind the certificate, in versions that have a chain. */
  readonly chain?: readonly LabCertificate[];
  readonly entries: readonly LogEntry[];
  readonly timestamps: readonly Uint8Array[];
  readonly content:
    | {
        readonly message: Uint8Array;
        readonly signature: Uint8Array;
        readonly algorithm?: "SHA2_256" | "SHA2_384" | "SHA2_512";
      }
    | {
        readonly envelope: Json;
      };
}
export declare const entryJson: (entry: LogEntry) => Json;
export declare function bundleJson(spec: BundleSpec): Json;
/** The log entry as an annotation has it; only the promise fits there. */
export declare const entryAnnotation: (entry: LogEntry) => Json;
/** The entry as the log's API answers: an object that maps the entry's id to it. Source: Rekor v1 OpenAPI. */
export declare function apiEntryJson(entry: LogEntry): Json;
export interface LayerSpec {
  /** Absent for an attestation, whose envelope has it. */
  readonly signature?: Uint8Array;
  readonly certificate?: LabCertificate;
  /** Issuer first, root last. */
  readonly chain?: readonly LabCertificate[];
  readonly entry?: LogEntry;
  readonly timestamp?: Uint8Array;
}
export declare const layerAnnotations: ({
  signature,
  certificate,
  chain,
  entry,
  timestamp,
}: LayerSpec) => Record<string, string>;
