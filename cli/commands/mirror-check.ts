/**
 * `sallyport mirror check`: reads everything, names each damaged row and what mends it, and removes them when told to.
 * Source: docs/spec/offline.md#damage.
 */
import type { Command } from "commander";
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Damage } from "../../proxy/mirror/damage.ts";
import { mirroredOf } from "../../proxy/mirror/dated-runs.ts";
import type { SeenArchive } from "../../proxy/mirror/import-state.ts";
import type { Inspection } from "../../proxy/mirror/inspect-mirror.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { Run } from "../../proxy/mirror/run-log.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { usage } from "../input/given-file.ts";
import { addLimitOptions } from "../input/limit-flags.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { type Filled, mendingCommands } from "../render/mend.ts";
import { tellFix } from "../render/problem.ts";
import { say, tellAnswer } from "../render/say.ts";
import { quiet, reportUnread } from "../render/unread.ts";

interface CheckOptions extends StoreOptions, OutputOptions {
  readonly removeDamaged?: boolean;
  readonly yes?: boolean;
}

function check(options: CheckOptions, io: CommandIO): ExitCode {
  const removes = options.removeDamaged === true && options.yes === true;
  if (options.yes === true && !removes) throw usage("there is nothing to confirm without --remove-damaged", "--yes");
  if (options.removeDamaged === true && !removes)
    throw usage(
      "removed rows must be added again, entries of the distrust list too: confirm with --yes",
      "--remove-damaged",
    );
  return withMirror(options, io, removes ? "write" : "read", (mirror) => {
    const found = mirror.inspect(nodeVerifier);
    // Before rows are removed, which say what rests on them.
    const needing = unlessDamaged(() => mirror.imagesThatNeed(found.damage)) ?? new Map();
    const { removed, left } = removes ? removeAll(mirror, found, io) : { removed: [], left: found };
    return report(mirror, left, { removed, needing }, options, io);
  });
}

/** A row that refers to a removed one is damaged, too, and is found by the next look. */
const rounds = 4;

function removeAll(mirror: Mirror, found: Inspection, io: CommandIO) {
  const removed: Damage[] = [];
  let left = found;
  for (let round = 0; round < rounds && left.damage.length > 0; round++) {
    const gone = mirror.writer().removeDamage(left.damage);
    if (gone.length === 0) break;
    removed.push(...gone);
    left = mirror.inspect(nodeVerifier);
  }
  const at = io.now().toISOString();
  if (removed.length > 0)
    mirror.log.addRun({
      kind: "check",
      started: at,
      ended: at,
      from: "mirror check --remove-damaged",
      summary: { removed: removed.map(({ table, key }) => [table, ...key]) },
    });
  return { removed, left };
}

/** What is damaged says nothing here, and is named like all other damage. */
function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return undefined;
  }
}

/** A snapshot is what its folder says; else the last sync, or import of an archive of this program, counts. */
function filledBy(mirror: Mirror): Filled {
  const { currentSnapshot } = mirror;
  if (currentSnapshot !== undefined) return { by: "snapshot", from: currentSnapshot.from };
  const runs = unlessDamaged(() => mirror.log.datedRuns()) ?? [];
  const { by } = mirroredOf(runs);
  if (by !== "archive") return { by: by ?? "layout" };
  return { by, full: lastFull(runs, unlessDamaged(() => mirror.imports.seen())?.last) };
}

/** The files of the last archive if it is a full one, as words of a command. */
function lastFull(runs: readonly Run[], last: SeenArchive | undefined): string | undefined {
  const run = runs.find(
    ({ summary }) => isObject(summary) && last !== undefined && summary.statement === last.statement,
  );
  const isFull = run !== undefined && isObject(run.summary) && run.summary.archive === "full";
  return isFull && /^[\w./:+-]+(, [\w./:+-]+)*$/.test(run.from) ? run.from.replaceAll(", ", " ") : undefined;
}

type Needing = ReadonlyMap<Damage, readonly string[]>;

/** Images that a row's document names, and a command for a sync. */
const mostNamed = 20;
const mostToSync = 5;

