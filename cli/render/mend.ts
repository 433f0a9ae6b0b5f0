/**
 * What mends each kind of damage to a mirror, after the damaged row is removed. Source:
 * docs/spec/offline.md#damage.
 */

/** How a mirror was filled, and is filled again. */
export type Filled =
  | { readonly by: "layout" | "sync" }
  /** `full`: the files of the last archive, where that was a full one: it is imported once more. */
  | { readonly by: "archive"; readonly full?: string | undefined }
  | { readonly by: "snapshot"; readonly from: string };

/** What brings everything again, in a mirror that is filled in one of these ways. */
const whole = {
  archive: "sallyport import --store STORE FULL-ARCHIVE",
  layout: "sallyport mirror add --store STORE LAYOUT",
  sync: "sallyport mirror sync --store STORE -f LIST",
} as const;

/** Rows that come with everything else. Others are of this side, whatever filled it. */
const carried: ReadonlySet<string> = new Set([
  "answer",
  "blob",
  "checkpoint",
  "complete",
  "distrust",
  "pin",
  "tuf_floor",
  "tuf_metadata",
]);

/** What a sync brings too. Claims are made by additions, pins and distrust by people. */
const synced: ReadonlySet<string> = new Set(["answer", "blob"]);

/**
 * Table → the command that restores its rows, where the mirror was filled from layouts. `STORE` is the folder of the
 * mirror. `undefined`: nothing can restore them.
 */
const again: Readonly<Record<string, string | undefined>> = {
  "mirror.db": undefined,
  answer: "sallyport mirror add --store STORE LAYOUT",
  attempt: undefined,
  blob: "sallyport mirror add --store STORE LAYOUT",
  checkpoint: "sallyport trust update --store STORE",
  complete: "sallyport mirror add --store STORE --complete LAYOUT",
  distrust: "sallyport mirror distrust add --store STORE --file FILE",
  import_key: "sallyport import --store STORE --key FILE ARCHIVE",
  import_seen: "sallyport import --store STORE ARCHIVE",
  layer: "sallyport mirror add --store STORE --with-layers LAYOUT",
  pin: "sallyport mirror pin-key --store STORE REFERENCE FILE",
  run: undefined,
  signed_time: undefined,
  tuf_floor: "sallyport trust update --store STORE",
  tuf_metadata: "sallyport trust update --store STORE",
};

const removal = "sallyport mirror check --store STORE --remove-damaged --yes";

/** The commands that mend it, in their order. */
export function mendingCommands(
  place: string,
  key: readonly string[],
  store: string,
  filled: Filled,
): readonly string[] {
  // A snapshot is not written here: the registry has it whole.
  if (filled.by === "snapshot") return [`sallyport snapshot pull ${filled.from} --store ${store}`];
  const isTrust = place === "answer" && key[0] === "trusted-root";
  const isPinnedRoot = place === "pin" && key[0] !== "key";
  const ofLayout = isTrust
    ? "sallyport trust update --store STORE"
    : isPinnedRoot
      ? "sallyport trust import --store STORE FILE"
      : again[place];
  const comesWithAll = (filled.by === "archive" ? carried : filled.by === "sync" ? synced : undefined)?.has(place);
  const bring = comesWithAll === true && !(filled.by === "sync" && isTrust) ? whole[filled.by] : ofLayout;
  // Neither the structure of the file nor a table that cannot be read is mended in place.
  const commands =
    place === "mirror.db" || (key.length === 0 && place !== "signed_time")
      ? [whole[filled.by].replace("STORE", "NEW")]
      : [removal, ...(bring === undefined ? [] : [bring])];
  const full = filled.by === "archive" ? (filled.full ?? "FULL-ARCHIVE") : "";
  return commands.map((command) => command.replaceAll("STORE", store).replaceAll("FULL-ARCHIVE", full));
}
