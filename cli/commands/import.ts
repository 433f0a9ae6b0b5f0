/**
 * `sallyport import`: what crossed a gap, into the mirror. Archives of `export` are verified and taken whole or not at
 * all; those of other tools are added as `mirror add` does. Source: docs/spec/offline.md#crossing-the-gap,
 * docs/spec/archive.md, docs/spec/sigstore.md#saved-layouts.
 */
import { type Command, Option } from "commander";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import { EngineError } from "../../core/errors.ts";
import type { Alias } from "../../core/oci/aliases.ts";
import { type ArchiveFormat, foreignFormats, ownFormat } from "../../proxy/archive/foreign-format.ts";
import { type Acceptance, fileStart, isArchiveFile } from "../../proxy/crossing/archive-part.ts";
import { groupParts, openArchive } from "../../proxy/crossing/archive-reader.ts";
import {
  type ImportedArchive,
  importArchive,
  type ImportOptions,
  namedBy,
} from "../../proxy/crossing/import-archive.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import { type ExitCode, exitOf } from "../exit-code.ts";
import { addCompleteOption } from "../input/complete-flag.ts";
import { addAliasOptions, readAliases } from "../input/alias-flags.ts";
import type { AliasOptions } from "../input/aliases.ts";
import { asGiven, readPublicKey, usage } from "../input/given-file.ts";
import { readInitialRoots } from "../input/initial-roots.ts";
import { parseLayoutFlag } from "../input/layouts.ts";
import { addLimitOptions, readLimits } from "../input/limit-flags.ts";
import { asOtherKind } from "../input/other-kind.ts";
import { outputOption } from "../input/output-flag.ts";
import { addStoreOption, withMirrorAsync } from "../input/store.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { saidBy } from "../render/fix.ts";
import { reportImported, toImportedJson } from "../render/imported.ts";
import { toProblem, toProblemJson } from "../render/problem.ts";
import { note, tellAnswer, warn } from "../render/say.ts";
import { quiet } from "../render/unread.ts";
import { addForeign, type Added, type AddOptions, exitOfAdded, toAddedJson } from "./mirror-add.ts";
import { readJudge } from "./quarantine.ts";

interface Flags extends AddOptions, AliasOptions {
  readonly format?: ArchiveFormat;
  readonly key?: readonly string[];
  readonly rejectKey?: readonly string[];
  readonly acceptPins?: boolean;
  readonly restart?: boolean;
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly policies?: readonly string[];
}

/** What `--verify` judges by beside the policies. */
interface Judged {
  readonly aliases: readonly Alias[];
}

type GivenKey = ImportOptions["givenKeys"][number] & { readonly key: PublicKey };

/** What was done before an error is done: the document says so. */
interface Done {
  readonly archives: object[];
  readonly layouts: Added[];
  hasQuarantine: boolean;
}

function readKeys(flags: Flags, io: CommandIO): readonly GivenKey[] {
  return (flags.key ?? []).map((path) => {
    const { pem } = readPublicKey(path, io, "--key");
    const given = { path, content: pem, limits: io.limits, flag: "--key" };
    const wanted = { what: "a public key of ECDSA P-256", form: "public-key" } as const;
    const key = asGiven(given, wanted, () => readArchiveKey(pem, io.limits));
    return { key, pem, fingerprint: key.fingerprint };
  });
}

/** The keys of the flags; without any, those that the mirror accepts. */
function acceptanceOf(
  mirror: Mirror,
  given: readonly GivenKey[],
): Acceptance & { readonly keys: readonly PublicKey[] } {
  const { limits } = mirror;
  const keys =
    given.length > 0
      ? given.map(({ key }) => key)
      : mirror.imports.keys().map(({ pem }) => readArchiveKey(pem, limits));
  if (keys.length === 0)
    throw usage(
      "nobody's archives are accepted here yet: give the public key of those who make them, --key FILE",
      "--key",
    );
  return { keys, verifier: nodeVerifier, limits };
}

/** The files of each archive. @throws EngineError of a capsule, which begins as an archive does, that it is one. */
function groupOwn(files: readonly string[], limits: Mirror["limits"], io: CommandIO): ReturnType<typeof groupParts> {
  try {
    return groupParts(files, { keys: "any", verifier: nodeVerifier, limits });
  } catch (error) {
    throw asOtherKind(error, files, { what: "what import takes", form: "own-archive" }, { io, start: fileStart });
  }
}

/** Archives one after the other, as they were made: what one names as next keys counts for those that follow. */
function importOwn(mirror: Mirror, files: readonly string[], flags: Flags & Judged, io: CommandIO, done: Done): void {
  // What each is comes before whose it is, which is asked when it is its turn: an earlier one may name the key.
  const groups = groupOwn(files, mirror.limits, io);
  const given = readKeys(flags, io);
  const acceptance = acceptanceOf(mirror, given);
  const named: PublicKey[] = [];
  const begun = done.archives.length;
  for (const group of groups.toSorted((one, other) => one.sequence - other.sequence))
    try {
      const keys = [...acceptance.keys, ...named];
      named.push(...importOne(mirror, group.files, { acceptance: { ...acceptance, keys }, given, flags, io, done }));
    } catch (error) {
      const count = done.archives.length - begun;
      if (error instanceof EngineError && groups.length > 1)
        tellApplied(group.sequence, count, groups.length, flags, io);
      throw error;
    }
}

