/**
 * Who could not be asked, and that earlier answers decided in its place. Source: docs/spec/command-line.md#asking.
 */
import type { Unavailable } from "../../core/knowledge/answer.ts";
import type { UsedInOutage } from "../../core/knowledge/overlay.ts";
import { type Ear, note } from "./say.ts";
import { toTimeText } from "./time.ts";

/** One for each of those that could not be asked. `at`: the oldest of the answers that were used, RFC 3339. */
export interface Outage extends Pick<Unavailable, "from" | "code" | "why"> {
  readonly at: string;
}

const withAddress = ({ asked, why }: Unavailable): string | undefined =>
  asked === undefined || why === undefined ? why : `${asked}: ${why}`;

export function toOutages(used: readonly UsedInOutage[]): readonly Outage[] {
  const found = new Map<string, Outage>();
  for (const { at, outage } of used) {
    const held = found.get(outage.from);
    const { from, code, why } = held ?? { ...outage, why: withAddress(outage) };
    const oldest = held === undefined || Date.parse(at) < Date.parse(held.at) ? at : held.at;
    found.set(from, { from, code, ...(why === undefined ? {} : { why }), at: oldest });
  }
  return [...found.values()].sort((left, right) => (left.from < right.from ? -1 : 1));
}

/** For documents: nothing where all could be asked. */
export const outagesMember = (outages: readonly Outage[]): { readonly outages?: readonly Outage[] } =>
  outages.length === 0 ? {} : { outages };

/** A sentence, and below it the reason. */
const outageText = ({ from, code, why = "", at }: Outage, now: Date): string =>
  `${from} could not be asked: earlier answers were used, the oldest of ${toTimeText(new Date(at), now)}\n` +
  `  [${code}] ${why}`.trimEnd();

/** Each once, on stderr. */
export function tellOutages(outages: readonly Outage[], now: Date, ear: Ear): void {
  for (const outage of outages) note(outageText(outage, now), ear);
}
