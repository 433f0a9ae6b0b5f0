/**
 * Rows of the table `tuf_floor`: the versions of TUF metadata that were verified. Source:
 * docs/spec/offline.md#rollback-floors, TUF 1.0 §5.4.3 and §5.5.5.
 */
import { EngineError } from "../../core/errors.ts";
import { hasChecksum, rowChecksum } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";

/** By role, decimal. */
export type StoredFloors = Readonly<Record<string, string>>;

export interface FloorRow {
  readonly repository: string;
  readonly role: string;
  readonly version: string;
  readonly checksum: Buffer;
}

const version = /^\d{1,20}$/;

/** The columns repository, role, version, checksum. @throws EngineError `malformed` when a version is not a number. */
export const floorRows = (
  repository: string,
  floors: StoredFloors,
): readonly (readonly [string, string, string, Buffer])[] =>
  Object.entries(floors).map(([role, floor]) => {
    if (!version.test(floor))
      throw new EngineError("malformed", "a floor that is not a version", { subject: `${repository} ${role}` });
    return [repository, role, floor, rowChecksum(repository, role, floor)];
  });

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function checkFloor({ repository, role, version, checksum }: FloorRow): void {
  if (!hasChecksum(checksum, repository, role, version))
    throw corrupt(`${repository} ${role}`, "a rollback floor was changed since it was written");
}

/** @throws as {@link checkFloor}. */
export function readFloorRows(rows: readonly FloorRow[]): StoredFloors {
  for (const row of rows) checkFloor(row);
  return Object.fromEntries(rows.map(({ role, version }) => [role, version]));
}
