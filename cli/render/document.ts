/**
 * The documents that commands print for machines: one family, each with `apiVersion`, `kind` and a schema in
 * `docs/schemas/`. Source: docs/spec/command-line.md#documents.
 */
import { type DocumentFormat, isDocumentFormat } from "./document-format.ts";
import { toJsonText } from "./json.ts";
import { toYamlText } from "./yaml.ts";

/** Each has a schema of its name. */
export const documentKinds = [
  "ApplyResult",
  "ArchiveDiff",
  "ArchiveInspection",
  "ArchiveVerification",
  "AttachedContent",
  "AttestationList",
  "BreakGlass",
  "CapsuleInspection",
  "CapsuleReport",
  "ClaimList",
  "CompletionScript",
  "ConfigCheck",
  "ConfigSchema",
  "ConfigTemplate",
  "ConfigView",
  "DistrustAddition",
  "DistrustList",
  "DistrustRemoval",
  "Doctor",
  "Environment",
  "Error",
  "Explanation",
  "ExportReport",
  "FunctionList",
  "ImageTree",
  "ImportReport",
  "KeyPin",
  "LogEntryList",
  "MirrorAddition",
  "MirrorCheck",
  "MirrorList",
  "MirrorRemoval",
  "MirrorStatus",
  "NodeConfig",
  "ParsedExpressions",
  "PinList",
  "PinRemoval",
  "PolicyCheck",
  "QueryResult",
  "RecheckList",
  "ReplayResult",
  "RootList",
  "ServeStart",
  "SignatureList",
  "Status",
  "SnapshotList",
  "SnapshotPull",
  "SnapshotPush",
  "SyncReport",
  "TrustedRoot",
  "TrustedRootFile",
  "TrustPin",
  "TrustStatus",
  "TrustUpdate",
  "VerificationResult",
  "Version",
  "WebhookConfigurations",
] as const;
export type DocumentKind = (typeof documentKinds)[number];

export { type DocumentFormat, isDocumentFormat };

/** Members are only ever added. */
export function renderDocument(kind: DocumentKind, members: object, format: DocumentFormat): string {
  const document = { apiVersion: "sallyport.dev/v1", kind, ...members };
  return format === "json" ? toJsonText(document) : toYamlText(document);
}