/** Which of several counted, before the error says why one did not. */
function tellApplied(refused: number, count: number, of: number, flags: Flags, io: CommandIO): void {
  if (isDocumentFormat(flags.output)) return;
  const before = count === 0 ? "none was imported" : `${count} of ${of} were imported, each whole, and stay`;
  warn(`${flags.dryRun === true ? "" : `${before}; `}archive ${refused} was refused, and none after it was tried`, io);
}

interface ImportOne {
  readonly acceptance: Acceptance;
  readonly given: readonly GivenKey[];
  readonly flags: Flags & Judged;
  readonly io: CommandIO;
  readonly done: Done;
}

/** Gives the keys that it named and that are accepted since. */
function importOne(
  mirror: Mirror,
  files: readonly string[],
  { acceptance, given, flags, io, done }: ImportOne,
): readonly PublicKey[] {
  const voice = isDocumentFormat(flags.output) ? quiet(io) : io;
  const now = io.now();
  const reader = openArchive(files, acceptance);
  try {
    const name = `archive ${reader.statement.sequence}`;
    const archive: ImportedArchive = importArchive(mirror, reader, {
      now,
      from: files.join(", "),
      acceptPins: flags.acceptPins === true,
      restart: flags.restart === true,
      isDry: flags.dryRun === true,
      verifier: nodeVerifier,
      ...readInitialRoots({}, io),
      givenKeys: given.map(({ fingerprint, pem }) => ({ fingerprint, pem })),
      ...(flags.verify === true ? { judge: readJudge(flags.policies ?? [], flags.aliases, io, name) } : {}),
    });
    reportImported(archive, { isDry: flags.dryRun === true, now }, voice);
    done.archives.push(toImportedJson(archive, files));
    done.hasQuarantine ||= archive.quarantined.length > 0;
    const keys = (reader.statement.nextKeys ?? []).map((pem) => readArchiveKey(pem, mirror.limits));
    return keys.filter(({ fingerprint }) => archive.newKeys.includes(fingerprint));
  } finally {
    reader.close();
  }
}

function rejectKeys(mirror: Mirror, flags: Flags, io: CommandIO): void {
  for (const fingerprint of flags.rejectKey ?? []) {
    const rejected = mirror.imports.rejectKey(fingerprint);
    if (rejected === undefined)
      throw usage("no key of this whole fingerprint is accepted; mirror status names those that are", fingerprint);
    if (!isDocumentFormat(flags.output)) tellAnswer(`no longer accepted: archives signed by ${fingerprint}\n`, io);
    const { takenBack, last } = rejected;
    if (takenBack !== undefined)
      warn(
        `archive ${takenBack.sequence}, the last that was imported, was signed by this key: its number no longer ` +
          `counts (${last === undefined ? "none does" : `archive ${last.sequence} does`}), and what it brought stays ` +
          "until a full archive is imported. Entries of the distrust list that it brought stay after that too: look " +
          "at them: sallyport mirror distrust ls",
        io,
      );
  }
  // A stolen key may have named its heir, and an honest one its follower: only people know which it was.
  const keys = mirror.imports.keys();
  for (const rejected of flags.rejectKey ?? [])
    for (const { fingerprint, from } of keys.filter((key) => key.from.endsWith(namedBy(rejected))))
      warn(
        `still accepted: the key ${fingerprint}, which ${from} named; if that was the thief, reject it too: ` +
          `--reject-key ${fingerprint}`,
        io,
      );
}

/** Whether a word names an archive of this program. */
function isOwn(word: string, { format }: Flags, io: CommandIO): boolean {
  if (format !== undefined) return format === ownFormat;
  return io.pathKind(word) === "file" && isArchiveFile(word);
}

/** A stream is no file, and parts are named each. @throws EngineError with what to do in its place. */
function requireFile(word: string, io: CommandIO): void {
  const { folder: path } = parseLayoutFlag(word);
  if (/^(?:-|\/dev\/stdin|\/dev\/fd\/\d+|\/proc\/self\/fd\/\d+)$/.test(path))
    throw new EngineError("unsupported", "an archive is read twice, the second time once all of it was checked", {
      subject: path === "-" ? "standard input" : path,
      remedy: "archive-from-stream",
    });
  if (io.pathKind(path) !== "none") return;
  const slash = path.lastIndexOf("/");
  const [folder, name] = slash < 0 ? [".", path] : [path.slice(0, slash) || "/", path.slice(slash + 1)];
  const stem = name.replace(/\.tar$/, "");
  const parts = (io.pathKind(folder) === "folder" ? io.listFolder(folder) : []).filter(
    (found) =>
      found.startsWith(stem) && /^(?:\.tar)?[._-](?:part)?\d+(?:-of-\d+)?(?:\.tar)?$/.test(found.slice(stem.length)),
  );
  if (parts.length === 0) return;
  throw new EngineError(
    "archive-incomplete",
    `there is no ${path}, but ${counted(parts.length, "file")} beside it that may be its parts`,
    { subject: parts.slice(0, 3).join(", "), remedy: "name-parts" },
  );
}

