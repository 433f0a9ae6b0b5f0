/** Material of a mirror or a layout that no decision will read, for people. Source: docs/spec/offline.md#damage. */
import type { CommandIO } from "../command.ts";
import { counted } from "./count.ts";
import { type Ear, say } from "./say.ts";

export type Voice = Pick<CommandIO, "out"> & Ear;

/** Where stdout is a document, lines for people are not printed there. */
export const quiet = (io: Voice): Voice => ({ ...io, out: () => undefined });

interface Found {
  readonly unread: readonly { readonly image: string; readonly subject: string; readonly reason: string }[];
  /** How many referrers there are of each type that no decision reads. */
  readonly otherTypes: ReadonlyMap<string, number>;
}

/** It is not damage, but a user who relies on it must know. */
export function reportUnread({ unread, otherTypes }: Found, io: Voice): void {
  for (const { image, subject, reason } of unread) say(`not readable ${image}\n  ${subject}\n  ${reason}`, io);
  for (const [type, count] of otherTypes)
    io.out(`not read: ${counted(count, "referrer")} of type ${JSON.stringify(type)}\n`);
}
