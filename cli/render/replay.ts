/** Replays of records, for people and machines. Source: docs/spec/record.md#replay. */
import type { JsonValue } from "../../core/encoding/json.ts";
import type { Ask } from "../../core/record/decision-record.ts";
import type { Difference } from "../../core/record/first-difference.ts";
import type { StoreChanges } from "../../core/record/compare-answers.ts";
import { counted } from "./count.ts";
import { shortDigest } from "./digest.ts";
import { visibleLine } from "./escape.ts";

/** What a decision rested on. An auditor compares it with what should have been in force. */
export interface MadeOf {
  /** Digest of the policies with all settings. */
  readonly policies: string;
  readonly trustMode: string;
  readonly aliases: number;
  /** Of the mirror, where it is known. */
  readonly contentId?: string;
}

export interface ReplayedRecord {
  readonly file: string;
  readonly ask: Ask;
  readonly allowed: boolean;
  /** What was recorded. */
  readonly recorded: { readonly at: string; readonly allowed: boolean; readonly version: string };
  /** Fingerprint of the key. Absent if nobody signed the record, or if no key was given to verify it with. */
  readonly signedBy?: string | undefined;
  readonly isSigned: boolean;
  readonly madeOf: MadeOf;
  readonly difference?: Difference | undefined;
  /** With `--store`. */
  readonly changes?: StoreChanges | undefined;
}

/** What was verified without a policy allows and denies nothing: what nobody could decide was not verified either. */
function verdictWord(ask: Ask, allowed: boolean): string {
  const [yes, no] = "verification" in ask ? (["verified", "not verified"] as const) : (["allowed", "denied"] as const);
  return allowed ? yes : no;
}

function askText(ask: Ask): string {
  if ("verification" in ask) return ask.verification.image;
  const { kind, namespace, name = "" } = ask.request;
  return `${kind.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

const askJson = (ask: Ask) =>
  "verification" in ask
    ? { image: ask.verification.image }
    : {
        resource: {
          kind: ask.request.kind.kind,
          ...(ask.request.namespace === undefined ? {} : { namespace: ask.request.namespace }),
          name: ask.request.name ?? "",
        },
      };

/** A node of a tree may be all of it. */
const longestNode = 400;

function nodeText(value: JsonValue | undefined): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return visibleLine(text.length > longestNode ? `${text.slice(0, longestNode)}…` : text);
}

export function renderReplayed(one: ReplayedRecord): string {
  const { file, ask, allowed, recorded, difference, changes } = one;
  const head = `${visibleLine(file)}: ${visibleLine(askText(ask))}: `;
  const lines = [
    ...(difference === undefined ? [] : differenceLines(difference)),
    ...(changes !== undefined
      ? changeLines(one, changes)
      : difference === undefined
        ? [`the same decision, ${verdictWord(ask, allowed)}`]
        : []),
  ];
  const made = `  recorded ${recorded.at} by sallyport ${visibleLine(recorded.version)}, ${signatureText(one)}`;
  return `${head}${[...lines, made, ...(one.signedBy === undefined ? madeOfLines(one) : [])].join("\n")}\n`;
}

/** Nobody vouches for the record: whether it is the decision of that day is for its reader to compare. */
const madeOfLines = ({ madeOf, recorded }: ReplayedRecord): readonly string[] => [
  `  by policies and settings ${madeOf.policies}`,
  `  with trust mode ${madeOf.trustMode}, ${counted(madeOf.aliases, "alias", "aliases")}, as of ${recorded.at}`,
  `  from ${madeOf.contentId === undefined ? "a source without a content id" : `mirror ${madeOf.contentId}`}`,
];

const differenceLines = ({ at, left, right }: Difference): readonly string[] => [
  `another decision than was recorded, first at ${visibleLine(at)}`,
  `  recorded: ${nodeText(left)}`,
  `  replayed: ${nodeText(right)}`,
];

const signatureText = ({ signedBy, isSigned }: ReplayedRecord): string =>
  signedBy !== undefined
    ? `signed by ${shortDigest(signedBy)}`
    : isSigned
      ? "signed, which nobody verified: give --key FILE"
      : "not signed";

function changeLines(one: ReplayedRecord, { answers, trust, distrust }: StoreChanges): readonly string[] {
  const { ask, allowed, recorded, difference } = one;
  const verdict =
    difference !== undefined
      ? `  ${verdictWord(ask, allowed)} now`
      : allowed === recorded.allowed
        ? `${verdictWord(ask, allowed)} then and now`
        : `${verdictWord(ask, recorded.allowed)} then, ${verdictWord(ask, allowed)} now`;
  const changed = answers.length === 0 ? "every answer is as it was" : `${counted(answers.length, "answer")} changed`;
  return [
    `${verdict}; ${changed}`,
    ...trust.map(
      ({ name, then, now }) =>
        `  trusted root ${visibleLine(name)}: ${then === undefined ? "none" : shortDigest(then)} then, ` +
        `${now === undefined ? "none" : shortDigest(now)} now`,
    ),
    ...distrust.map(
      ({ kind, value, reason, distrusted }) =>
        `  ${distrusted === "now" ? "distrusted now" : "not distrusted any more"}: ${kind} ${visibleLine(value)}` +
        `${reason === undefined ? "" : ` (${visibleLine(reason)})`}`,
    ),
    ...answers.map(({ question, then, now }) => `  ${visibleLine(question)}: ${then} then, ${now} now`),
  ];
}

/** A member of the document `ReplayResult`. */
export const toReplayedJson = ({
  file,
  ask,
  allowed,
  recorded,
  isSigned,
  signedBy,
  madeOf,
  difference,
  changes,
}: ReplayedRecord) => ({
  file,
  ...askJson(ask),
  recorded,
  madeOf,
  allowed,
  same: difference === undefined,
  signature: { signed: isSigned, ...(signedBy === undefined ? {} : { key: signedBy }) },
  ...(difference === undefined
    ? {}
    : {
        difference: {
          at: difference.at,
          recorded: difference.left ?? null,
          replayed: difference.right ?? null,
        },
      }),
  ...(changes === undefined ? {} : { changes }),
});