async function run(words: readonly string[], flags: Flags, io: CommandIO): Promise<ExitCode> {
  if (words.length === 0 && flags.rejectKey === undefined)
    throw usage("name the archives or layouts to import", "import");
  if (flags.dryRun === true && flags.rejectKey !== undefined)
    throw usage("--dry-run writes nothing, and --reject-key forgets a key: give one of the two", "--reject-key");
  if (flags.verify !== true && flags.policies !== undefined) throw usage("--policies is for --verify", "--policies");
  if (flags.verify !== true && flags.alias !== undefined) throw usage("--alias is for --verify", "--alias");
  const { list: aliases } = flags.verify === true ? await readAliases(flags, readLimits(flags, io), io) : { list: [] };
  for (const word of words) requireFile(word, io);
  const own = words.filter((word) => isOwn(word, flags, io));
  const foreign = words.filter((word) => !own.includes(word));
  if (foreign.length > 0 && (flags.dryRun === true || flags.verify === true))
    throw usage(
      "--dry-run and --verify are for archives of sallyport export",
      parseLayoutFlag(foreign[0] ?? "").folder,
    );
  return withMirrorAsync(flags, io, "write", async (mirror) => {
    const done: Done = { archives: [], layouts: [], hasQuarantine: false };
    const finish = (exitCode: ExitCode, more: object = {}): ExitCode => {
      const members = { exitCode, ...more, archives: done.archives, layouts: done.layouts.map(toAddedJson) };
      if (isDocumentFormat(flags.output)) io.out(renderDocument("ImportReport", members, flags.output));
      return exitCode;
    };
    try {
      rejectKeys(mirror, flags, io);
      if (own.length > 0) importOwn(mirror, own, { ...flags, aliases }, io, done);
      await addForeign(mirror, foreign, { options: flags, command: "import", all: done.layouts, io });
    } catch (error) {
      if (error instanceof EngineError && done.archives.length + done.layouts.length > 0) {
        const said = saidBy("import", flags, io.env);
        finish(exitOf(error.code), { error: toProblemJson(toProblem(error, { hasSource: true, said })) });
      }
      throw error;
    }
    if (flags.dryRun === true && !isDocumentFormat(flags.output)) note("nothing was written", io);
    return finish(done.hasQuarantine ? 7 : exitOfAdded(done.layouts));
  });
}

const importHelp = `
A file is known by its content; --format says what it is. Archives of sallyport
export are taken whole or not at all, each in one step: signature, order and
every digest are checked before anything counts. Name all parts of one, in any
order. Several are imported in the order of their numbers; those before one that
is refused stay. A key that is given once is accepted from then on, and so are
the keys that an archive names for later ones.

Archives of other tools are added as mirror add does it: what is here stays, and
nothing is said to be complete without --complete.

Exit codes: 0 imported, 2 wrong usage, 3 trust that does not follow from what is
  trusted here, or is older, 6 an archive that is damaged, incomplete, out of
  order or signed by another key, or a damaged or busy mirror: nothing of it was
  imported, 7 in part: what is missing or was quarantined is named
`;

export function define(command: Command, { io, finish }: Shell): void {
  addAliasOptions(
    addCompleteOption(
      addStoreOption(
        addLimitOptions(command).argument(
          "[[image=]file...]",
          "archives or folders; IMAGE names what another tool's does not name",
        ),
      ),
    ),
  )
    .option("--key <file>", "a public key whose archives are accepted, now and later (repeatable)", collect)
    .option("--reject-key <fingerprint>", "a key whose archives are no longer accepted (repeatable)", collect)
    .option("--dry-run", "check everything and write nothing")
    .option("--verify", "decide by policies before it counts; what is refuted is distrusted")
    .option("--policies <path>", "with --verify: policies, files or folders (repeatable)", collect)
    .option("--accept-pins", "let an archive change what is pinned here")
    .option("--restart", "take a full archive of an exporter that began to count again")
    .addOption(
      new Option("--format <format>", "what the files are, whatever they look like").choices([
        ownFormat,
        ...Object.keys(foreignFormats),
      ]),
    )
    .option("--with-layers", "from other tools' archives: copy image layers too (no decision reads them)")
    .addOption(outputOption())
    .addHelpText("after", importHelp)
    .action(async (files: readonly string[], options: Flags) => finish(await run(files, options, io)));
}
