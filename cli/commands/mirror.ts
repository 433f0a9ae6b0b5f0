/**
 * `sallyport mirror`: add layouts, list and check the content, pin keys, distrust. Source:
 * docs/spec/command-line.md#commands, #streams-and-formats.
 */
import type { Command } from "commander";
import { type AddedLayout, addLayout } from "../../proxy/archive/add-layout.ts";
import { openLayoutSource } from "../../proxy/archive/open-source.ts";
import { EngineError } from "../../core/errors.ts";
import type { CommandIO, Shell } from "../command.ts";
import { addCompleteOption, type CompleteOptions, readComplete } from "../input/complete-flag.ts";
import { type ExitCode, exitOf } from "../exit-code.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { saidBy } from "../render/fix.ts";
import { toProblem, toProblemJson } from "../render/problem.ts";
import { addLimitOptions } from "../input/limit-flags.ts";
import { parseLayoutFlag, reportSkippedEntries } from "../input/layouts.ts";
import { defineCheck } from "./mirror-check.ts";
import { defineRemoval } from "./mirror-gc.ts";
import { defineDistrust } from "./mirror-distrust.ts";
import { defineList } from "./mirror-ls.ts";
import { definePins } from "./mirror-pins.ts";
import { defineMirrorRecheck } from "./mirror-recheck.ts";
import { defineMirrorStatus } from "./mirror-status.ts";
import { defineSync } from "./mirror-sync.ts";

import { addStoreOption, type StoreOptions, withMirrorAsync } from "../input/store.ts";
import { say, tellAnswer } from "../render/say.ts";
import { quiet, reportUnread, type Voice } from "../render/unread.ts";
import { visible, visibleLine } from "../render/escape.ts";

interface AddOptions extends StoreOptions, CompleteOptions, OutputOptions {
  readonly withLayers?: boolean;
}

async function add(layouts: readonly string[], options: AddOptions, io: CommandIO): Promise<ExitCode> {
  const { output } = options;
  const said = saidBy("mirror add", options, io.env);
  const all: (readonly [layout: string, added: AddedLayout])[] = [];
  const code = (): ExitCode =>
    all.some(([, { missing, skipped, withheld }]) => missing.length + skipped.length + withheld.length > 0) ? 7 : 0;
  return withMirrorAsync(options, io, "write", async (mirror) => {
    try {
      for (const flag of layouts) {
        const { folder, options: named } = parseLayoutFlag(flag);
        const source = await openLayoutSource(folder, mirror.limits);
        try {
          const added = addLayout(mirror, source, {
            ...named,
            ...readComplete(options, `mirror add ${flag}`),
            ...(options.withLayers === true ? { layers: true } : {}),
          });
          all.push([folder, added]);
          reportAdded(folder, added, isDocumentFormat(output) ? quiet(io) : io);
        } finally {
          source.close();
        }
      }
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
    const members = { exitCode: code(), layouts: all.map(toAddedJson) };
    if (isDocumentFormat(output)) io.out(renderDocument("MirrorAddition", members, output));
    return code();
  });
}

const toAddedJson = ([layout, { otherTypes, ...added }]: readonly [layout: string, added: AddedLayout]) => ({
  layout,
  ...added,
  otherTypes: Object.fromEntries(otherTypes),
});

function reportAdded(folder: string, added: AddedLayout, io: Voice): void {
  for (const { repository, tag, digest } of added.images)
    tellAnswer(`copied ${visibleLine(repository)}${tag === undefined ? "" : `:${tag}`} ${digest}\n`, io);
  tellAnswer(
    `${visibleLine(folder)}: ${counted(added.tags, "tag")}, ${counted(added.manifests, "manifest")}, ` +
      `${counted(added.blobs, "blob")}, ${counted(added.referrers, "referrer")}, ` +
      `${counted(added.layers, "image layer")} (${added.layersLeftOut} left out)\n`,
    io,
  );
  if (added.tags === 0 && added.manifests > 0)
    tellAnswer(`${visibleLine(folder)}: no tag: its images are known by digest only; IMAGE:TAG=LAYOUT names one\n`, io);
  for (const { scope } of added.complete) tellAnswer(`${visibleLine(folder)}: complete for ${scope}\n`, io);
  for (const { scope } of added.withheld)
    tellAnswer(`${visibleLine(folder)}: not complete, ${scope}\n  content of it is missing or unreadable\n`, io);
  for (const { scope, at, from } of added.ended)
    tellAnswer(`${visibleLine(folder)}: no longer complete, ${scope}\n  said as of ${at} by ${visible(from)}\n`, io);
  reportUnread(added, io);
  reportSkippedEntries(folder, [...added.skipped, ...added.plainBlobs], io);
  for (const digest of added.missing) say(`missing ${folder}: ${digest}`, io);
}

const addExits = `
Exit codes: 0 added, 2 wrong usage, 6 a damaged layout or mirror: nothing of it
  was added, 7 added in part: what is missing, skipped or unreadable is named,
  and nothing is said to be complete that lacks it
`;

export function define(command: Command, shell: Shell): void {
  const { io, finish } = shell;
  addCompleteOption(
    addStoreOption(
      addLimitOptions(command.command("add"))
        .description("add OCI layouts: cosign save, skopeo, oras, docker save")
        .argument("<[image=]layout...>", "folders or tar archives; IMAGE names what one does not name"),
    ),
  )
    .option("--with-layers", "copy image layers too (no decision reads them)")
    .addOption(outputOption())
    .addHelpText("after", addExits)
    .action(async (layouts: readonly string[], options: AddOptions) => finish(await add(layouts, options, io)));
  defineSync(command.command("sync").description("fetch all that decisions about a list of images will ask"), shell);
  defineList(command.command("ls").description("list what the mirror holds, unverified"), shell);
  defineCheck(command.command("check").description("read everything and name what is damaged"), shell);
  defineMirrorStatus(command.command("status").description("what the mirror holds, and who writes to it"), shell);
  defineMirrorRecheck(command.command("recheck").description("images that were let in undecided"), shell);
  defineRemoval(command, shell);
  definePins(command, shell);
  defineDistrust(command.command("distrust").description("edit the list of what is never trusted"), shell);
}
