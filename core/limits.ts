/** Every bound on untrusted input, in one place. Bytes unless the name says otherwise. */
import { EngineError } from "./errors.ts";

export interface Limits {
  /** A manifest or index (go-containerregistry allows 100 MiB; no signed manifest comes near 4). */
  readonly manifestBytes: number;
  /** A signature or attestation layer, a bundle, an image configuration (cosign: 128 MiB). */
  readonly blobBytes: number;
  readonly bundleBytes: number;
  readonly layersPerManifest: number;
  /** Files and entries of an OCI layout folder that are read. */
  readonly layoutEntries: number;
  readonly layoutIndexBytes: number;
  /** An archive of a layout, when it is decompressed. */
  readonly layoutArchiveBytes: number;
  /** Memory that a frame of Zstandard may ask for (zstd -19 asks for 8 MiB). */
  readonly zstdWindowBytes: number;
  /** The signed statement of an archive or a snapshot; its envelope may have twice as much. */
  readonly archiveStatementBytes: number;
  /** Lists that a statement names, of entries and of blobs. */
  readonly archiveLists: number;
  readonly archiveListBytes: number;
  /** One line of a list. */
  readonly archiveEntryBytes: number;
  /** All blobs of an archive. */
  readonly archiveBytes: number;
  readonly archiveParts: number;
  /** Public keys that a statement names for later archives. */
  readonly archiveKeys: number;
  /** The file of a snapshot. */
  readonly snapshotBytes: number;
  /** Files that `--bootstrap` adds. */
  readonly archiveBootstrapFiles: number;
  /** The file of a capsule, which is in memory as a whole. */
  readonly capsuleBytes: number;
  /** The file of a record of a decision. */
  readonly recordBytes: number;
  /** Files of records that one replay takes, and a folder has. */
  readonly replayedRecords: number;
  /** Records that wait for the disk, what they hold, and bytes of all files in a folder of records. */
  readonly recordsWaiting: number;
  readonly recordsWaitingBytes: number;
  readonly recordFolderBytes: number;
  /** Files of policies in a record or a capsule. */
  readonly recordedFiles: number;
  /** Archives that an exporter keeps the record of: a delta can begin there. The newest is always kept. */
  readonly keptExports: number;
  /** Contents of a layout that appear under a second repository: each is an answer of its own. */
  readonly layoutRepeats: number;
  readonly referrers: number;
  /** How deep things hang on an image, and how many manifests that are, where all of it is fetched. */
  readonly attachedDepth: number;
  readonly attachedPerImage: number;
  /** Of a registry's list of one repository. */
  readonly tagsPerRepository: number;
  /** Repositories of one page of a registry's catalogue. */
  readonly catalogPage: number;
  /** An image layer that is passed on or stored. */
  readonly layerBytes: number;
  /** A configuration or signed material that a registry keeps in the mirror: what is larger passes as layers do. */
  readonly keptBlobBytes: number;
  /** Manifests that a registry keeps ready in memory, and their bytes. */
  readonly readyManifests: number;
  readonly readyManifestBytes: number;
  /** Contents that proved wrong a moment ago, and are not resumed. */
  readonly wrongContents: number;
  /** What clients of a registry asked for in one run of it, and nobody has: more than these are forgotten. */
  readonly askedAbsences: number;
  /** What a policy at the door of a registry decided, by digests that its images reach. */
  readonly doorReached: number;
  /** Images that are judged for one digest that several of them have, and indexes inside each other. */
  readonly doorJudged: number;
  readonly doorDepth: number;
  /** Layers that come from registries at the same time. */
  readonly layerStreams: number;
  /** Of one layer that passes through and is not stored, and of all of them, in memory. */
  readonly passingLayerBytes: number;
  readonly passingBytes: number;
  /** How often the rest of a layer is asked for after its connection broke. */
  readonly layerResumes: number;
  /** Bytes in a second that a registry gives of a layer: of less somebody would be held for hours. */
  readonly leastLayerRate: number;
  readonly signaturesPerImage: number;
  /** Manifests, layers and bundles read for one image, in total. */
  readonly signatureBytesPerImage: number;
  /** Verifications over all candidates of one image for one attestor. */
  readonly signatureChecksPerImage: number;
  /** Verifications in one decision, over all its images and rules. */
  readonly signatureChecksPerDecision: number;
  /** The same in a decision that an API server waits for: all other reviews wait as long. */
  readonly signatureChecksPerReview: number;
  readonly jsonDepth: number;
  readonly jsonBytes: number;
  /** Digits of an integer that is read exactly: 64 bits have twenty. */
  readonly integerDigits: number;
  readonly asn1Depth: number;
  readonly certificateBytes: number;
  readonly extensionsPerCertificate: number;
  readonly signedCertificateTimestamps: number;
  readonly certificatesPerChain: number;
  readonly chainSignatureChecks: number;
  /** Comparisons of names with constraints along one path. */
  readonly constraintComparisons: number;
  readonly rsaModulusBits: number;
  readonly logEntries: number;
  readonly timestamps: number;
  readonly envelopeSignatures: number;
  readonly statementSubjects: number;
  readonly digestsPerSubject: number;
  readonly checkpointBytes: number;
  readonly checkpointSignatures: number;
  readonly trustedRootBytes: number;
  /** TUF metadata, by role (go-tuf and python-tuf have the same). */
  readonly tufRootBytes: number;
  readonly tufTimestampBytes: number;
  readonly tufSnapshotBytes: number;
  readonly tufTargetsBytes: number;
  /** Roots from the trusted one to the newest. */
  readonly tufRootRotations: number;
  /** Delegated roles in one search for a target. */
  readonly tufDelegations: number;
  readonly tufKeysPerRole: number;
  /** Targets beside the trusted root that are mirrored for others: how many of a repository, and their bytes. */
  readonly tufOtherTargets: number;
  readonly tufOtherTargetsBytes: number;
  readonly policyBytes: number;
  readonly resourceBytes: number;
  /** Values of one YAML document, aliases expanded. */
  readonly documentValues: number;
  readonly documentsPerFile: number;
  readonly imagesPerResource: number;
  /** Objects of one list of a cluster. */
  readonly clusterObjects: number;
  /** An object that is written to a cluster (etcd takes no more). */
  readonly writtenObjectBytes: number;
  readonly attestorDepth: number;
  readonly attestorEntries: number;
  readonly expressionBytes: number;
  readonly expressionDepth: number;
  /** Steps of one JMESPath evaluation, and of all variables of one string: 16 characters that are read are a step. */
  readonly expressionSteps: number;
  /** Rounds of substitution in one string. */
  readonly substitutionRounds: number;
  /** Variables that are replaced in one string: what one holds can make it into thousands. */
  readonly variablesPerText: number;
  /** Keys times values that one condition compares. */
  readonly conditionPairs: number;
  readonly patternBytes: number;
  /** Groups inside each other in a pattern from which a text is made. */
  readonly patternDepth: number;
  /** Instructions of a compiled regular expression. */
  readonly patternInstructions: number;
  /** Comparisons of one wildcard match; only patterns made for it get there. */
  readonly patternSteps: number;
  /** Instructions times the length of the text in one search by a regular expression: some seconds at the worst. */
  readonly patternCost: number;
  readonly referenceBytes: number;
  /** Images and repositories in the lists of one sync. */
  readonly listEntries: number;
  /** Names under which repositories are mirrored. */
  readonly aliases: number;
  /** Of what one run of asking fetches, and no mirror keeps. */
  readonly heldBytes: number;
  /** Rounds of asking in `settle`. */
  readonly settleRounds: number;
  /** Verification results, and tags, that an engine remembers of one source (Kyverno: 1,000). 0: none. */
  readonly memoEntries: number;
  /** Whole decisions that an engine remembers of one source. 0: none. */
  readonly memoDecisions: number;
  /** What the texts of each of them take, attestations included; in memory they take some times as much. */
  readonly memoBytes: number;
  /** Entries of the re-check list: an image and a policy that could not decide about it. */
  readonly recheckEntries: number;
  /** What is kept of a request of admission whose resource is on that list. */
  readonly recheckRequestBytes: number;
  /** Objects of a cluster that are watched because a policy names them; and of all policies together. */
  readonly watchedObjectsOfPolicy: number;
  readonly watchedObjects: number;
  /** Pods that are named of those that nobody judged. */
  readonly unjudgedPods: number;
  /** Events and policy reports that wait to be written to a cluster; and results in one report. */
  readonly reportQueue: number;
  readonly reportResults: number;
  /** Decisions that an instance remembers with their evidence, one of them in bytes, and for how many days. */
  readonly decisionRecords: number;
  readonly decisionRecordBytes: number;
  readonly decisionDays: number;
  /** All records of decisions: a tenant's resources can make each of them a large one. */
  readonly decisionLogBytes: number;
  /** Bodies of reviews of admission: those that still come, and those beyond 1 MiB until they are answered. */
  readonly reviewBytes: number;
  /** Runs that a mirror keeps the record of. */
  readonly mirrorRuns: number;
  /** Damaged rows that a check of a mirror names; the rest is counted. */
  readonly listedDamage: number;
  /** Images that a collection of garbage names; the rest is counted. */
  readonly listedRemovals: number;
}

