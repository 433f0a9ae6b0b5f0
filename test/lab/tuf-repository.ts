/**
 * A TUF repository from a seed and a clock: keys, a chain of roots, roles, delegations, targets; its files under the
 * names by which a mirror serves them. Everything that is signed can be changed before it is signed, so that one thing
 * is wrong and the rest is right.
 */
import { sha256, digest } from "../../core/crypto/digest.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import type { IntegerJson } from "../../core/encoding/json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { TrustedRootSource } from "../../core/knowledge/answer.ts";
import { encodeOlpcJson } from "../../core/tuf/olpc-json.ts";
import { type KeyType, type LabKey, makeKey } from "./keys.ts";
import { Seed } from "./seed.ts";

export type TufSource = Extract<TrustedRootSource, { form: "tuf" }>;

/** JSON that may still be changed; numbers are bigints. */
export type Draft = { [key: string]: Draft } | Draft[] | string | bigint | boolean | null;
export type DraftObject = { [key: string]: Draft };

/** The `signed` part of one role's metadata, and who signs it next. */
export interface RoleDraft {
  signed: DraftObject;
  signers: LabKey[];
}

export interface TufRepositoryOptions {
  readonly seed?: string;
  /** When it was made; everything expires a year later. */
  readonly now?: Date;
  readonly consistentSnapshot?: boolean;
  readonly keyType?: KeyType;
  /** Keys of the root and targets roles, and how many of them must sign. */
  readonly keys?: number;
  readonly threshold?: number;
}

const day = 86_400_000;
/** As TUF writes times. */
export const tufTime = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

