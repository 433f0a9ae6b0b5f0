/** `sallyport snapshot push`. Source: docs/spec/snapshot.md. */
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { publishSnapshot, type PublishedSnapshot } from "../../proxy/snapshot/publish-snapshot.ts";
import { removeOldSnapshots, type Removed } from "../../proxy/snapshot/remove-old.ts";
import type { CommandIO } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { usage } from "../input/given-file.ts";
import {
  readSigner,
  readSnapshotKey,
  type SnapshotFlags,
  type SnapshotWay,
  withPlace,
} from "../input/snapshot-flags.ts";
import { lockHolder, type StoreOptions, withMirrorAsync } from "../input/store.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { shortDigest } from "../render/digest.ts";
import { warn } from "../render/say.ts";
import { toSizeText } from "../render/size.ts";
import { renderFacts } from "../render/snapshot.ts";
import { toUtcText } from "../render/time.ts";

export interface SnapshotPushFlags extends SnapshotFlags, StoreOptions {
  readonly key: string;
  readonly nextKey?: readonly string[];
  readonly keep?: string;
}

function readKeep(keep: string | undefined): number | undefined {
  if (keep === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(keep))
    throw usage(`--keep takes a number of snapshots, not ${JSON.stringify(keep)}`, "--keep");
  return Number(keep);
}

export async function pushSnapshot(text: string, flags: SnapshotPushFlags, io: CommandIO): Promise<ExitCode> {
  const keep = readKeep(flags.keep);
  const signer = await readSigner(flags.key, io);
  const nextKeys = (flags.nextKey ?? []).map((path) => readSnapshotKey(path, io, "--next-key").pem);
  return withPlace(text, flags, io, (way) =>
    withMirrorAsync(flags, io, "read", async (mirror) => {
      if (way.place.digest !== undefined) throw usage("a snapshot is pushed to a tag, not to a digest", text);
      const published = await publishSnapshot({
        ...way,
        mirror,
        signer,
        nextKeys,
        verifier: nodeVerifier,
        holder: lockHolder(io),
        now: () => io.now(),
      });
      const removed = keep === undefined ? { removed: [] } : await removeOldSnapshots(way.place, keep, way);
      tell({ way, published, signedBy: signer.fingerprint, removed }, flags, io);
      return 0;
    }),
  );
}

interface Told {
  readonly way: SnapshotWay;
  readonly published: PublishedSnapshot;
  readonly signedBy: string;
  readonly removed: Removed;
}

function tell({ way, published, signedBy, removed }: Told, flags: SnapshotPushFlags, io: CommandIO): void {
  const { statement, manifest, clockBehind } = published;
  const { sequence, contentId, created, size, digest, schema } = statement;
  if (clockBehind !== undefined)
    warn(`the clock is behind: the snapshot before this one was made at ${clockBehind} [clock-behind]`, io);
  if (removed.refused !== undefined)
    warn(`older snapshots stay in the registry, which does not delete them: ${removed.refused}`, io);
  const { output } = flags;
  if (isDocumentFormat(output)) {
    const facts = { sequence, contentId, created, size, digest, schema, manifest, signedBy };
    io.out(renderDocument("SnapshotPush", { to: way.place.text, ...facts, removed: removed.removed }, output));
    return;
  }
  io.out(
    renderFacts(
      [
        ["pushed", `snapshot ${sequence} to ${way.place.text}`],
        ["content id", shortDigest(contentId)],
        ["created", toUtcText(new Date(created))],
        ["size", toSizeText(size)],
        ["signed by", shortDigest(signedBy)],
        ["manifest", shortDigest(manifest)],
        ...(removed.removed.length === 0
          ? []
          : ([["deleted", counted(removed.removed.length, "older snapshot")]] as const)),
      ],
      io,
    ),
  );
}
