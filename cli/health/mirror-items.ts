/**
 * How fresh and how whole a mirror is: what `mirror status` and `trust status` find, as one list with what is left of
 * each budget. Source: docs/spec/command-line.md#status-and-doctor, docs/spec/offline.md#age-budgets.
 */
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { parseCheckpoint } from "../../core/tlog/checkpoint.ts";
import type { TransparencyLogKey } from "../../core/tlog/transparency-log-key.ts";
import { judgeAge } from "../../core/trust/age-budget.ts";
import type { FreshnessBudgets } from "../../core/trust/budgets.ts";
import { ageOf, judgeMirrorAge } from "../../core/trust/mirror-age.ts";
import { newestCheckpointTime } from "../../core/verify/checkpoint-age.ts";
import { clockWarning, later } from "../../core/verify/clock.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { lastTrustUpdate } from "../../proxy/mirror/last-trust-update.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { MirrorStatus, SnapshotStatus } from "../../proxy/mirror/mirror-status.ts";
import { counted } from "../render/count.ts";
import { toSizeText } from "../render/size.ts";
import { toSpanText, toTimeText, toUtcText } from "../render/time.ts";
import type { RootStatus } from "../render/trust.ts";
import { type Item, levelOf, withStore } from "./item.ts";

export interface MirrorToJudge {
  readonly mirror: Mirror;
  readonly roots: readonly RootStatus[];
  /** The logs of the trusted roots that can be used. */
  readonly logs: readonly TransparencyLogKey[];
  readonly budgets: FreshnessBudgets;
  readonly now: Date;
  /** The newest signed time, before which the clock cannot be. */
  readonly signed: Date | undefined;
}

const commands = {
  sync: "sallyport mirror sync --store STORE -f LIST",
  archive: "sallyport import --store STORE FILE",
  update: "sallyport trust update --store STORE",
  trust: "sallyport trust import --store STORE FOLDER",
  clean: "sallyport mirror gc --store STORE",
} as const;

const publish =
  "sallyport mirror sync --store MIRROR -f LIST && sallyport snapshot push PLACE --store MIRROR --key KEY";

/** Of each kind of thing, in the order in which people look at them. */
export function mirrorItems(judged: MirrorToJudge & { readonly status: MirrorStatus }): readonly Item[] {
  const { mirror, status, now, signed } = judged;
  return [
    clockItem(now, signed),
    ...(status.snapshot === undefined ? [] : [snapshotItem(status.snapshot, now)]),
    ...agingItems(judged),
    ...runItems(mirror, now),
    ...updateItems(mirror, now),
    diskItem(status, mirror.folder),
  ];
}

/** What grows old: the mirror, its trusted roots, and the checkpoints of logs. */
export function agingItems(judged: MirrorToJudge): readonly Item[] {
  const { mirror, roots, now, signed, budgets } = judged;
  const state = mirror.knowledge().state();
  // As decisions judge it: a clock set back makes nothing fresher.
  const at = later(now, signed) ?? now;
  const lastKind = mirror.log.datedRuns()[0]?.kind === "import" ? "archive" : "sync";
  const source = state.mirrored?.by ?? lastKind;
  const fixOf = (command: string): string => withStore(command, mirror.folder);
  // A snapshot is not written here: a newer one of the same place mends it.
  const { currentSnapshot } = mirror;
  const pull = currentSnapshot && fixOf(`sallyport snapshot pull ${currentSnapshot.from} --store STORE`);
  const fixOfTrust = pull ?? fixOf(source === "archive" ? commands.trust : commands.update);
  return [
    mirrorItem(judged, at, {
      fix: pull ?? fixOf(commands[source]),
      // The copy has no age either.
      undated: currentSnapshot === undefined ? undefined : publish.replace("PLACE", currentSnapshot.from),
    }),
    ...trustItems(roots, budgets, at, fixOfTrust),
    ...checkpointItems(judged, state.checkpoints ?? [], at, pull ?? fixOf(commands[source])),
  ];
}

function clockItem(now: Date, newest: Date | undefined): Item {
  const name = "clock";
  const warning = clockWarning(now, newest);
  if (warning !== undefined)
    return {
      name,
      state: "warning",
      code: "clock-behind",
      text: `the clock says ${toUtcText(now)}, but ${toUtcText(newest ?? now)} was signed already`,
      ...(newest === undefined ? {} : { at: newest }),
      fix: "date -u",
    };
  return newest === undefined
    ? { name, state: "ok", text: "no signed time was seen to compare it with" }
    : { name, state: "ok", text: `not behind the newest signed time, ${toUtcText(newest)}`, at: newest };
}