const kib = 1024;
const mib = 1024 * kib;

export const defaultLimits: Limits = {
  manifestBytes: 4 * mib,
  blobBytes: 128 * mib,
  bundleBytes: 64 * mib,
  layersPerManifest: 1000,
  layoutEntries: 1_000_000,
  layoutIndexBytes: 64 * mib,
  layoutArchiveBytes: 16 * 1024 * mib,
  zstdWindowBytes: 32 * mib,
  archiveStatementBytes: 4 * mib,
  archiveLists: 4096,
  archiveListBytes: mib,
  archiveEntryBytes: 256 * kib,
  archiveBytes: 1024 * 1024 * mib,
  archiveParts: 999,
  archiveKeys: 16,
  snapshotBytes: 256 * 1024 * mib,
  archiveBootstrapFiles: 100,
  capsuleBytes: 512 * mib,
  recordBytes: 256 * mib,
  replayedRecords: 100_000,
  recordsWaiting: 256,
  recordsWaitingBytes: 128 * mib,
  recordFolderBytes: 8 * 1024 * mib,
  recordedFiles: 10_000,
  keptExports: 30,
  layoutRepeats: 50_000,
  referrers: 1000,
  attachedDepth: 8,
  attachedPerImage: 10_000,
  tagsPerRepository: 100_000,
  catalogPage: 1000,
  layerBytes: 64 * 1024 * mib,
  keptBlobBytes: 16 * mib,
  readyManifests: 4096,
  readyManifestBytes: 64 * mib,
  wrongContents: 10_000,
  askedAbsences: 50_000,
  doorReached: 200_000,
  doorJudged: 64,
  doorDepth: 3,
  layerStreams: 512,
  passingLayerBytes: 4 * mib,
  passingBytes: 128 * mib,
  layerResumes: 8,
  leastLayerRate: kib,
  signaturesPerImage: 1000,
  signatureBytesPerImage: 256 * mib,
  signatureChecksPerImage: 10_000,
  signatureChecksPerDecision: 50_000,
  signatureChecksPerReview: 2000,
  jsonDepth: 100,
  jsonBytes: 128 * mib,
  integerDigits: 20,
  asn1Depth: 64,
  certificateBytes: 64 * kib,
  extensionsPerCertificate: 256,
  signedCertificateTimestamps: 32,
  certificatesPerChain: 11,
  chainSignatureChecks: 100,
  constraintComparisons: 250_000,
  rsaModulusBits: 8192,
  logEntries: 32,
  timestamps: 32,
  envelopeSignatures: 100,
  statementSubjects: 1024,
  digestsPerSubject: 32,
  checkpointBytes: mib,
  checkpointSignatures: 100,
  trustedRootBytes: 4 * mib,
  tufRootBytes: 512_000,
  tufTimestampBytes: 16_384,
  tufSnapshotBytes: 2_000_000,
  tufTargetsBytes: 5_000_000,
  tufRootRotations: 256,
  tufDelegations: 32,
  tufKeysPerRole: 100,
  tufOtherTargets: 256,
  tufOtherTargetsBytes: 16 * mib,
  policyBytes: 4 * mib,
  resourceBytes: 16 * mib,
  documentValues: 1_000_000,
  documentsPerFile: 10_000,
  imagesPerResource: 1000,
  clusterObjects: 100_000,
  writtenObjectBytes: 1536 * 1024,
  attestorDepth: 16,
  attestorEntries: 1000,
  expressionBytes: 64 * kib,
  expressionDepth: 128,
  expressionSteps: 1_000_000,
  substitutionRounds: 64,
  variablesPerText: 10_000,
  conditionPairs: 10_000_000,
  patternBytes: 16 * kib,
  patternDepth: 100,
  patternInstructions: 50_000,
  patternSteps: 50_000_000,
  patternCost: 200_000_000,
  referenceBytes: 4 * kib,
  listEntries: 100_000,
  aliases: 10_000,
  heldBytes: 512 * mib,
  settleRounds: 16,
  memoEntries: 10_000,
  memoDecisions: 2000,
  memoBytes: 32 * mib,
  recheckEntries: 10_000,
  recheckRequestBytes: 64 * kib,
  watchedObjectsOfPolicy: 16,
  watchedObjects: 256,
  unjudgedPods: 200,
  reportQueue: 2000,
  reportResults: 200,
  decisionRecords: 20_000,
  decisionRecordBytes: mib,
  decisionDays: 30,
  decisionLogBytes: 512 * mib,
  reviewBytes: 256 * mib,
  mirrorRuns: 1000,
  listedDamage: 10_000,
  listedRemovals: 10_000,
};

/** The bounds of decisions that are made while others wait for theirs. */
export const reviewLimits = (limits: Limits): Limits => ({
  ...limits,
  signatureChecksPerDecision: Math.min(limits.signatureChecksPerDecision, limits.signatureChecksPerReview),
});

/** What came out of {@link limitsWith}, and cannot be changed: it is not looked through again. */
const made = new WeakSet<object>();

/**
 * The defaults, and what was given in their place; what is given as `undefined` is not given.
 * @throws EngineError `invalid-usage` for what bounds nothing: every comparison with NaN or a text is false.
 */
export function limitsWith(given: Partial<Limits> = {}): Limits {
  if (made.has(given)) return given as Limits;
  const limits: { -readonly [Name in keyof Limits]: number } = { ...defaultLimits };
  for (const name of Object.keys(given) as (keyof Limits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0)
      throw new EngineError("invalid-usage", "a bound is a whole number, 0 or more", { subject: name });
    limits[name] = value;
  }
  made.add(Object.freeze(limits));
  return limits;
}
