/**
 * What other tools carried, into the mirror: `sallyport mirror add`, and `sallyport import` where a file is not an
 * archive of `export`. Source: docs/spec/command-line.md#commands, docs/spec/sigstore.md#saved-layouts.
 */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import { type AddedLayout, addLayout } from "../../proxy/archive/add-layout.ts";
import {
  type ArchiveFormat,
  asLayout,
  type ForeignFormat,
  foreignFormats,
  ownFormat,
  recognise,
} from "../../proxy/archive/foreign-format.ts";
import { fileStart } from "../../proxy/crossing/archive-part.ts";
import { JoinedSource, seriesOf } from "../../proxy/archive/joined-source.ts";
import { openSource } from "../../proxy/archive/open-source.ts";
import type { LayoutSource } from "../../proxy/archive/layout-source.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { CommandIO, Shell } from "../command.ts";
import { type ExitCode, exitOf } from "../exit-code.ts";
import { addCompleteOption, type CompleteOptions, readComplete } from "../input/complete-flag.ts";
import type { Wanted } from "../input/given-file.ts";
import { parseLayoutFlag, reportSkippedEntries } from "../input/layouts.ts";
import { addLimitOptions } from "../input/limit-flags.ts";
import { asOtherKind } from "../input/other-kind.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { addStoreOption, type StoreOptions, withMirrorAsync } from "../input/store.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { visible, visibleLine } from "../render/escape.ts";
import { saidBy } from "../render/fix.ts";
import { toProblem, toProblemJson } from "../render/problem.ts";
import { say, tellAnswer } from "../render/say.ts";
import { quiet, reportUnread, type Voice } from "../render/unread.ts";

export interface AddOptions extends StoreOptions, CompleteOptions, OutputOptions {
  readonly withLayers?: boolean;
}

/** What was added of one file or folder. */
export interface Added {
  readonly layout: string;
  readonly format: ForeignFormat;
  readonly added: AddedLayout;
}

/** A layout that somebody else's tool wrote, as the command line names it: `FILE` or `NAME=FILE`. */
interface ForeignLayout {
  readonly flag: string;
  readonly source: LayoutSource;
  readonly format: ArchiveFormat;
  readonly folder: string;
}

/**
 * Opens what words of the command line name, and says what it is; several are the files of one archive. The caller
 * closes it.
 */
async function openForeign(
  flags: readonly string[],
  limits: Mirror["limits"],
  said?: ArchiveFormat,
): Promise<ForeignLayout> {
  const [flag = ""] = flags;
  const source = await openTogether(flags, limits);
  try {
    return { flag, source, ...recognise(source, limits, said) };
  } catch (error) {
    source.close();
    throw error;
  }
}

async function openTogether(flags: readonly string[], limits: Mirror["limits"]): Promise<LayoutSource> {
  const sources: LayoutSource[] = [];
  try {
    for (const flag of flags) sources.push(await openSource(parseLayoutFlag(flag).folder, limits));
    const [only] = sources;
    return only === undefined || sources.length > 1 ? new JoinedSource(sources) : only;
  } catch (error) {
    for (const source of sources) source.close();
    throw error;
  }
}

/** Words that may name the files of one archive of oc-mirror, together; the others one by one, in their order. */
function inSeries(flags: readonly string[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const flag of flags) {
    const key = seriesOf(flag) ?? flag;
    groups.set(key, [...(groups.get(key) ?? []), flag]);
  }
  return [...groups.values()];
}

const takenBy = (command: string): Wanted => ({ what: `what ${command} takes`, form: "layout" });

function addOpened(
  mirror: Mirror,
  { flag, source, format, folder }: ForeignLayout,
  { options, command, io }: Pick<Adding, "options" | "command" | "io">,
): Added {
  const { options: named, registry } = parseLayoutFlag(flag);
  const layout = source.name;
  if (format === ownFormat)
    throw asOtherKind(
      new EngineError("invalid-usage", "an archive of sallyport export, which is checked as a whole", {
        subject: layout,
        remedy: "own-archive",
      }),
      [layout],
      takenBy(command),
      { io, start: fileStart },
    );
  const added = addLayout(mirror, asLayout(source, { format, folder }, registry, mirror.limits), {
    // The name before an archive of oc-mirror is a registry, and no image.
    ...(format === "oc-mirror" ? {} : named),
    ...readComplete(options, `${command} ${flag}`),
    ...(options.withLayers === true ? { layers: true } : {}),
  });
  return { layout, format, added };
}

/** How the words of a command line are added. */
export interface Adding {
  readonly options: AddOptions & { readonly format?: ArchiveFormat };
  /** The command that says so, for claims of completeness. */
  readonly command: string;
  /** Those before this one: it is noted here. */
  readonly all: Added[];
  readonly io: CommandIO;
}

/** Adds what words of the command line name, and tells it. */
export async function addForeign(mirror: Mirror, words: readonly string[], adding: Adding): Promise<void> {
  for (const group of inSeries(words)) await addGroup(mirror, group, adding);
}