const snapshotItem = ({ sequence, created, from }: SnapshotStatus, now: Date): Item => ({
  name: "snapshot",
  state: "ok",
  at: new Date(created),
  text: `${sequence}, made ${toTimeText(new Date(created), now)}, from ${from}`,
});

const made = { archive: "its last archive", sync: "its last complete sync" } as const;

/** `undated`: what helps a snapshot whose publisher's mirror has no age. */
function mirrorItem(
  { mirror, budgets: { maxMirrorAge } }: MirrorToJudge,
  now: Date,
  { fix, undated }: { readonly fix: string; readonly undated: string | undefined },
): Item {
  const name = "mirror";
  const mirrored = mirror.knowledge().state().mirrored ?? {};
  const { at, by } = mirrored;
  const { error, warning, age } = judgeMirrorAge(mirrored, { now, budget: maxMirrorAge });
  if (at === undefined || age === undefined) {
    const undatedFix = at === undefined ? (undated ?? fix) : fix;
    const text =
      at === undefined
        ? `its age is not known: ${undated === undefined ? "" : "where it was made, "}` +
          "no archive of Sallyport was imported, no sync was complete"
        : `its time ${toUtcText(at)} is yet to come: the clock was changed`;
    return { name, state: error === undefined ? "warning" : "stale", text, fix: undatedFix, ...coded(error) };
  }
  const { warn, deny } = maxMirrorAge;
  const end = deny ?? warn;
  const until = end === undefined ? {} : { until: new Date(at.getTime() + end) };
  const text = `as of ${toTimeText(at, now)}${by === undefined ? "" : `, ${made[by]}`}`;
  const common = { name, at, ...until };
  if (error !== undefined) return { ...common, state: "stale", text, fix, ...coded(error) };
  const left = deny === undefined ? Number.POSITIVE_INFINITY : deny - age;
  const level = levelOf(left, deny);
  const state = warning !== undefined && level === "ok" ? "warning" : level;
  return { ...common, state, text: `${text}; ${leftText(deny, warn, age)}`, ...(state === "ok" ? {} : { fix }) };
}

function leftText(deny: number | undefined, warn: number | undefined, age: number): string {
  if (deny !== undefined) return `stale in ${toSpanText((deny - age) / 1000)}`;
  if (warn === undefined) return "no budget";
  return age < warn ? `warns in ${toSpanText((warn - age) / 1000)}` : "older than the budget that warns";
}

const coded = (error: EngineError | undefined) => (error === undefined ? {} : { code: error.code });

function trustItems(roots: readonly RootStatus[], budgets: FreshnessBudgets, now: Date, fix: string): readonly Item[] {
  if (roots.length === 0)
    return [{ name: "trust", state: "warning", text: "no trusted root: keyless signatures need one", fix }];
  return roots.map((root) => trustItem(root, budgets, now, fix));
}

function trustItem(root: RootStatus, { told, maxTrustAge }: FreshnessBudgets, now: Date, fix: string): Item {
  const { name: subject, state, remark, at, roles } = root;
  const common = { name: "trust", subject, at };
  const first = roles.toSorted((left, right) => left.expires.getTime() - right.expires.getTime())[0];
  if (state === "broken")
    return { ...common, state: "failed", code: "no-trust", text: remark ?? "does not verify", fix };
  if (state === "pinned" || first === undefined || told.mode === "pin")
    return { ...common, state: "ok", text: `pinned since ${toTimeText(at, now)}; it has no expiry` };
  const end = new Date(first.expires.getTime() + (told.mode === "enforce" ? 0 : (maxTrustAge.deny ?? 0)));
  const isExpired = first.expires <= now;
  const expiry = `${first.role} ${isExpired ? "expired" : "expires"} ${toTimeText(first.expires, now)}`;
  const left = end.getTime() - now.getTime();
  if (state === "stale") return { ...common, until: end, state: "stale", code: "stale", text: expiry, fix };
  const level = levelOf(left);
  const shown = remark !== undefined && isExpired && level === "ok" && isWarned(first.expires, maxTrustAge.warn, now);
  const text = isExpired || told.mode === "enforce" ? `${expiry}; stale in ${toSpanText(left / 1000)}` : expiry;
  return { ...common, until: end, state: shown ? "warning" : level, text, ...(shown || level !== "ok" ? { fix } : {}) };
}

const isWarned = (expires: Date, warn: number | undefined, now: Date): boolean =>
  warn !== undefined && now.getTime() - expires.getTime() >= warn;

