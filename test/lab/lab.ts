/**
 * One Sigstore of the lab: authority, logs, timestamp authorities and the trusted root of them, all from a seed and a
 * clock.
 */
import type { Json } from "./trusted-root.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { CertificateAuthority } from "./authority.ts";
import { CertificateLog } from "./certificate-log.ts";
import { RekorV1, RekorV2 } from "./entry-log.ts";
import { purposes } from "./extensions.ts";
import { type KeyType, type LabKey, makeKey } from "./keys.ts";
import type { NoteSigner } from "./note.ts";
import { Seed } from "./seed.ts";
import { LabTimestampAuthority } from "./timestamp-authority.ts";
import {
  certificateAuthorityInstance,
  logInstance,
  type Period,
  timestampAuthorityInstance,
  trustedRootJson,
} from "./trusted-root.ts";

export interface LabOptions {
  readonly seed?: string;
  /** When things are signed. */
  readonly signedAt?: Date;
  /** When things are judged. */
  readonly now?: Date;
  /** Key types of the instances. */
  readonly authorityKey?: KeyType;
  readonly rekor2Key?: KeyType;
  readonly timestampKey?: KeyType;
}

const minute = 60_000;
export const later = (at: Date, milliseconds: number): Date => new Date(at.getTime() + milliseconds);

/**
 * Instances are made when they are first asked for. Two labs of one seed are the same; labs of two seeds share nothing
 * (RSA keys aside).
 */
export class Lab {
  readonly seed: Seed;
  readonly signedAt: Date;
  readonly now: Date;
  /** Of every instance: its certificates' validity, and what the trusted root says. */
  readonly period: Required<Period> = {
    start: new Date("2025-01-01T00:00:00Z"),
    end: new Date("2035-01-01T00:00:00Z"),
  };
  /** How long a leaf is valid from `signedAt` on. */
  readonly leafMinutes = 10;
  readonly #options: LabOptions;
  readonly #made = new Map<string, unknown>();

  constructor(options: LabOptions = {}) {
    this.#options = options;
    this.seed = new Seed(options.seed ?? "lab");
    this.signedAt = options.signedAt ?? new Date("2026-06-01T12:00:00Z");
    this.now = options.now ?? new Date("2026-09-01T00:00:00Z");
  }

  #once<T>(name: string, make: () => T): T {
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name) as T;
  }

  /** When a log took an entry, and an authority stamped it. */
  get loggedAt(): Date {
    return later(this.signedAt, minute);
  }

  get leafEnd(): Date {
    return later(this.signedAt, this.leafMinutes * minute);
  }

  key(name = "signer", type: KeyType = "p256"): LabKey {
    return makeKey(this.seed, name, type);
  }

  /** Issues signing certificates, as Fulcio: a root and one intermediate. */
  get authority(): CertificateAuthority {
    return this.#once("authority", () => this.makeAuthority("Lab Fulcio"));
  }

  /** Another authority with the same period; not in the trusted root. */
  makeAuthority(
    name: string,
    changes: Partial<ConstructorParameters<typeof CertificateAuthority>[0]> = {},
  ): CertificateAuthority {
    const { start: notBefore, end: notAfter } = this.period;
    const type = this.#options.authorityKey ?? "p256";
    return new CertificateAuthority({
      seed: this.seed,
      name,
      notBefore,
      notAfter,
      type,
      purposes: [purposes.codeSigning],
      ...changes,
    });
  }

  get certificateLog(): CertificateLog {
    return this.#once("ct", () => new CertificateLog(this.key("certificate log")));
  }

  get rekor(): RekorV1 {
    return this.#once("rekor", () => new RekorV1(this.key("rekor"), "rekor.lab.example"));
  }

  get rekor2(): RekorV2 {
    return this.#once(
      "rekor2",
      () => new RekorV2(this.key("rekor2", this.#options.rekor2Key ?? "ed25519"), "log2026.rekor.lab.example"),
    );
  }

  /** Who cosigns checkpoints of the log. */
  witness(name = "witness.lab.example"): NoteSigner {
    return { name, key: this.key(name, "ed25519"), kind: "cosignature", at: this.loggedAt };
  }

  get timestampAuthority(): LabTimestampAuthority {
    return this.#once("timestamps", () =>
      this.makeTimestampAuthority("timestamp", { type: this.#options.timestampKey ?? "p256" }),
    );
  }

  /** In the trusted root as well. */
  get secondTimestampAuthority(): LabTimestampAuthority {
    return this.#once("timestamps 2", () => this.makeTimestampAuthority("timestamp2", { type: "p384" }));
  }

  makeTimestampAuthority(
    name: string,
    changes: Partial<ConstructorParameters<typeof LabTimestampAuthority>[0]> = {},
  ): LabTimestampAuthority {
    const { start: notBefore, end: notAfter } = this.period;
    return new LabTimestampAuthority({ seed: this.seed, name, notBefore, notAfter, ...changes });
  }

  /** `change` gets the document as JSON. */
  trustedRoot(change: (root: Json) => Json = (root) => root): Uint8Array {
    const validFor = { start: this.period.start };
    const root = trustedRootJson({
      tlogs: [logInstance(this.rekor, validFor), logInstance(this.rekor2, validFor)],
      certificateAuthorities: [certificateAuthorityInstance(this.authority, validFor)],
      ctlogs: [logInstance(this.certificateLog, validFor)],
      timestampAuthorities: [this.timestampAuthority, this.secondTimestampAuthority].map((authority) =>
        timestampAuthorityInstance(authority, validFor),
      ),
    });
    return encodeUtf8(JSON.stringify(change(root)));
  }
}

/** Another lab whose instances look the same and have other keys: what it signs is by strangers. */
export const strangers = (lab: Lab): Lab => new Lab({ seed: "strangers", signedAt: lab.signedAt, now: lab.now });