async function addGroup(mirror: Mirror, words: readonly string[], adding: Adding): Promise<void> {
  const { options, command, all, io } = adding;
  const opened = await openForeign(words, mirror.limits, options.format).catch((error: unknown) => {
    const paths = words.map((word) => parseLayoutFlag(word).folder);
    throw asOtherKind(error, paths, takenBy(command), { io, start: fileStart });
  });
  if (words.length > 1 && opened.format !== "oc-mirror") {
    opened.source.close();
    for (const word of words) await addGroup(mirror, [word], adding);
    return;
  }
  try {
    const added = addOpened(mirror, opened, adding);
    reportAdded(added, all, isDocumentFormat(options.output) ? quiet(io) : io);
    all.push(added);
  } finally {
    opened.source.close();
  }
}

/** 7 where something of it could not be taken. */
export const exitOfAdded = (all: readonly Added[]): ExitCode =>
  all.some(({ added: { missing, skipped, withheld } }) => missing.length + skipped.length + withheld.length > 0)
    ? 7
    : 0;

async function add(flags: readonly string[], options: AddOptions, io: CommandIO): Promise<ExitCode> {
  const { output } = options;
  const said = saidBy("mirror add", options, io.env);
  const all: Added[] = [];
  return withMirrorAsync(options, io, "write", async (mirror) => {
    try {
      await addForeign(mirror, flags, { options, command: "mirror add", all, io });
    } catch (error) {
      // The layouts before this one are in the mirror: the document says so.
      if (error instanceof EngineError && isDocumentFormat(output) && all.length > 0) {
        const failed = {
          exitCode: exitOf(error.code),
          error: toProblemJson(toProblem(error, { hasSource: true, said })),
        };
        io.out(renderDocument("MirrorAddition", { ...failed, layouts: all.map(toAddedJson) }, output));
      }
      throw error;
    }
    const members = { exitCode: exitOfAdded(all), layouts: all.map(toAddedJson) };
    if (isDocumentFormat(output)) io.out(renderDocument("MirrorAddition", members, output));
    return exitOfAdded(all);
  });
}

export const toAddedJson = ({ layout, format, added: { otherTypes, ...added } }: Added) => ({
  layout,
  format,
  lacks: foreignFormats[format].lacks,
  ...added,
  otherTypes: Object.fromEntries(otherTypes),
});

/** `before` are those that were reported: what a format cannot carry is said once. */
function reportAdded({ layout, format, added }: Added, before: readonly Added[], io: Voice): void {
  const folder = visibleLine(layout);
  for (const { repository, tag, digest } of added.images)
    tellAnswer(`copied ${visibleLine(repository)}${tag === undefined ? "" : `:${tag}`} ${digest}\n`, io);
  tellAnswer(
    `${folder}: ${counted(added.tags, "tag")}, ${counted(added.manifests, "manifest")}, ` +
      `${counted(added.blobs, "blob")}, ${counted(added.referrers, "referrer")}, ` +
      `${counted(added.layers, "image layer")} (${added.layersLeftOut} left out)\n`,
    io,
  );
  const { what, lacks } = foreignFormats[format];
  if (!before.some((other) => other.format === format)) tellAnswer(`${what} does not carry ${lacks}\n`, io);
  if (added.tags === 0 && added.manifests > 0)
    tellAnswer(`${folder}: no tag: its images are known by digest only; IMAGE:TAG=LAYOUT names one\n`, io);
  for (const { scope } of added.complete) tellAnswer(`${folder}: complete for ${scope}\n`, io);
  for (const { scope } of added.withheld)
    tellAnswer(`${folder}: not complete, ${scope}\n  content of it is missing or unreadable\n`, io);
  for (const { scope, at, from } of added.ended)
    tellAnswer(`${folder}: no longer complete, ${scope}\n  said as of ${at} by ${visible(from)}\n`, io);
  reportUnread(added, io);
  reportSkippedEntries(layout, [...added.skipped, ...added.plainBlobs], io);
  for (const digest of added.missing) say(`missing ${layout}: ${digest}`, io);
}

const addHelp = `
Takes what import takes, archives of sallyport export aside: those are checked
as a whole, by import. cosign save, docker save, skopeo, oras, crane, Hauler,
Zarf and oc-mirror, as a folder or as a tar archive, plain or compressed by
gzip or Zstandard.

Exit codes: 0 added, 2 wrong usage, 6 a damaged layout or mirror: nothing of it
  was added, 7 added in part: what is missing, skipped or unreadable is named,
  and nothing is said to be complete that lacks it
`;

/** `command` is `mirror add`. */
export function defineAdd(command: Command, { io, finish }: Shell): void {
  addCompleteOption(
    addStoreOption(
      addLimitOptions(command).argument(
        "<[image=]layout...>",
        "folders or tar archives; IMAGE names what one does not name, and is the registry for oc-mirror's",
      ),
    ),
  )
    .option("--with-layers", "copy image layers too (no decision reads them)")
    .addOption(outputOption())
    .addHelpText("after", addHelp)
    .action(async (layouts: readonly string[], options: AddOptions) => finish(await add(layouts, options, io)));
}
