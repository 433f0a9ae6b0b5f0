/**
 * `sallyport status`: how fresh mirror, trusted roots and checkpoints are, what is left of each budget, and what mends
 * it. Source: docs/spec/command-line.md#status-and-doctor.
 */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import { budgetsOf, toFreshness } from "../../core/trust/budgets.ts";
import { later } from "../../core/verify/clock.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { readRecheck } from "../../proxy/state/read-recheck.ts";
import type { CommandIO, Shell } from "../command.ts";
import { configuredWorld } from "../configured.ts";
import { type ExitCode, exitOf, gravest } from "../exit-code.ts";
import { type Item, toItemJson, withStore } from "../health/item.ts";
import { mirrorItems } from "../health/mirror-items.ts";
import { renderItems } from "../health/render-items.ts";
import { addAtOption, type AtOptions, withTime } from "../input/at-flag.ts";
import { addLimitOptions } from "../input/limit-flags.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { addTrustOptions, readTrustSettings, type TrustOptions } from "../input/trust-flags.ts";
import { shortDigest } from "../render/digest.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { styleOf } from "../render/style.ts";
import { toUtcText } from "../render/time.ts";
import { newestSigned, readRootStatuses, readTrustedLogs } from "../health/root-status.ts";

interface StatusOptions extends StoreOptions, TrustOptions, OutputOptions, AtOptions {
  readonly config?: string;
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** The items of a mirror, as `status` and `doctor` show them. */
export function readMirrorItems(mirror: Mirror, options: TrustOptions & AtOptions, io: CommandIO) {
  const now = io.now();
  const settings = readTrustSettings(options, io, mirror.knowledge().tufRoots());
  const budgets = budgetsOf(settings);
  const signed = newestSigned(mirror, options);
  const roots = readRootStatuses(mirror, settings, later(now, signed) ?? now);
  const logs = readTrustedLogs(mirror, settings, now);
  const found = mirrorItems({ mirror, status: mirror.status(), roots, logs, budgets, now, signed });
  return { budgets, items: [...found, ...recheckItems(mirror, io)] };
}

/** What was let in undecided, where anything was. */
function recheckItems({ folder }: Mirror, io: CommandIO): readonly Item[] {
  try {
    const { unknown, refuted } = readRecheck(folder, io.limits).counts;
    if (unknown + refuted === 0) return [];
    const fix = withStore("sallyport mirror recheck --store STORE", folder);
    const name = "re-check";
    return refuted > 0
      ? [{ name, state: "critical", text: `${refuted} let in undecided, refuted since: they may be running`, fix }]
      : [{ name, state: "warning", text: `${unknown} let in undecided, and undecided still`, fix }];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [
      { name: "re-check", state: "skipped", code: error.code, text: `the list cannot be read: ${error.message}` },
    ];
  }
}

/** Only what is not in order has an exit code: a warning is for people. */
export const exitOfItems = (items: readonly Item[]): ExitCode =>
  gravest(
    items.map(({ state, code }) =>
      state === "stale" || state === "failed" ? (code === undefined ? 1 : exitOf(code)) : 0,
    ),
  );

async function status(options: StatusOptions, machine: CommandIO): Promise<ExitCode> {
  const given = await configuredWorld(machine, options.config);
  const ofCluster =
    options.cluster === true ? await (await import("../serve/gate-items.ts")).gateItems(options, given) : [];
  const io = withTime(options, given);
  return withMirror(options, io, "read", (mirror) => {
    const now = io.now();
    const { items: ofMirror, budgets } = readMirrorItems(mirror, options, io);
    const items = [...ofMirror, ...ofCluster];
    const contentId = mirror.contentId();
    const { mirrored } = mirror.knowledge().state();
    if (isDocumentFormat(options.output)) {
      const freshness = toFreshness(budgets, later(now, newestSigned(mirror, options)) ?? now, mirrored ?? {});
      const shown = items.map((item) => toItemJson(item, now));
      io.out(renderDocument("Status", { at: now.toISOString(), contentId, freshness, items: shown }, options.output));
    } else {
      const head = `status as of ${toUtcText(now)}, content id ${shortDigest(contentId)}`;
      io.out(`${head}\n${renderItems(items, styleOf(io))}`);
    }
    return exitOfItems(items);
  });
}

export function define(command: Command, { io, finish }: Shell): void {
  addTrustOptions(addLimitOptions(addAtOption(addStoreOption(command))))
    .option("-c, --config <file>", "the configuration of serve (env: SALLYPORT_CONFIG)")
    .option("--cluster", "also ask the API server of the kubeconfig: the webhooks, what is exempt, break-glass")
    .option("--kubeconfig <file>", "that file, in place of KUBECONFIG and ~/.kube/config")
    .option("--context <name>", "a context of it, in place of the current one")
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nExit codes: 0 everything can be used, warnings included; 3 something is stale, or a trusted root does not " +
        "verify; 6 the mirror is damaged\n",
    )
    .action(async (options: StatusOptions) => finish(await status(options, io)));
}