/** JSON text with bigints as integers. */
export function jsonOf(value: IntegerJson | Draft): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly IntegerJson[]).map(jsonOf).join(",")}]`;
  return `{${Object.entries(value as DraftObject)
    .map(([key, entry]) => `${JSON.stringify(key)}:${jsonOf(entry)}`)
    .join(",")}}`;
}

/** How TUF writes a key. */
export function tufKey(key: LabKey): DraftObject {
  if (key.publicKey.type === "ed25519")
    return { keytype: "ed25519", scheme: "ed25519", keyval: { public: encodeHex(key.publicKey.point) } };
  const [keytype, scheme] =
    key.publicKey.type === "rsa" ? ["rsa", "rsassa-pss-sha256"] : ["ecdsa", `ecdsa-sha2-nist${key.type}`];
  return { keytype: keytype as string, scheme: scheme as string, keyval: { public: key.pem } };
}

export const tufKeyId = (key: LabKey): string =>
  encodeHex(sha256(encodeUtf8(encodeOlpcJson(tufKey(key) as IntegerJson))));

const tufAlgorithm = (key: LabKey): LabKey["algorithm"] =>
  key.publicKey.type === "rsa" ? { scheme: "rsa-pss", hash: "sha256", saltLength: 32 } : key.algorithm;

/** A key, or a key under another id than its own. */
export type TufSigner = LabKey | readonly [keyId: string, key: LabKey];

/** Metadata as served. */
export function signMetadata(signed: DraftObject, signers: readonly TufSigner[]): Uint8Array {
  const message = encodeUtf8(encodeOlpcJson(signed as IntegerJson));
  const signatures = signers.map((signer): DraftObject => {
    const [keyid, key] = "pem" in signer ? [tufKeyId(signer), signer] : signer;
    return { keyid, sig: encodeHex(key.sign(message, tufAlgorithm(key))) };
  });
  return encodeUtf8(jsonOf({ signatures, signed }));
}

/** As roles stand in URLs. */
export const quoted = (name: string): string =>
  encodeURIComponent(name).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const object = (value: Draft | undefined): DraftObject => value as DraftObject;

export class TufRepository {
  readonly seed: Seed;
  readonly now: Date;
  readonly keyType: KeyType;
  /** By role name. */
  readonly roles = new Map<string, RoleDraft>();
  /** Names below the mirror's URL; targets below `targets/`. What is published stays until it is published again. */
  readonly files = new Map<string, Uint8Array>();
  /** The bytes of each published root, by version. */
  readonly rootHistory: Uint8Array[] = [];
  readonly #contents = new Map<string, Uint8Array>();

  constructor({
    seed = "tuf",
    now = new Date("2026-11-01T00:00:00Z"),
    consistentSnapshot = true,
    keyType = "p256",
    keys = 3,
    threshold = 2,
  }: TufRepositoryOptions = {}) {
    this.seed = new Seed(seed);
    this.now = now;
    this.keyType = keyType;
    const header = (type: string): DraftObject => ({
      _type: type,
      spec_version: "1.0.31",
      version: 1n,
      expires: tufTime(new Date(now.getTime() + 365 * day)),
    });
    this.roles.set("root", {
      signed: { ...header("root"), consistent_snapshot: consistentSnapshot, keys: {}, roles: {} },
      signers: [],
    });
    this.roles.set("targets", { signed: { ...header("targets"), targets: {} }, signers: [] });
    this.roles.set("snapshot", {
      signed: { ...header("snapshot"), meta: { "targets.json": { version: 1n } } },
      signers: [],
    });
    this.roles.set("timestamp", {
      signed: { ...header("timestamp"), meta: { "snapshot.json": { version: 1n } } },
      signers: [],
    });
    for (const role of ["root", "targets"])
      this.setKeys(
        role,
        Array.from({ length: keys }, (_, index) => this.key(`${role}-${index + 1}`)),
        threshold,
      );
    for (const role of ["snapshot", "timestamp"]) this.setKeys(role, [this.key(role)], 1);
  }

  /** The repository's key of a name. */
  key(name: string, type: KeyType = this.keyType): LabKey {
    return makeKey(this.seed, `tuf ${name}`, type);
  }

  draft(role: string): RoleDraft {
    const draft = this.roles.get(role);
    if (draft === undefined) throw new Error(`no role ${role}`);
    return draft;
  }

  /** `signed` of a role, to be changed. */
  signed(role: string): DraftObject {
    return this.draft(role).signed;
  }

  /** Gives a top-level role its keys; they sign from now on. To be published with `publishRoot`. */
  setKeys(role: string, keys: readonly LabKey[], threshold = 1): void {
    const root = this.signed("root");
    for (const key of keys) object(root.keys)[tufKeyId(key)] = tufKey(key);
    object(root.roles)[role] = { keyids: keys.map(tufKeyId), threshold: BigInt(threshold) };
    this.draft(role).signers = [...keys];
  }

  setVersion(role: string, version: bigint): void {
    this.signed(role).version = version;
  }

  setExpiry(role: string, at: Date): void {
    this.signed(role).expires = tufTime(at);
  }

  /** Adds a target's bytes to a role, to be published. */
  addTarget(path: string, bytes: Uint8Array, role = "targets"): void {
    object(this.signed(role).targets)[path] = {
      length: BigInt(bytes.length),
      hashes: { sha256: encodeHex(sha256(bytes)) },
    };
    this.#contents.set(path, bytes);
  }

  /** Delegates from one targets role to a new or known one. `paths` or `path_hash_prefixes` stand in `match`. */
  delegate(
    from: string,
    name: string,
    match: DraftObject,
    { terminating = false, keys = [this.key(name)], threshold = 1, first = false } = {},
  ): void {
    const parent = this.signed(from);
    parent.delegations ??= { keys: {}, roles: [] };
    const delegations = object(parent.delegations);
    for (const key of keys) object(delegations.keys)[tufKeyId(key)] = tufKey(key);
    const row: DraftObject = { name, keyids: keys.map(tufKeyId), threshold: BigInt(threshold), terminating, ...match };
    (delegations.roles as Draft[])[first ? "unshift" : "push"](row);
    if (this.roles.has(name)) return;
    const { expires, spec_version } = this.signed("targets");
    this.roles.set(name, {
      signed: {
        _type: "targets",
        spec_version: spec_version as Draft,
        version: 1n,
        expires: expires as Draft,
        targets: {},
      },
      signers: [...keys],
    });
    object(this.signed("snapshot").meta)[`${name}.json`] = { version: 1n };
  }

  get isConsistent(): boolean {
    return this.signed("root").consistent_snapshot === true;
  }

  /** Publishes the root as the next version, signed by its keys and those of the version before. */
  publishRoot(before: readonly LabKey[] = []): Uint8Array {
    const { signed, signers } = this.draft("root");
    if (this.rootHistory.length > 0) signed.version = (signed.version as bigint) + 1n;
    const bytes = signMetadata(signed, [...new Set([...before, ...signers])]);
    this.rootHistory.push(bytes);
    this.files.set(`${signed.version as bigint}.root.json`, bytes);
    return bytes;
  }

  /** Signs and serves one role as its draft stands. */
  publishRole(role: string, signers: readonly TufSigner[] = this.draft(role).signers): Uint8Array {
    const { signed } = this.draft(role);
    const bytes = signMetadata(signed, signers);
    this.files.set(
      role === "timestamp" || !this.isConsistent
        ? `${quoted(role)}.json`
        : `${signed.version as bigint}.${quoted(role)}.json`,
      bytes,
    );
    return bytes;
  }

  /** The state of version and, where asked for, digest in the metadata that lists a role. */
  list(role: string, bytes: Uint8Array, { hashes = true } = {}): void {
    const lister = role === "snapshot" ? "timestamp" : "snapshot";
    const file: DraftObject = { version: this.signed(role).version as Draft };
    if (hashes)
      Object.assign(file, {
        length: BigInt(bytes.length),
        hashes: { sha256: encodeHex(sha256(bytes)), sha512: encodeHex(digest("sha512", bytes)) },
      });
    object(this.signed(lister).meta)[`${role}.json`] = file;
  }

  /**
   * Publishes everything but the root as the next version: targets and delegated roles, snapshot, timestamp; target
   * files. `signers` sign in place of a role's own.
   */
  publish({ bump = true, hashes = true, signers = {} as Readonly<Record<string, readonly TufSigner[]>> } = {}): void {
    const published = this.files.has("timestamp.json");
    const next = (role: string): void => {
      if (bump && published) this.setVersion(role, (this.signed(role).version as bigint) + 1n);
    };
    for (const role of this.roles.keys()) {
      if (role === "root" || role === "snapshot" || role === "timestamp") continue;
      next(role);
      this.list(role, this.publishRole(role, signers[role]), { hashes });
    }
    next("snapshot");
    this.list("snapshot", this.publishRole("snapshot", signers.snapshot), { hashes });
    next("timestamp");
    this.publishRole("timestamp", signers.timestamp);
    for (const [path, bytes] of this.#contents) this.publishTarget(path, bytes);
  }

  /** Serves a target file, as whatever bytes. */
  publishTarget(path: string, bytes: Uint8Array, hash = encodeHex(sha256(bytes))): void {
    const slash = path.lastIndexOf("/") + 1;
    this.files.set(
      this.isConsistent ? `targets/${path.slice(0, slash)}${hash}.${path.slice(slash)}` : `targets/${path}`,
      bytes,
    );
  }

  /** What is served of a role now. */
  served(role: string): Uint8Array {
    const version = this.signed(role).version as bigint;
    const bytes =
      role === "root"
        ? this.rootHistory.at(-1)
        : this.files.get(
            role === "timestamp" || !this.isConsistent ? `${quoted(role)}.json` : `${version}.${quoted(role)}.json`,
          );
    if (bytes === undefined) throw new Error(`${role} is not published`);
    return bytes;
  }

  /** What is published, as the mirror of a decision keeps it. */
  source(target = "trusted_root.json"): TufSource {
    const bytes = this.#contents.get(target);
    if (bytes === undefined) throw new Error(`no target ${target}`);
    return {
      form: "tuf",
      roots: [...this.rootHistory],
      timestamp: this.served("timestamp"),
      snapshot: this.served("snapshot"),
      targets: [...this.roles.keys()]
        .filter((role) => !["root", "snapshot", "timestamp"].includes(role))
        .map((role) => ({ role, bytes: this.served(role) })),
      target: bytes,
    };
  }
}

/** A published repository with one root, and `trusted_root.json` of these bytes. */
export function makeTufRepository(trustedRoot: Uint8Array, options: TufRepositoryOptions = {}): TufRepository {
  const repository = new TufRepository(options);
  repository.addTarget("trusted_root.json", trustedRoot);
  repository.publishRoot();
  repository.publish();
  return repository;
}
