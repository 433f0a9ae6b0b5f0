/**
 * `sallyport mirror distrust`: the mirror's list of keys, images and other things that are never accepted, even with a
 * valid signature. Source: docs/spec/offline.md#distrust.
 */
import { type Command, Option } from "commander";
import { EngineError } from "../../core/errors.ts";
import type { DistrustRow } from "../../core/knowledge/knowledge.ts";
import { distrustKinds } from "../../core/knowledge/knowledge.ts";
import { readDistrust } from "../../core/trust/distrust.ts";
import type { DistrustEntry } from "../../proxy/mirror/distrust-entry.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { readDistrustFile } from "../input/distrust-file.ts";
import { distrustNote, readDistrustValue } from "../input/distrust-value.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { cutEnd, renderColumns } from "../render/table.ts";
import { shortDigest, withShortDigests } from "../render/digest.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { usage } from "../input/given-file.ts";
import { note } from "../render/say.ts";
import { styleOf } from "../render/style.ts";

interface AddOptions extends StoreOptions, OutputOptions {
  readonly file?: string;
  readonly reason?: string;
  readonly date?: string;
}

/** The entry that the arguments name. It needs a reason, so that a later reader of the list knows why. */
function toRows(kind: string | undefined, value: string | undefined, options: AddOptions, io: CommandIO) {
  if (options.file !== undefined) {
    if (kind !== undefined || options.reason !== undefined || options.date !== undefined)
      throw usage("name an entry, or give a file; the entries of a file have their own reasons and dates", "--file");
    return readDistrustFile(options.file, io);
  }
  if (kind === undefined || value === undefined)
    throw usage("nothing to distrust: name a kind and a value, or give --file FILE", "KIND");
  if (!isKind(kind)) throw usage(`the kind of an entry is one of ${distrustKinds.join(", ")}`, kind);
  if (options.reason === undefined) throw usage("an entry needs a reason: give --reason TEXT", "--reason");
  const { reason, date = io.now().toISOString().slice(0, "2026-01-01".length) } = options;
  return readRows(kind, value, { reason, date }, io);
}

const isKind = (text: string): boolean => (distrustKinds as readonly string[]).includes(text);

/** The one entry of a kind and a value. @throws EngineError `invalid-usage` */
function readRows(kind: string, value: string, more: Readonly<Record<string, string>>, io: CommandIO) {
  const found = readDistrustValue(kind, value, io);
  try {
    return readDistrust({ distrust: [{ [kind]: found, ...more }] });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("invalid-usage", error.message, { subject: `${kind} ${value}`, cause: error });
  }
}

const words = ({ kind, value }: DistrustRow, io: CommandIO): string => styleOf(io).text(`${kind} ${value}`);

function add(kind: string | undefined, value: string | undefined, options: AddOptions, io: CommandIO): ExitCode {
  const rows = toRows(kind, value, options, io);
  const origin = { at: io.now().toISOString(), from: options.file ?? "mirror distrust add" };
  const { output } = options;
  const { ellipsis } = styleOf(io);
  withMirror(options, io, "write", (mirror) => {
    const before = new Set<string>(entriesOf(mirror).map(({ digest }) => digest));
    const entries = mirror.writer().transaction(() =>
      rows.map((row) => {
        const digest = mirror.writer().addDistrust(row, origin);
        return { digest, row, isNew: !before.has(digest) };
      }),
    );
    const pins = mirror.knowledge().pins();
    if (isDocumentFormat(output)) {
      const shown = entries.map(({ digest, row, isNew }) => ({ digest, ...row, added: isNew }));
      io.out(renderDocument("DistrustAddition", { entries: shown }, output));
    } else
      for (const { digest, row, isNew } of entries)
        io.out(`${isNew ? "added" : "exists"} ${withShortDigests(digest, ellipsis)} ${words(row, io)}\n`);
    for (const text of rows.flatMap((row) => distrustNote(row, pins, io.limits) ?? [])) note(text, io);
  });
  return 0;
}

const toEntryJson = ({ digest, row, at, from }: DistrustEntry) => ({ digest, ...row, at, from });

const entriesOf = (mirror: Mirror): readonly DistrustEntry[] => mirror.knowledge().distrustEntries();

interface ListOptions extends StoreOptions {
  readonly output: "text" | "json" | "yaml" | "wide";
  readonly headers: boolean;
}

function list(options: ListOptions, io: CommandIO): ExitCode {
  const entries = withMirror(options, io, "read", entriesOf);
  if (isDocumentFormat(options.output)) {
    io.out(renderDocument("DistrustList", { entries: entries.map(toEntryJson) }, options.output));
    return 0;
  }
  const wide = options.output === "wide";
  const style = styleOf(io);
  const rows = entries.map(({ digest, row: { kind, value, reason = "-", date = "-" }, at, from }) =>
    wide
      ? [digest, kind, value, date, at, from, reason].map(style.text)
      : [
          shortDigest(digest),
          kind,
          cutEnd(withShortDigests(value, style.ellipsis), 24, style),
          date.slice(0, "2026-01-01".length),
          cutEnd(reason, 16, style),
        ],
  );
  const head = ["ENTRY", "KIND", "VALUE", "DATE", ...(wide ? ["ADDED", "FROM"] : []), "REASON"];
  io.out(renderColumns(head, rows, { headers: options.headers }));
  return 0;
}

