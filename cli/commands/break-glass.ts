/**
 * `sallyport break-glass`: takes the admission webhooks out of force, with the caller's own kubeconfig and without the
 * server; `--off` lets the server write them again. Source: docs/spec/command-line.md#break-glass.
 */
import type { Command } from "commander";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { counted } from "../render/count.ts";
import { visible, visibleLine } from "../render/escape.ts";
import { wrapText } from "../render/wrap.ts";
import type { BreakGlassOptions, BreakGlassReport } from "../serve/change-glass.ts";

type Options = BreakGlassOptions & OutputOptions;

/** Nobody judged them: somebody has to look. */
function unjudgedLines({ count, pods }: NonNullable<BreakGlassReport["unjudged"]>): readonly string[] {
  if (count === 0) return ["no Pod that is there was made meanwhile"];
  const more = count > pods.length ? [`… and ${count - pods.length} more`] : [];
  const made = `${counted(count, "Pod was", "Pods were")} made meanwhile, verified by nobody`;
  return [
    `${made}: look at them, and restart what made them, so that they are judged`,
    ...pods.map(
      ({ namespace, name, created, images }) =>
        `${visible(namespace)}/${visible(name)} of ${created}: ${images.map(visible).join(", ")}`,
    ),
    ...more,
  ];
}

/**
 * `serve` looks each ten seconds, and an API server keeps for a moment which webhooks there are: nobody can list these
 * Pods before.
 */
const unlistedLines = [
  "Pods that are made before the API server calls the webhooks again, about ten seconds from now, are in no list; " +
    "find them by their times, the newest last:",
  "`kubectl get pods -A --sort-by=.metadata.creationTimestamp`",
];

const alreadyLine = ({ since, by, reason }: NonNullable<BreakGlassReport["already"]>): string =>
  `the glass is broken already, since ${since} by ${visibleLine(by)}: ${visibleLine(reason)}`;

function linesOf({ state, server, namespace, removed, unjudged, already }: BreakGlassReport): readonly string[] {
  if (state === "off")
    return [
      `the glass is whole again at ${server}: serve writes the webhooks within ten seconds, if it runs`,
      ...(unjudged === undefined ? [] : unjudgedLines(unjudged)),
      ...unlistedLines,
    ];
  const back = `sallyport break-glass --off${namespace === "sallyport" ? "" : ` --namespace ${namespace}`}`;
  return [
    ...(already === undefined ? [] : [alreadyLine(already)]),
    `${removed} webhook configurations removed at ${server}: images are admitted unverified`,
    `serve does not write them until: \`${back}\``,
  ];
}

const textOf = (report: BreakGlassReport, width: number): string =>
  linesOf(report)
    .flatMap((line) => wrapText(line, { width, first: "", rest: "  ", commands: true }))
    .map((line) => `${line}\n`)
    .join("");

async function act(options: Options, io: CommandIO): Promise<ExitCode> {
  const report = await (await import("../serve/change-glass.ts")).changeGlass(options, io);
  const { output } = options;
  io.out(isDocumentFormat(output) ? renderDocument("BreakGlass", report, output) : textOf(report, io.width.out));
  return 0;
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .option("--reason <text>", "why; kept in the cluster, with your name")
    .option("--off", "let serve write the webhooks again")
    .option("--uninstall", "take them away for good: a server that is installed later writes its own")
    .option("--namespace <name>", "the namespace of serve (default: as its webhooks or the marker say, else sallyport)")
    .option("--kubeconfig <file>", "that file, in place of KUBECONFIG and ~/.kube/config")
    .option("--context <name>", "a context of it, in place of the current one")
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nIt needs neither serve nor a mirror. Who did it, and why, is in a ConfigMap\n" +
        "and in an Event in the namespace of serve.\n\n" +
        'Example:\n  sallyport break-glass --reason "INC-4711: no Pod starts"\n\n' +
        "Exit codes: 0 done; 2 no reason, or nothing to end; 4 this user may not; 5 the\n" +
        "  API server does not answer\n",
    )
    .action(async (options: Options) => finish(await act(options, io)));
}
