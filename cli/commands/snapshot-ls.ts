/** `sallyport snapshot ls`. Source: docs/spec/snapshot.md. */
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { listSnapshots } from "../../proxy/snapshot/list-snapshots.ts";
import type { CommandIO } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { usage } from "../input/given-file.ts";
import { readSnapshotKey, type SnapshotFlags, withPlace } from "../input/snapshot-flags.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { note } from "../render/say.ts";
import { renderSnapshots, toSnapshotListJson } from "../render/snapshot.ts";

export interface SnapshotListFlags extends SnapshotFlags {
  readonly key?: readonly string[];
  readonly last: string;
}

export async function listSnapshotRows(text: string, flags: SnapshotListFlags, io: CommandIO): Promise<ExitCode> {
  const { output, last } = flags;
  if (!/^[1-9]\d{0,5}$/.test(last))
    throw usage(`--last takes a number of snapshots, not ${JSON.stringify(last)}`, "--last");
  const keys = (flags.key ?? []).map((path) => readSnapshotKey(path, io, "--key").key);
  return withPlace(text, flags, io, async ({ place, ...way }) => {
    const found = await listSnapshots(place, { keys, verifier: nodeVerifier }, Number(last), way);
    if (isDocumentFormat(output)) io.out(renderDocument("SnapshotList", toSnapshotListJson(place.text, found), output));
    else io.out(renderSnapshots(found, keys.length > 0, io));
    if (keys.length === 0) note("nothing was verified: give the publisher's public key with --key", io);
    return 0;
  });
}
