/** `sallyport snapshot pull`. Source: docs/spec/snapshot.md. */
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { findCurrentSnapshot } from "../../proxy/mirror/current-snapshot.ts";
import { bringSnapshot, type Brought } from "../../proxy/snapshot/bring-snapshot.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import type { ExitCode } from "../exit-code.ts";
import { usage } from "../input/given-file.ts";
import { readInitialRoots } from "../input/initial-roots.ts";
import { readSnapshotKey, type SnapshotFlags, withPlace } from "../input/snapshot-flags.ts";
import { lockHolder, type StoreOptions } from "../input/store.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { shortDigest } from "../render/digest.ts";
import { visibleLine } from "../render/escape.ts";
import { note, warn } from "../render/say.ts";
import { toSizeText } from "../render/size.ts";
import { renderFacts, takenBackText } from "../render/snapshot.ts";
import { toTimeText } from "../render/time.ts";

export interface SnapshotPullFlags extends SnapshotFlags, StoreOptions {
  readonly key?: readonly string[];
  readonly acceptPins?: boolean;
}

export async function pullSnapshot(text: string, flags: SnapshotPullFlags, io: CommandIO): Promise<ExitCode> {
  const store = flags.store ?? fromEnvironment("SALLYPORT_STORE", io);
  if (store === undefined) throw usage("no mirror is named: give --store DIR, or set SALLYPORT_STORE", "--store");
  const keys = (flags.key ?? []).map((path) => readSnapshotKey(path, io, "--key").key);
  if (keys.length === 0 && findCurrentSnapshot(store, io.limits) === undefined)
    throw usage("nobody's snapshots are accepted here yet: give the public key of those who push them", "--key");
  const roots = readInitialRoots({}, io);
  return withPlace(text, flags, io, async (way) => {
    const brought = await bringSnapshot({
      ...way,
      ...roots,
      store,
      keys,
      acceptPins: flags.acceptPins === true,
      mends: true,
      verifier: nodeVerifier,
      now: io.now(),
      holder: lockHolder(io),
    });
    tell(brought, store, flags, io);
    return 0;
  });
}

const shownAnchors = 10;

function tell(brought: Brought, store: string, { output }: SnapshotPullFlags, io: CommandIO): void {
  const { state, snapshot, before, newKeys, taken, takenBack } = brought;
  const { sequence, size, contentId, created, key, from } = snapshot;
  const now = io.now();
  if (Date.parse(created) > now.getTime())
    warn(`the clock is behind: this snapshot was made at ${created} [clock-behind]`, io);
  if (takenBack !== undefined) warn(takenBackText(takenBack), io);
  for (const { kind, name, digest } of taken.slice(0, shownAnchors))
    note(`trusted since this first snapshot: ${kind} ${visibleLine(name)}, ${digest}`, io);
  if (taken.length > shownAnchors)
    note(`and ${taken.length - shownAnchors} more: sallyport mirror pins --store ${store}`, io);
  for (const fingerprint of newKeys) note(`snapshots signed by the key ${fingerprint} are accepted from now on`, io);
  if (isDocumentFormat(output)) {
    const facts = { state, sequence, contentId, created, size, signedBy: key, newKeys };
    const members = { store, from, ...facts, ...(before === undefined ? {} : { before }) };
    io.out(renderDocument("SnapshotPull", members, output));
    return;
  }
  const place =
    before === undefined
      ? ""
      : before === sequence
        ? " again: the one here was damaged"
        : `, in the place of ${before}`;
  const words = state === "current" ? `snapshot ${sequence} is here already` : `snapshot ${sequence}${place}`;
  io.out(
    renderFacts(
      [
        [state === "current" ? "nothing new" : "pulled", words],
        ["content id", shortDigest(contentId)],
        ["created", toTimeText(new Date(created), now)],
        ["size", toSizeText(size)],
        ["signed by", shortDigest(key)],
      ],
      io,
    ),
  );
}
