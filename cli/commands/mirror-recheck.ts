/**
 * `sallyport mirror recheck`: images that were let in undecided, and what became of them. Source:
 * docs/spec/offline.md#re-check-list.
 */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import { openState } from "../../proxy/state/open-state.ts";
import { readRecheck } from "../../proxy/state/read-recheck.ts";
import type { RecheckEntry } from "../../proxy/state/recheck-list.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addLimitOptions } from "../input/limit-flags.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { visible } from "../render/escape.ts";
import { say } from "../render/say.ts";
import { type Style, styleOf } from "../render/style.ts";
import { cutEnd, renderColumns } from "../render/table.ts";
import { toUtcText } from "../render/time.ts";

interface RecheckOptions extends StoreOptions, OutputOptions {
  readonly forget?: readonly string[];
}

const time = (at: string): string => (Number.isNaN(Date.parse(at)) ? "-" : toUtcText(new Date(at)).replace(" UTC", ""));

const rowOf = ({ image, state, policy, code, since, resource }: RecheckEntry, style: Style): readonly string[] => [
  style.text(`${image}${resource === "" ? "" : ` of ${resource}`}`),
  state,
  cutEnd(policy, 24, style),
  style.text(code),
  time(since),
];

/** Takes images off the list. @throws EngineError `invalid-usage` for one that is not on it. */
function forget(folder: string, images: readonly string[], io: CommandIO): void {
  const setAside = (why: string, path: string): void =>
    say(`warning: what was remembered here is damaged and was set aside: ${visible(why)}\n  it is now ${path}`, io);
  const state = openState(folder, { limits: io.limits, setAside });
  try {
    for (const image of images)
      if (state.recheck((list) => list.forget(image)) === 0)
        throw new EngineError("invalid-usage", "this is not on the re-check list", { subject: image });
  } finally {
    state.close();
  }
}

function recheck(options: RecheckOptions, io: CommandIO): ExitCode {
  const { output } = options;
  const folder = withMirror(options, io, "read", (mirror) => mirror.folder);
  if (options.forget !== undefined) forget(folder, options.forget, io);
  const { counts, entries } = readRecheck(folder, io.limits);
  if (isDocumentFormat(output)) io.out(renderDocument("RecheckList", { counts, entries }, output));
  else if (entries.length === 0) io.out("no image was let in undecided\n");
  else {
    const style = styleOf(io);
    const rows = entries.map((entry) => rowOf(entry, style));
    io.out(renderColumns(["IMAGE", "STATE", "POLICY", "CODE", "SINCE (UTC)"], rows, { width: io.width.out }));
    if (counts.dropped > 0) io.out(`${counted(counts.dropped, "entry", "entries")} made room for others\n`);
  }
  return counts.refuted > 0 ? 1 : 0;
}

const help = `
serve lets images in under failurePolicy Ignore though nobody can decide about
them. It decides about them again when answers change: what is proven leaves the
list, what is refuted stays until it is forgotten, because it may be running

Exit codes: 0 nothing is refuted, 1 something is, 2 wrong usage, 6 the file is
  damaged: the next serve sets it aside
`;

/** `command` is `mirror recheck`. */
export function defineMirrorRecheck(command: Command, { io, finish }: Shell): void {
  addStoreOption(addLimitOptions(command))
    .option("--forget <image>", "take an image or a resource off the list (repeatable)", collect)
    .addOption(outputOption())
    .addHelpText("after", help)
    .action((options: RecheckOptions) => finish(recheck(options, io)));
}
