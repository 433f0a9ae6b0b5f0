/**
 * `sallyport archive`: looks at signed archives without touching a mirror. Source: docs/spec/archive.md,
 * docs/spec/command-line.md#archives.
 */
import type { Command } from "commander";
import { diffArchives } from "../../proxy/crossing/archive-diff.ts";
import { type Acceptance, type ArchivePart, fileStart, openPart } from "../../proxy/crossing/archive-part.ts";
import { groupParts, openArchive, placeParts } from "../../proxy/crossing/archive-reader.ts";
import { verifyArchive } from "../../proxy/crossing/verify-archive.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { usage } from "../input/given-file.ts";
import { asOtherKind } from "../input/other-kind.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { readSnapshotKey } from "../input/snapshot-flags.ts";
import {
  ArchiveDiffTeller,
  renderFiles,
  renderInspection,
  renderVerified,
  toInspectionJson,
  toVerifiedJson,
} from "../render/archive.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { tellAnswer, warn } from "../render/say.ts";

interface ArchiveOptions extends OutputOptions {
  readonly key?: readonly string[];
}

function acceptanceOf({ key }: ArchiveOptions, io: CommandIO): Acceptance {
  const keys = key === undefined ? "any" : key.map((file) => readSnapshotKey(file, io, "--key").key);
  return { keys, verifier: nodeVerifier, limits: io.limits };
}

/** Says of a file that is no archive which command reads it. */
function asArchives<T>(files: readonly string[], io: CommandIO, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asOtherKind(
      error,
      files,
      { what: "an archive of sallyport export", form: "own-archive" },
      {
        io,
        start: fileStart,
      },
    );
  }
}

function inspect(files: readonly string[], options: ArchiveOptions, io: CommandIO): ExitCode {
  const acceptance = acceptanceOf(options, io);
  const parts: ArchivePart[] = [];
  try {
    for (const file of files) parts.push(asArchives([file], io, () => openPart(file, acceptance)));
    const placed = placeParts(parts as unknown as readonly [ArchivePart, ...ArchivePart[]]);
    const inspection = {
      parts: placed.map((part, index) => ({
        part: index + 1,
        ...(part === undefined ? {} : { path: part.cursor.name, bytes: part.cursor.size }),
      })),
      first: parts[0] as ArchivePart,
    };
    if (isDocumentFormat(options.output))
      io.out(renderDocument("ArchiveInspection", toInspectionJson(inspection), options.output));
    else {
      tellAnswer(renderInspection(inspection), io);
      io.out(renderFiles(inspection.first.statement.bootstrap ?? []));
    }
    return 0;
  } finally {
    for (const { cursor } of parts) cursor.close();
  }
}

function verify(files: readonly string[], options: ArchiveOptions, io: CommandIO): ExitCode {
  const acceptance = acceptanceOf(options, io);
  if (options.key === undefined) {
    // What it is comes before whose it is.
    asArchives(files, io, () => groupParts(files, acceptance));
    throw usage("an archive is verified with a public key: give --key FILE", "--key");
  }
  const archive = asArchives(files, io, () => openArchive(files, acceptance));
  try {
    const verified = verifyArchive(archive, files[0] ?? "", io.limits);
    if (isDocumentFormat(options.output))
      io.out(renderDocument("ArchiveVerification", toVerifiedJson(archive, verified), options.output));
    else {
      tellAnswer(renderVerified(archive, verified), io);
      io.out(renderFiles(archive.statement.bootstrap ?? []));
    }
    return 0;
  } finally {
    archive.close();
  }
}

/** The files of the older archive, and those of the newer one. Two files may be the same archive. */
function twoArchives(files: readonly string[], acceptance: Acceptance): readonly (readonly string[])[] {
  if (files.length === 2) return files.map((file) => [file]);
  const groups = groupParts(files, acceptance);
  if (groups.length !== 2)
    throw usage(
      `${groups.length === 1 ? "these are parts of one archive" : `these are parts of ${groups.length} archives`}: ` +
        "name all parts of the older one, then all of the newer one",
      files[0] ?? "",
    );
  return groups.map((group) => group.files);
}

function diff(files: readonly string[], options: ArchiveOptions, io: CommandIO): ExitCode {
  const acceptance = acceptanceOf(options, io);
  if (acceptance.keys === "any") warn("signatures are not verified: give --key FILE", io);
  const [old = [], fresh = []] = asArchives(files, io, () => twoArchives(files, acceptance));
  const before = asArchives(old, io, () => openArchive(old, acceptance));
  try {
    if (before.statement.kind === "delta")
      throw usage("a delta says only what changed: name the full archive before it", old[0] ?? "");
    const after = asArchives(fresh, io, () => openArchive(fresh, acceptance));
    try {
      const teller = new ArchiveDiffTeller(before, after);
      const isDocument = isDocumentFormat(options.output);
      for (const change of diffArchives(before, after)) {
        teller.add(change);
        if (!isDocument) tellAnswer(teller.line(change), io);
      }
      if (isDocumentFormat(options.output)) io.out(renderDocument("ArchiveDiff", teller.toJson(), options.output));
      else tellAnswer(teller.summary(), io);
      return 0;
    } finally {
      after.close();
    }
  } finally {
    before.close();
  }
}

const examples = `
Examples:
  sallyport archive inspect archive.tar
  sallyport archive verify archive.tar.*-of-003 --key cosign.pub
  sallyport archive diff monday.tar tuesday.tar --key cosign.pub

Exit codes: 0 done; 2 wrong usage; 6 an archive is damaged, not whole, or signed
  by another key
`;

export function define(command: Command, { io, finish }: Shell): void {
  command.addHelpText("after", examples);
  const keyHelp = "a public key whose archives are accepted (repeatable)";
  command
    .command("inspect")
    .description("show what an archive says of itself")
    .argument("<file...>", "the archive, or parts of it")
    .option("--key <file>", `${keyHelp}; without one the signature is not verified`, collect)
    .addOption(outputOption())
    .action((files: readonly string[], options: ArchiveOptions) => finish(inspect(files, options, io)));
  command
    .command("verify")
    .description("verify signature, lists and every byte of an archive; nothing is imported")
    .argument("<file...>", "the archive, or all its parts")
    .option("--key <file>", keyHelp, collect)
    .addOption(outputOption())
    .action((files: readonly string[], options: ArchiveOptions) => finish(verify(files, options, io)));
  command
    .command("diff")
    .description("show what changed between two archives, by kind and key")
    .argument("<old>", "a full archive, or one of trust; or all its parts")
    .argument("<new...>", "a later one, or a delta since it; or all its parts")
    .option("--key <file>", `${keyHelp}; without one signatures are not verified`, collect)
    .addOption(outputOption())
    .action((old: string, more: readonly string[], options: ArchiveOptions) =>
      finish(diff([old, ...more], options, io)),
    );
}