/** Two names say which they are; the document has more. */
function neededBy(images: readonly string[] = []): string {
  if (images.length === 0) return "";
  const [one = "", two, ...more] = images;
  const others = more.length === 0 ? "" : ` and ${counted(more.length, "other image")}`;
  return `\n  needed by ${one}${two === undefined ? "" : `${others === "" ? " and" : ","} ${two}`}${others}`;
}

const place = ({ table, key }: Damage): string => [table, ...key].join(" ");

function report(
  mirror: Mirror,
  { damage, damaged, ...counts }: Inspection,
  { removed, needing }: { readonly removed: readonly Damage[]; readonly needing: Needing },
  { output }: CheckOptions,
  io: CommandIO,
): ExitCode {
  const contentId = mirror.contentId();
  const unread = damaged === 0 ? mirror.unread() : undefined;
  const filled = filledBy(mirror);
  const images = [...new Set([...needing.values()].flat())];
  // Few images are named to a sync themselves.
  const few = images.length > 0 && images.length <= mostToSync ? images : undefined;
  const withFix = (row: Damage) => {
    const needed = needing.get(row);
    const fix = mendingCommands(row.table, row.key, mirror.folder, filled).map((command) =>
      few === undefined || needed === undefined ? command : command.replace(" -f LIST", ` ${few.join(" ")}`),
    );
    const named = needed === undefined ? {} : { images: needed.slice(0, mostNamed), imageCount: needed.length };
    return { ...row, ...named, fix };
  };
  if (isDocumentFormat(output)) {
    const unreadable =
      unread === undefined ? {} : { unread: unread.unread, otherTypes: Object.fromEntries(unread.otherTypes) };
    const found = { damaged, damage: damage.map(withFix), removed: removed.map(withFix) };
    io.out(renderDocument("MirrorCheck", { contentId, counts, ...found, ...unreadable }, output));
  } else {
    const lines = Object.entries(counts).map(([name, value]) => `${name} ${String(value)}\n`);
    io.out(`content ${contentId}\n${lines.join("")}${damaged === 0 ? "nothing is damaged\n" : ""}`);
  }
  const to = isDocumentFormat(output) ? quiet(io) : io;
  for (const row of removed) tellAnswer(`removed ${place(row)}`, to);
  for (const row of damage) {
    const where = place(row);
    const who = where.includes(row.subject) ? "" : ` (${row.subject})`;
    say(`damage in ${where}${who}\n  ${row.reason}${neededBy(needing.get(row))}`, io);
  }
  if (damaged > damage.length) say(`damage in ${counted(damaged - damage.length, "other row")}`, io);
  // The same commands mend many rows.
  for (const fix of new Set([...damage, ...removed].map((row) => mendText(withFix(row).fix, removed.includes(row)))))
    if (fix !== "") tellFix(`fix for mirror-corrupt: ${fix}`, io);
  if (unread !== undefined) reportUnread(unread, to);
  return damaged > 0 ? 6 : 0;
}

function mendText(commands: readonly string[], isRemoved: boolean): string {
  const [first = "", ...rest] = isRemoved ? commands.slice(1) : commands;
  if (first === "") return "";
  const words = /--store NEW/.test(first)
    ? "fill a new folder"
    : /snapshot pull/.test(first)
      ? "bring it again"
      : isRemoved
        ? "add it again"
        : "remove what is damaged";
  return `${words}: \`${first}\`${rest.map((command) => `; then add it again: \`${command}\``).join("")}`;
}

const checkHelp = `
Exit codes: 0 no damage, or all of it was removed; 6 damage: each row is named by
  its table and key

Examples:
  sallyport mirror check --store mirror
  sallyport mirror check --store mirror -o json
  sallyport mirror check --store mirror --remove-damaged --yes
`;

/** `command` is `mirror check`. */
export function defineCheck(command: Command, { io, finish }: Shell): void {
  addStoreOption(addLimitOptions(command))
    .option("--remove-damaged", "remove damaged rows and layers: what they said is unknown until it is added again")
    .option("--yes", "confirm the removal")
    .addOption(outputOption())
    .addHelpText("after", checkHelp)
    .action((options: CheckOptions) => finish(check(options, io)));
}
