/**
 * A policy as it was read: defaults applied, legacy fields converted, nothing compiled. Source: Kyverno API v1, v2beta1
 * (docs/spec/kyverno.md#policy-fields).
 */

/**
 * A value of a policy file. Integers are `bigint`, as conditions tell `5` from `5.0`; all other numbers are doubles.
 * Maps have no prototype.
 */
export type PolicyValue = null | boolean | number | bigint | string | readonly PolicyValue[] | PolicyMap;
export interface PolicyMap {
  readonly [key: string]: PolicyValue;
}

export type FailureAction = "Audit" | "Enforce";

export type FailurePolicy = "Fail" | "Ignore";

/** The place of a part of a policy. `line` and `column` are 1-based. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something in a policy that loads and is probably not meant. */
export interface PolicyWarning extends Position {
  /** Begins with the field. */
  readonly message: string;
  readonly pointer: string;
  readonly policy: string;
}

/** A file as it was given. */
export interface PolicyFile {
  /** The name in messages. */
  readonly name: string;
  readonly text: string;
  /** Found in a folder, not named: a document that is not a Kubernetes object is skipped. Default: it is an error. */
  readonly inFolder?: boolean;
}

/** Where it was read: the how manieth of its kind in a file, from 0. Records and capsules keep the file. */
export interface PolicySource {
  readonly file: PolicyFile;
  readonly index: number;
}

export interface Policy {
  readonly apiVersion: string;
  readonly kind: "ClusterPolicy" | "Policy";
  readonly name: string;
  /** Of a `Policy`; absent on a `ClusterPolicy`. */
  readonly namespace?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PolicySpec;
  /** Of annotations of this program. */
  readonly ages?: PolicyAges;
  /** Findings that are not errors: deprecations, fields without effect. */
  readonly warnings: readonly PolicyWarning[];
  /** The document, for digests and reports. */
  readonly document: PolicyMap;
  /** Position of the value at a JSON pointer of `document`, or of its nearest ancestor. */
  readonly position: (pointer: string) => Position;
  /** Absent where it was not read from a file. */
  readonly source?: PolicySource;
}

/** How old what a policy's decisions rest on may be, and how old signatures must be. Milliseconds. */
export interface PolicyAges {
  readonly maxMirrorAge?: number;
  readonly maxTrustAge?: number;
  readonly minSignatureAge?: number;
}

export interface PolicySpec {
  readonly validationFailureAction: FailureAction;
  readonly validationFailureActionOverrides: readonly ActionOverride[];
  readonly failurePolicy: FailurePolicy;
  readonly webhookTimeoutSeconds?: number;
  readonly applyRules: "All" | "One";
  readonly admission: boolean;
  readonly background: boolean;
  readonly emitWarning: boolean;
  readonly rules: readonly Rule[];
}

