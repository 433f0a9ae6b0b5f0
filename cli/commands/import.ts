/**
 * `sallyport import`: what crossed a gap, into the mirror. Archives of other tools are added as `mirror add` does.
 * Source: docs/spec/offline.md#crossing-the-gap, docs/spec/sigstore.md#saved-layouts.
 */
import { type Command, Option } from "commander";
import { EngineError } from "../../core/errors.ts";
import { type ArchiveFormat, foreignFormats, ownFormat } from "../../proxy/archive/foreign-format.ts";
import type { CommandIO, Shell } from "../command.ts";
import { type ExitCode, exitOf } from "../exit-code.ts";
import { addCompleteOption } from "../input/complete-flag.ts";
import { addLimitOptions } from "../input/limit-flags.ts";
import { outputOption } from "../input/output-flag.ts";
import { addStoreOption, withMirrorAsync } from "../input/store.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { saidBy } from "../render/fix.ts";
import { toProblem, toProblemJson } from "../render/problem.ts";
import { quiet } from "../render/unread.ts";
import {
  addForeign,
  type Added,
  type AddOptions,
  exitOfAdded,
  openForeign,
  reportAdded,
  toAddedJson,
} from "./mirror-add.ts";

interface ImportOptions extends AddOptions {
  readonly format?: ArchiveFormat;
}

async function run(flags: readonly string[], options: ImportOptions, io: CommandIO): Promise<ExitCode> {
  const { output } = options;
  const voice = isDocumentFormat(output) ? quiet(io) : io;
  return withMirrorAsync(options, io, "write", async (mirror) => {
    const added: Added[] = [];
    const finish = (exitCode: ExitCode, more: object = {}): ExitCode => {
      const members = { exitCode, ...more, layouts: added.map(toAddedJson) };
      if (isDocumentFormat(output)) io.out(renderDocument("ImportReport", members, output));
      return exitCode;
    };
    try {
      for (const flag of flags) {
        const opened = await openForeign(flag, mirror.limits, options.format);
        try {
          const one = addForeign(mirror, opened, options, "import");
          reportAdded(one, added, voice);
          added.push(one);
        } finally {
          opened.source.close();
        }
      }
    } catch (error) {
      // What was imported before is in the mirror: the document says so.
      if (error instanceof EngineError && added.length > 0) {
        const said = saidBy("import", options, io.env);
        finish(exitOf(error.code), { error: toProblemJson(toProblem(error, { hasSource: true, said })) });
      }
      throw error;
    }
    return finish(exitOfAdded(added));
  });
}

const importHelp = `
A file is known by its content; --format says what it is. Archives of other
tools are added as mirror add does it: what is here stays, and nothing is said
to be complete without --complete.

Exit codes: 0 imported, 2 wrong usage, 3 trust that does not follow from what is
  trusted here, 6 a damaged, foreign, replayed or incomplete archive: nothing of
  it was imported, 7 imported in part: what is missing or refused is named
`;

export function define(command: Command, { io, finish }: Shell): void {
  addCompleteOption(
    addStoreOption(
      addLimitOptions(command).argument(
        "<[image=]file...>",
        "archives or folders; IMAGE names what another tool's does not name",
      ),
    ),
  )
    .addOption(
      new Option("--format <format>", "what the files are, whatever they look like").choices([
        ownFormat,
        ...Object.keys(foreignFormats),
      ]),
    )
    .option("--with-layers", "of other tools' archives: copy image layers too (no decision reads them)")
    .addOption(outputOption())
    .addHelpText("after", importHelp)
    .action(async (files: readonly string[], options: ImportOptions) => finish(await run(files, options, io)));
}