interface RemoveOptions extends StoreOptions, OutputOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly confirm?: boolean;
  readonly dryRun?: boolean;
}

/** The entry with this digest or prefix of a digest. @throws EngineError `invalid-usage` */
function findEntry(entries: readonly DistrustEntry[], text: string): DistrustEntry {
  const wanted = text.replace(/^sha256:/, "");
  const found = /^[0-9a-f]{6,64}$/.test(wanted)
    ? entries.filter(({ digest }) => digest.slice("sha256:".length).startsWith(wanted))
    : [];
  const [entry, ...others] = found;
  if (entry === undefined) throw usage("no entry has this digest; mirror distrust ls shows them", text);
  if (others.length > 0) throw usage(`${found.length} entries begin with this; give more of the digest`, text);
  return entry;
}

/**
 * The entries that the arguments name: a kind and its value, whatever their reasons, or digests.
 * @throws EngineError `invalid-usage`
 */
function findEntries(
  entries: readonly DistrustEntry[],
  texts: readonly string[],
  io: CommandIO,
): readonly DistrustEntry[] {
  const [kind = "", value, ...more] = texts;
  if (!isKind(kind)) return [...new Set(texts.map((text) => findEntry(entries, text)))];
  if (value === undefined || more.length > 0) throw usage("name a kind and one value, or digests of entries", kind);
  const [wanted] = readRows(kind, value, {}, io);
  const found = entries.filter(({ row }) => row.kind === wanted?.kind && row.value === wanted.value);
  if (found.length === 0) throw usage("no entry has this value; mirror distrust ls shows them", `${kind} ${value}`);
  return found;
}

function remove(texts: readonly string[], options: RemoveOptions, io: CommandIO): ExitCode {
  const isAgreed = options.yes === true || options.confirm === true;
  return withMirror(options, io, options.dryRun === true || !isAgreed ? "read" : "write", (mirror) => {
    const entries = findEntries(entriesOf(mirror), texts, io);
    const removed = entries.map(toEntryJson);
    const show = (verb: string): ExitCode => {
      const members = { dryRun: options.dryRun === true, removed };
      if (isDocumentFormat(options.output)) io.out(renderDocument("DistrustRemoval", members, options.output));
      else
        for (const { digest, row } of entries)
          io.out(`${verb} ${withShortDigests(digest, styleOf(io).ellipsis)} ${words(row, io)}\n`);
      return 0;
    };
    if (options.dryRun === true) return show("would remove");
    if (!isAgreed)
      throw usage("removing these entries lets their content be trusted again; confirm with --yes", texts.join(", "));
    const at = io.now().toISOString();
    mirror.writer().transaction(() => {
      for (const { digest } of entries) mirror.writer().removeDistrust(digest);
      mirror.log.addRun({
        kind: "distrust rm",
        started: at,
        ended: at,
        from: "mirror distrust rm",
        summary: {
          removed,
          ...(options.reason === undefined ? {} : { reason: options.reason }),
        },
      });
    });
    return show("removed");
  });
}

const examples = `
Examples:
  sallyport mirror distrust add identity 'https://github.com/acme/*' \\
    --reason 'the organisation was taken over'
  sallyport mirror distrust add --file distrust.yaml
  sallyport mirror distrust add key cosign.pub --reason 'laptop lost'
  sallyport mirror distrust rm 3f2a91c04b7d --yes
  sallyport mirror distrust rm key cosign.pub --yes
`;

/** `command` is `mirror distrust`. */
export function defineDistrust(command: Command, { io, finish }: Shell): void {
  command.addHelpText("after", examples);
  addStoreOption(
    command
      .command("add")
      .description("add an entry, or the entries of a file")
      .argument("[kind]", distrustKinds.join(", "))
      .argument(
        "[value]",
        "a digest, fingerprint, log id or identity with wildcards, or the PEM file of a key or certificate",
      ),
  )
    .option("--reason <text>", "why it is distrusted")
    .option("--date <date>", "since when it is distrusted (default: today)")
    .option("-f, --file <file>", "a distrust list in the format of --distrust")
    .addOption(outputOption())
    .action((kind: string | undefined, value: string | undefined, options: AddOptions) =>
      finish(add(kind, value, options, io)),
    );
  addStoreOption(command.command("ls").description("list the entries"))
    .addOption(outputOption("wide"))
    .option("--no-headers", "omit the header line")
    .action((options: ListOptions) => finish(list(options, io)));
  addStoreOption(
    command
      .command("rm")
      .description("remove entries; the mirror's record of runs still shows them")
      .argument("<entry...>", "digests of entries or prefixes of them, or a KIND and its VALUE"),
  )
    .option("--reason <text>", "why they are removed, recorded with the run")
    .option("--dry-run", "show what would be removed")
    .option("--yes", "remove")
    .addOption(new Option("--confirm", "as --yes").hideHelp())
    .addOption(outputOption())
    .action((texts: readonly string[], options: RemoveOptions) => finish(remove(texts, options, io)));
}
