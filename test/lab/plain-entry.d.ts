/** Log entries of which tests say one thing: the sixth of nine, at noon, with all the evidence that its log gives. */
import type { JsonObject } from "../../core/encoding/json.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import type { EntryBody } from "./entry-body.ts";
import { type EntryChanges, RekorV1, RekorV2 } from "./entry-log.ts";
import { type KeyType } from "./keys.ts";
export declare const newRekorV1: (type?: KeyType, host?: string) => RekorV1;
export declare const newRekorV2: (type?: KeyType, host?: string) => RekorV2;
export declare function plainEntry(
  log: RekorV1 | RekorV2,
  body: EntryBody | JsonObject | Uint8Array,
  changes?: EntryChanges,
): LogEntry;
/** The entry with a promise over what it now says. */
export declare const promised: (log: RekorV1, entry: LogEntry) => LogEntry;