/** Every checkpoint in the mirror, and the time that its log signed, where the log is one of a trusted root. */
function checkpointItems(
  { mirror, logs, budgets: { maxCheckpointAge } }: MirrorToJudge,
  notes: readonly string[],
  now: Date,
  fix: string,
): readonly Item[] {
  return notes.map((note): Item => {
    const { origin, treeSize } = originOf(note, mirror.limits);
    const common = { name: "checkpoint", subject: origin };
    const times = logs.flatMap(
      (log) => newestCheckpointTime(log, [note], { verifier: nodeVerifier, limits: mirror.limits }) ?? [],
    );
    const at = times[0];
    const entries = `${treeSize} entries`;
    const state = judgeAge(ageOf(at, now), maxCheckpointAge);
    const stale = state === "stale" ? ({ state, code: "stale", fix } as const) : undefined;
    if (at === undefined)
      return { ...common, ...(stale ?? { state: "ok" }), text: `${entries}, no signed time of a trusted log` };
    const { deny } = maxCheckpointAge;
    const text = `${entries}, of ${toTimeText(at, now)}`;
    const dated = { ...common, at, text, ...(deny === undefined ? {} : { until: new Date(at.getTime() + deny) }) };
    if (stale !== undefined) return { ...dated, ...stale };
    const level = deny === undefined ? "ok" : levelOf(at.getTime() + deny - now.getTime(), deny);
    const shown = state === "old" && level === "ok" ? "warning" : level;
    return { ...dated, state: shown, ...(shown === "ok" ? {} : { fix }) };
  });
}

function originOf(note: string, limits: Limits): { readonly origin: string; readonly treeSize: bigint | string } {
  try {
    return parseCheckpoint(note, limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { origin: "a checkpoint that cannot be read", treeSize: "no" };
  }
}

/** The last import and the last sync, whole or not. */
function runItems({ log, imports, folder: store }: Mirror, now: Date): readonly Item[] {
  const runs = log.datedRuns();
  const rejected = imports.seen().rejected?.statement;
  return (["import", "mirror sync"] as const).flatMap((kind): readonly Item[] => {
    const run = runs.find((one) => one.kind === kind);
    if (run === undefined) return [];
    const name = kind === "import" ? "last import" : "last sync";
    const at = new Date(run.ended);
    const summary = isObject(run.summary) ? run.summary : {};
    const missing = [
      ...(Array.isArray(summary.outages) && summary.outages.length > 0
        ? [`${counted(summary.outages.length, "host")} could not be asked`]
        : []),
      ...(typeof summary.failed === "number" && summary.failed > 0
        ? [`${counted(summary.failed, "image")} failed`]
        : []),
      ...(summary.stopped === true ? ["it was stopped"] : []),
    ];
    const isRejected = rejected !== undefined && summary.statement === rejected;
    if (isRejected) missing.push("its key was rejected since, and what it brought stays until a full archive comes");
    const when = Number.isNaN(at.getTime()) ? run.ended : `ended ${toTimeText(at, now)}`;
    const from = kind === "import" ? `, ${run.from}` : "";
    const common = { name, ...(Number.isNaN(at.getTime()) ? {} : { at }) };
    if (missing.length === 0) return [{ ...common, state: "ok", text: `${when}${from}` }];
    const fix = withStore(isRejected ? commands.archive : commands.sync, store);
    return [{ ...common, state: "warning", text: `${when}${from}; ${missing.join(", ")}`, fix }];
  });
}

/** The last update of a trusted root, where it brought nothing: what is there grows old. */
function updateItems(mirror: Mirror, now: Date): readonly Item[] {
  const last = lastTrustUpdate(mirror);
  if (last?.failed === undefined) return [];
  const at = new Date(last.ended);
  const text = `nothing since ${toTimeText(at, now)}, from ${last.from}: ${last.error} [${last.failed}]`;
  return [{ name: "trust update", state: "warning", at, text, fix: withStore(commands.update, mirror.folder) }];
}

const gib = 2 ** 30;

function diskItem({ diskFreeBytes, diskBytes, databaseBytes }: MirrorStatus, store: string): Item {
  const share = diskFreeBytes / Math.max(1, diskBytes);
  const text =
    `${toSizeText(diskFreeBytes)} free of ${toSizeText(diskBytes)} (${Math.floor(share * 100)} %); ` +
    `the database takes ${toSizeText(databaseBytes)}`;
  // A sync or an import of a whole mirror needs as much again while it runs.
  const state =
    share < 0.02 || diskFreeBytes < databaseBytes / 4
      ? "critical"
      : share < 0.1 || diskFreeBytes < Math.min(gib, databaseBytes)
        ? "warning"
        : "ok";
  return { name: "disk", state, text, ...(state === "ok" ? {} : { fix: withStore(commands.clean, store) }) };
}