export interface ActionOverride {
  readonly action: string;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: LabelSelector;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface Rule {
  readonly name: string;
  /** JSON pointer of the rule in the document; of a generated rule, that of the rule it was made from. */
  readonly pointer: string;
  readonly match: MatchBlock;
  readonly exclude?: MatchBlock;
  readonly preconditions?: PolicyValue;
  readonly context: readonly ContextEntry[];
  readonly imageExtractors?: Readonly<Record<string, readonly ImageExtractor[]>>;
  /** What the rule does; a rule of another kind than `verifyImages` loads with a warning and is reported undecided. */
  readonly kind: "verifyImages" | "validate" | "mutate" | "generate";
  readonly verifyImages: readonly ImageVerification[];
  /** The `validate` of a validate rule, as in the file. */
  readonly validate?: PolicyMap;
  readonly reportProperties: Readonly<Record<string, string>>;
  readonly skipBackgroundRequests: boolean;
}

/** Exactly one form is used, in priority `any`, `all`, bare. */
export interface MatchBlock {
  readonly any?: readonly ResourceFilter[];
  readonly all?: readonly ResourceFilter[];
  readonly bare?: ResourceFilter;
}

export interface ResourceFilter {
  readonly kinds?: readonly string[];
  readonly name?: string;
  readonly names?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly selector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly operations?: readonly string[];
  readonly roles?: readonly string[];
  readonly clusterRoles?: readonly string[];
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

export interface ContextEntry {
  readonly name: string;
  readonly pointer: string;
  readonly variable?: { readonly value?: PolicyValue; readonly jmesPath?: string; readonly default?: PolicyValue };
  readonly configMap?: { readonly name: string; readonly namespace?: string };
  readonly apiCall?: {
    readonly urlPath?: string;
    readonly method: "GET" | "POST";
    readonly data: readonly { readonly key: string; readonly value: PolicyValue }[];
    readonly service?: PolicyMap;
    readonly jmesPath?: string;
    readonly default?: PolicyValue;
  };
  readonly imageRegistry?: { readonly reference: string; readonly jmesPath?: string };
  readonly globalReference?: { readonly name: string; readonly jmesPath?: string };
}

export interface ImageExtractor {
  readonly path: string;
  readonly value?: string;
  readonly name?: string;
  readonly key?: string;
  readonly jmesPath?: string;
}

/** With which credentials registries are asked. They change no verdict about what was answered. */
export interface RegistryCredentials {
  /** Names of Secrets: `namespace/name`, or `name` in Kyverno's own namespace. */
  readonly secrets: readonly string[];
  /** Of `default`, `google`, `amazon`, `azure` and `github`. */
  readonly providers: readonly string[];
  readonly allowInsecureRegistry: boolean;
}

export interface ImageVerification {
  readonly pointer: string;
  readonly failureAction?: FailureAction;
  readonly type: "Cosign" | "SigstoreBundle";
  readonly imageReferences: readonly string[];
  readonly skipImageReferences: readonly string[];
  readonly attestors: readonly AttestorSet[];
  readonly attestations: readonly Attestation[];
  readonly repository?: string;
  readonly registryCredentials?: RegistryCredentials;
  readonly mutateDigest: boolean;
  readonly verifyDigest: boolean;
  readonly required: boolean;
  readonly useCache: boolean;
  /** `deny` is the value of `deny.conditions`. */
  readonly validate?: { readonly message?: string; readonly deny?: PolicyValue };
}

export interface AttestorSet {
  readonly pointer: string;
  /** Absent: every entry is required. */
  readonly count?: number;
  readonly entries: readonly Attestor[];
}

/** Exactly one of `keys`, `certificates`, `keyless`, `attestor`. */
export interface Attestor {
  readonly pointer: string;
  readonly keys?: {
    /** PEM text or a key reference. */
    readonly publicKeys?: string;
    readonly secret?: { readonly name: string; readonly namespace: string };
    readonly kms?: string;
    readonly signatureAlgorithm?: string;
    readonly rekor?: RekorSettings;
    readonly ctlog?: CtlogSettings;
  };
  readonly certificates?: {
    readonly cert?: string;
    readonly certChain?: string;
    readonly rekor?: RekorSettings;
    readonly ctlog?: CtlogSettings;
  };
  readonly keyless?: {
    readonly subject?: string;
    readonly subjectRegExp?: string;
    readonly issuer?: string;
    readonly issuerRegExp?: string;
    readonly roots?: string;
    readonly additionalExtensions?: Readonly<Record<string, string>>;
    readonly rekor?: RekorSettings;
    readonly ctlog?: CtlogSettings;
  };
  readonly attestor?: AttestorSet;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly repository?: string;
  readonly signatureAlgorithm?: string;
}

export interface RekorSettings {
  readonly url?: string;
  readonly pubKey?: string;
  readonly ignoreTlog: boolean;
}

export interface CtlogSettings {
  readonly ignoreSCT: boolean;
  readonly pubKey?: string;
  readonly tsaCertChain?: string;
}

export interface Attestation {
  readonly pointer: string;
  readonly name?: string;
  /** Predicate type; absent in a policy that gives neither `type` nor `predicateType`. */
  readonly type?: string;
  readonly attestors: readonly AttestorSet[];
  /** List of `{any, all}` blocks as they stand in the file. */
  readonly conditions?: PolicyValue;
}
