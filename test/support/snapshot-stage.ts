/** A mirror, a registry in memory and a folder for what is pulled, for tests of snapshots. */
import { generateKeyPairSync } from "node:crypto";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import { defaultLimits, type Limits } from "../../core/limits.ts";
import { loadSigningKey, type SigningKey } from "../../proxy/archive/signing-key.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { bringSnapshot, type Brought, type BringOptions } from "../../proxy/snapshot/bring-snapshot.ts";
import { parseSnapshotPlace, type SnapshotPlace } from "../../proxy/snapshot/place.ts";
import { publishSnapshot, type PublishOptions, type PublishedSnapshot } from "../../proxy/snapshot/publish-snapshot.ts";
import type { Registry } from "../../proxy/upstream/registry/open-registry.ts";
import { askRegistries, never } from "./registry-server.ts";
import { serveStoring, type StoringOptions, type StoringRegistry } from "./storing-registry.ts";
import { origin, temporaryFolder, writtenMirror } from "./temporary-mirror.ts";

/** A key, and the PEM text of its private part. */
export function newKey(): { readonly pem: string; readonly key: SigningKey } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  return { pem, key: loadSigningKey(pem, { subject: "test", password: undefined, limits: defaultLimits }) };
}

export const publicKeyOf = ({ publicKey }: SigningKey): PublicKey => readArchiveKey(publicKey, defaultLimits);

/** A fact that the content id depends on. */
export const addKey = (mirror: Mirror, name: string): void =>
  void mirror.writer().setAnswer({ kind: "key", reference: name }, { state: "absent", ...origin });

export class SnapshotStage {
  readonly registry: StoringRegistry;
  readonly asking: Registry;
  readonly place: SnapshotPlace;
  readonly signer = newKey().key;
  /** Of the mirror that is published. */
  readonly store = writtenMirror((mirror) => addKey(mirror, "first"));
  /** Where snapshots are pulled to. */
  readonly replica = temporaryFolder();
  now = new Date("2026-11-30T06:00:00.000Z");

  private constructor(registry: StoringRegistry, asking: Registry) {
    this.registry = registry;
    this.asking = asking;
    this.place = parseSnapshotPlace(`oci://${registry.host}/sallyport/mirror`, "test");
  }

  static async open(options: StoringOptions = {}): Promise<SnapshotStage> {
    return new SnapshotStage(await serveStoring(options), askRegistries());
  }

  /** Adds a fact, so that the next snapshot has another content. */
  change(name: string): void {
    writtenMirror((mirror) => addKey(mirror, name), this.store);
  }

  async push(given: Partial<PublishOptions> = {}): Promise<PublishedSnapshot> {
    const mirror = openMirror(this.store, { mode: "read", limits: defaultLimits });
    try {
      return await publishSnapshot({
        mirror,
        place: this.place,
        registry: this.asking,
        signer: this.signer,
        nextKeys: [],
        verifier: nodeVerifier,
        limits: defaultLimits,
        now: () => this.now,
        signal: never,
        ...given,
      });
    } finally {
      mirror.close();
    }
  }

  pull(given: Partial<BringOptions> = {}): Promise<Brought> {
    return bringSnapshot({
      store: this.replica,
      place: this.place,
      registry: this.asking,
      keys: [publicKeyOf(this.signer)],
      acceptPins: false,
      initialRoot: () => undefined,
      now: this.now,
      verifier: nodeVerifier,
      limits: defaultLimits,
      signal: never,
      pauseMs: 1,
      ...given,
    });
  }

  /** The content id of what readers of the replica see; none: there is nothing to read. */
  read(limits: Limits = defaultLimits): string {
    const mirror = openMirror(this.replica, { mode: "read", limits });
    try {
      return mirror.contentId();
    } finally {
      mirror.close();
    }
  }

  async close(): Promise<void> {
    await this.asking.close();
    await this.registry.close();
  }
}

/** Runs `act` with a stage of its own, and ends it. */
export async function onStage(
  act: (stage: SnapshotStage) => Promise<void>,
  options: StoringOptions = {},
): Promise<void> {
  const stage = await SnapshotStage.open(options);
  try {
    await act(stage);
  } finally {
    await stage.close();
  }
}

/** One that was pulled, and a newer one in the registry. */
export const behind = (act: (stage: SnapshotStage) => Promise<void>): Promise<void> =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    stage.change("second");
    await stage.push();
    await act(stage);
  });
