/** Sizes for people, in the units of OCI tools. */

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `812 B`, `1.4 KiB`, `81 MiB`: two digits at least, rounded. `-` where the size is not known. */
export function toSizeText(bytes: number | undefined): string {
  if (bytes === undefined) return "-";
  let size = bytes;
  let unit = 0;
  while (Math.round(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 9.95 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[unit]}`;
}
