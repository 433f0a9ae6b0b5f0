/**
 * Trusted roots for people: whom they vouch for, and how fresh their metadata is. Source:
 * docs/spec/command-line.md#times.
 */
import type { TrustedRoot } from "../../core/trust/trusted-root.ts";
import type { Style } from "./style.ts";
import { renderColumns } from "./table.ts";
import { visible } from "./escape.ts";
import { wrapText } from "./wrap.ts";
import { toSpanText, toTimeText, toUtcText, withShortTimes } from "./time.ts";

const periodText = ({ start, end }: { readonly start?: Date; readonly end?: Date }): string =>
  `${start === undefined ? "always" : `from ${toUtcText(start)}`}${end === undefined ? "" : ` to ${toUtcText(end)}`}`;

/** Who is trusted for what, and when. */
const describeRoot = (root: TrustedRoot): readonly (readonly [what: string, name: string, period: string])[] => [
  ...root.certificateAuthorities.map(
    ({ uri, validFor }) => ["certificate authority", uri, periodText(validFor)] as const,
  ),
  ...root.tlogs.map(
    ({ origin, logId, validFor }) =>
      ["transparency log", `${origin ?? ""} ${logId}`.trim(), periodText(validFor)] as const,
  ),
  ...root.ctlogs.map(
    ({ origin, logId, validFor }) =>
      ["certificate log", `${origin ?? ""} ${logId}`.trim(), periodText(validFor)] as const,
  ),
  ...root.timestampAuthorities.map(({ uri, validFor }) => ["timestamp authority", uri, periodText(validFor)] as const),
];

export const toTrustsJson = (root: TrustedRoot) =>
  describeRoot(root).map(([kind, name, period]) => ({ kind, name, period }));

export const renderRoot = (root: TrustedRoot, { width, text }: Pick<Style, "width" | "text">): string =>
  describeRoot(root)
    .flatMap(([what, name, period]) =>
      wrapText(text(`${name} ${period}`), { width, first: `  ${what.padEnd(22)} `, rest: " ".repeat(25) }),
    )
    .map((line) => `${line}\n`)
    .join("");

export interface RoleStatus {
  readonly role: string;
  readonly version: string;
  readonly expires: Date;
  /** The highest version that was verified before. */
  readonly floor?: string;
}

/** `tolerated`: past its expiry, within the budget; `broken`: does not verify. */
export type TrustState = "pinned" | "fresh" | "tolerated" | "stale" | "broken";

export interface RootStatus {
  readonly name: string;
  readonly state: TrustState;
  readonly from: string;
  readonly at: Date;
  /** Of trusted_root.json; absent where it does not verify. */
  readonly digest?: string;
  readonly roles: readonly RoleStatus[];
  /** A remark for people: what to know, or do. */
  readonly remark?: string;
}

const expiryText = (expires: Date, now: Date): string => {
  const seconds = (expires.getTime() - now.getTime()) / 1000;
  return `${toUtcText(expires)} (${seconds > 0 ? `in ${toSpanText(seconds)}` : `expired ${toSpanText(-seconds)} ago`})`;
};

const marks = { pinned: "pass", fresh: "pass", tolerated: "warning", stale: "fail", broken: "fail" } as const;

/** One trusted root: where it comes from, one line per role, and its state. */
export function renderStatus(
  { name, state, from, at, digest, roles, remark }: RootStatus,
  now: Date,
  style: Style,
): string {
  const said = visible(withShortTimes(remark ?? ""));
  const form = state === "pinned" ? "pinned trusted_root.json" : "TUF metadata";
  const table = renderColumns(
    ["  ROLE", "VERSION", "SEEN", "EXPIRES"],
    roles.map(({ role, version, floor, expires }) => [
      `  ${visible(role)}`,
      version,
      floor ?? "-",
      expiryText(expires, now),
    ]),
  );
  return [
    `${style.bold(visible(name))}  ${form} from ${visible(from)}, received ${toTimeText(at, now)}\n`,
    roles.length === 0 ? "" : table,
    digest === undefined ? "" : `  trusted root ${digest}\n`,
    `  ${style.mark(marks[state])} ` +
      `${said || (state === "pinned" ? "no expiry: an operator vouches for it" : "fresh")}\n`,
  ].join("");
}
