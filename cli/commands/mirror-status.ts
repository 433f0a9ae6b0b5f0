/** `sallyport mirror status`: what a mirror holds in numbers, how fresh it is, and who writes to it. */
import type { Command } from "commander";
import { later } from "../../core/verify/clock.ts";
import { EngineError } from "../../core/errors.ts";
import type { SeenArchive } from "../../proxy/mirror/import-state.ts";
import type { MirrorStatus, SnapshotStatus } from "../../proxy/mirror/mirror-status.ts";
import { readRecheck } from "../../proxy/state/read-recheck.ts";
import type { RecheckCounts } from "../../proxy/state/recheck-list.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addAtOption, type AtOptions, withTime } from "../input/at-flag.ts";
import { addLimitOptions } from "../input/limit-flags.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { readTrustSettings } from "../input/trust-flags.ts";
import { counted } from "../render/count.ts";
import { shortDigest } from "../render/digest.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { visible } from "../render/escape.ts";
import { toSizeText } from "../render/size.ts";
import { styleOf } from "../render/style.ts";
import { cutFront } from "../render/table.ts";
import { toUtcText } from "../render/time.ts";
import type { RootStatus } from "../render/trust.ts";
import { wrapText } from "../render/wrap.ts";
import { newestSigned, readRootStatuses } from "../health/root-status.ts";

const nameWidth = 14;

const utc = (at: string): string => (Number.isNaN(Date.parse(at)) ? visible(at) : toUtcText(new Date(at)));

const snapshotText = ({ sequence, created, from }: SnapshotStatus): string =>
  `${sequence}, made ${utc(created)}, from ${visible(from)}`;

function writerText({ writer }: MirrorStatus): string {
  if (writer === undefined) return "nobody";
  const { command, pid, host, since } = writer;
  if (pid === undefined || since === undefined) return "a process that did not say its name";
  return `${command === undefined ? "" : `${command}, `}process ${pid} on ${host ?? "?"}, since ${utc(since)}`;
}

function rootText({ name, state, at, roles }: RootStatus): string {
  const soonest = roles.toSorted((left, right) => left.expires.getTime() - right.expires.getTime())[0];
  const expiry =
    soonest === undefined ? `from ${toUtcText(at)}` : `${soonest.role} expires ${toUtcText(soonest.expires)}`;
  return `${name} ${state}, ${expiry}`;
}

interface Remembered {
  readonly recheck?: RecheckCounts;
  readonly recheckProblem?: string;
}

/** `state.db` is not part of the mirror. If it cannot be read, the status of the mirror is still shown. */
function readRemembered(folder: string, io: CommandIO): Remembered {
  try {
    return { recheck: readRecheck(folder, io.limits).counts };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { recheckProblem: `${error.message} [${error.code}]` };
  }
}

function recheckText({ recheck, recheckProblem }: Remembered): string {
  if (recheck === undefined) return `the list cannot be read: ${recheckProblem ?? ""}`;
  const { unknown, refuted } = recheck;
  if (unknown + refuted === 0) return "nothing was let in undecided";
  return `let in undecided: ${unknown} still are, ${refuted} refuted since; see mirror recheck`;
}

const archiveText = ({ sequence, created, at }: SeenArchive): string =>
  `archive ${sequence}, made ${utc(created)}, imported ${utc(at)}`;

/** What a rejected key brought last is here, and no longer counts: both are said. */
function importRows({ lastImport, rejectedImport }: MirrorStatus): readonly [string, string][] {
  const last = lastImport === undefined ? undefined : archiveText(lastImport);
  if (rejectedImport === undefined) return [["last import", last ?? "none"]];
  const rejected = "its key was rejected: what it brought stays until a full archive comes";
  return [
    ["last import", `${archiveText(rejectedImport)}; ${rejected}`],
    ...(last === undefined ? [] : [["before it", last] satisfies [string, string]]),
  ];
}

function lines(
  status: MirrorStatus,
  contentId: string,
  roots: readonly RootStatus[],
  remembered: Remembered,
  io: CommandIO,
) {
  const { answers, blobs, layers, claims, lastRun, acceptedKeys, checkpoints } = status;
  const style = styleOf(io);
  const rows: [string, string][] = [
    ["content id", shortDigest(contentId)],
    ...(status.snapshot === undefined ? [] : [["snapshot", snapshotText(status.snapshot)] satisfies [string, string]]),
    ["schema", String(status.schema)],
    ...Object.entries(answers).map(([kind, { present, absent }]): [string, string] => [
      kind,
      `${present}${absent === 0 ? "" : `, and ${absent} known to be absent`}`,
    ]),
    ["blobs", String(blobs)],
    [
      "layers",
      layers.count === 0
        ? "none: it decides, but cannot start containers"
        : `${layers.count}, ${toSizeText(layers.bytes)}`,
    ],
    ["database", `${toSizeText(status.databaseBytes)}, ${toSizeText(status.diskFreeBytes)} free on its disk`],
    [
      "complete",
      [
        counted(claims.host, "host"),
        counted(claims.repository, "repository", "repositories"),
        counted(claims.image, "image"),
      ].join(", "),
    ],
    ["pins", String(status.pins)],
    ["distrusted", String(status.distrusted)],
    ...importRows(status),
    ...acceptedKeys.map(({ fingerprint }): [string, string] => ["archives by", fingerprint]),
    ["last run", lastRun === undefined ? "none" : `${lastRun.kind}, ended ${utc(lastRun.ended)}`],
    ...roots.map((root): [string, string] => ["trust", rootText(root)]),
    ...checkpoints.map(({ origin, size, at }): [string, string] => [
      "checkpoint",
      `${cutFront(origin, 30, style)}, ${size} entries, ${utc(at)}`,
    ]),
    ["re-check", recheckText(remembered)],
    ["writer", writerText(status)],
  ];
  return rows
    .flatMap(([name, text]) =>
      wrapText(style.text(text), { width: style.width, first: name.padEnd(nameWidth), rest: " ".repeat(nameWidth) }),
    )
    .map((line) => `${line}\n`)
    .join("");
}

type StatusOptions = StoreOptions & OutputOptions & AtOptions;

function status(options: StatusOptions, given: CommandIO): ExitCode {
  const io = withTime(options, given);
  const { output } = options;
  return withMirror(options, io, "read", (mirror) => {
    const found = mirror.status();
    const contentId = mirror.contentId();
    const settings = readTrustSettings({}, io, mirror.knowledge().tufRoots());
    const now = io.now();
    const roots = readRootStatuses(mirror, settings, later(now, newestSigned(mirror, options)) ?? now);
    const remembered = readRemembered(mirror.folder, io);
    if (isDocumentFormat(output)) {
      const trust = roots.map(({ name, state, at, roles }) => ({
        name,
        state,
        at: at.toISOString(),
        roles: roles.map(({ role, version, expires }) => ({ role, version, expires: expires.toISOString() })),
      }));
      io.out(renderDocument("MirrorStatus", { contentId, ...found, ...remembered, trust }, output));
    } else io.out(lines(found, contentId, roots, remembered, io));
    return 0;
  });
}

/** `command` is `mirror status`. */
export function defineMirrorStatus(command: Command, { io, finish }: Shell): void {
  addAtOption(addStoreOption(addLimitOptions(command)))
    .addOption(outputOption())
    .action((options: StatusOptions) => finish(status(options, io)));
}
