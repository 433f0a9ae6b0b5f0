/** What an import of an archive brought, for people and for machines. Source: docs/spec/command-line.md#documents. */
import type { ImportedArchive } from "../../proxy/crossing/import-archive.ts";
import type { CommandIO } from "../command.ts";
import { counted } from "./count.ts";
import { shortDigest } from "./digest.ts";
import { visibleLine } from "./escape.ts";
import { type Ear, say, tellAnswer, warn } from "./say.ts";
import { toUtcText } from "./time.ts";

export const toImportedJson = ({ quarantined, logs, ...archive }: ImportedArchive, files: readonly string[]) => ({
  files,
  ...archive,
  quarantined,
  ...(logs.length === 0 ? {} : { logs }),
});

/** The lines of one archive. */
export function reportImported(
  archive: ImportedArchive,
  { isDry, now }: { readonly isDry: boolean; readonly now: Date },
  io: Pick<CommandIO, "out"> & Ear,
): void {
  const { kind, sequence, entries, tombstones, blobs, layers, contentId, mirrorContentId, signedTime } = archive;
  const what = { full: "full archive", delta: "delta", trust: "trust archive" }[kind];
  const created = new Date(signedTime);
  tellAnswer(
    `${isDry ? "would import" : "imported"} ${what} ${sequence}, made ${toUtcText(created)}, signed by ` +
      `${shortDigest(archive.key)}\n`,
    io,
  );
  tellAnswer(
    `  ${counted(entries, "entry", "entries")}, ${tombstones} gone, ${counted(blobs, "blob")}, ` +
      `${counted(layers, "image layer")}\n`,
    io,
  );
  const { mended } = archive;
  if (mended !== undefined)
    tellAnswer(
      `  it was imported before; put back: ${counted(mended.damaged, "damaged row")}, ` +
        `${counted(mended.missing, "row")} that ${mended.missing === 1 ? "was" : "were"} gone\n`,
      io,
    );
  const compared =
    kind === "trust"
      ? ""
      : contentId === mirrorContentId
        ? ", as on the other side"
        : `; the archive's is ${shortDigest(contentId)}: this side has entries of its own`;
  tellAnswer(`  content id ${shortDigest(mirrorContentId)}${compared}\n`, io);
  for (const { origin, firstSize, secondSize, proved } of archive.logs)
    tellAnswer(
      `  log ${visibleLine(origin)}: from ${firstSize} to ${secondSize} entries, ` +
        (proved ? "proved\n" : "no proof came along that it holds what it held\n"),
      io,
    );
  for (const scope of archive.ended) tellAnswer(`  no longer complete, ${scope}\n`, io);
  for (const key of archive.newKeys) tellAnswer(`  accepted from now on: archives signed by ${key}\n`, io);
  for (const { kind: pinned, name } of archive.pinsAway ?? [])
    tellAnswer(
      `  stays away, since it was unpinned here: the ${pinned.replaceAll("-", " ")} ${visibleLine(name)}; with ` +
        "--accept-pins a full archive brings it back\n",
      io,
    );
  for (const { image, digest, reason } of archive.quarantined)
    say(`quarantined ${visibleLine(image)}\n  ${digest}\n  ${reason}`, io);
  if (mended !== undefined && mended.left > 0)
    warn(
      `mirror-corrupt: ${counted(mended.left, "damaged row")} did not come by this archive and ` +
        `${mended.left === 1 ? "stays" : "stay"}: sallyport mirror check names what mends them`,
      io,
    );
  const behind = created.getTime() - now.getTime();
  if (behind > 0)
    warn(
      `clock-behind: the archive was made at ${toUtcText(created)}, and it is ${toUtcText(now)} here: set the clock ` +
        "of the side that is wrong",
      io,
    );
  const { before } = archive;
  if (before !== undefined && Date.parse(before.created) > created.getTime())
    warn(
      `clock-behind: archive ${sequence} says that it was made before archive ${before.sequence}: the clock of the ` +
        "other side was set back",
      io,
    );
}
