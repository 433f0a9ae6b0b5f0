/**
 * What mends each kind of damage to a mirror, after the damaged row is removed. Source:
 * docs/spec/offline.md#damage.
 */

/** `STORE` stands for the mirror's folder. `undefined`: nothing is missing afterwards. */
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
export function mendingCommands(place: string, key: readonly string[], store: string): readonly string[] {
  const isTrust = place === "answer" && key[0] === "trusted-root";
  const isPinnedRoot = place === "pin" && key[0] !== "key";
  const bring = isTrust
    ? "sallyport trust update --store STORE"
    : isPinnedRoot
      ? "sallyport trust import --store STORE FILE"
      : again[place];
  // Neither the structure of the file nor a table that cannot be read is mended in place.
  const commands =
    place === "mirror.db" || (key.length === 0 && place !== "signed_time")
      ? ["sallyport mirror add --store NEW LAYOUT"]
      : [removal, ...(bring === undefined ? [] : [bring])];
  return commands.map((command) => command.replaceAll("STORE", store));
}
