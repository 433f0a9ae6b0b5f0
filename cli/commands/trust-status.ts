/**
 * `sallyport trust status`: versions, expiries, ages and floors of the trusted roots in the mirror. Source:
 * docs/spec/offline.md#time-and-freshness, docs/spec/command-line.md#times.
 */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import { defaultTrustBudget } from "../../core/trust/freshness.ts";
import type { TrustSettings } from "../../core/trust/tuf-verifier.ts";
import { clockWarning, later } from "../../core/verify/clock.ts";
import type { CommandIO, Shell } from "../command.ts";
import { newestSigned, readRootStatuses } from "../health/root-status.ts";
import type { ExitCode } from "../exit-code.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { addTrustOptions, readTrustSettings, type TrustOptions } from "../input/trust-flags.ts";
import { styleOf } from "../render/style.ts";
import { outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { renderStatus } from "../render/trust.ts";
import { addAtOption, type AtOptions, withTime } from "../input/at-flag.ts";
import { warn } from "../render/say.ts";
import { toUtcText, withShortTimes } from "../render/time.ts";

interface StatusOptions extends StoreOptions, TrustOptions, AtOptions {
  readonly output: "text" | "json" | "yaml";
}

const day = 86_400_000;
const daysText = (span: number): string => (span % day === 0 ? `${span / day} d` : `${Math.floor(span / 3_600_000)} h`);

function modeText({ mode = "budget", maxTrustAge }: TrustSettings): string {
  const { warn, deny } = { ...defaultTrustBudget, ...maxTrustAge };
  if (mode === "budget")
    return (
      `mode budget: warns from ${daysText(Math.min(warn, deny))} past a signed expiry, stale past ` +
      `${daysText(deny)}`
    );
  return mode === "enforce"
    ? "mode enforce: stale from a signed expiry on"
    : "mode pin: only a trusted root pinned by digest";
}

function status(options: StatusOptions, given: CommandIO): ExitCode {
  const io = withTime(options, given);
  return withMirror(options, io, "read", (mirror) => {
    const settings = readTrustSettings(options, io, mirror.knowledge().tufRoots());
    const now = io.now();
    const signed = newestSigned(mirror, options);
    const roots = readRootStatuses(mirror, settings, later(now, signed) ?? now, options.trust);
    if (roots.length === 0)
      throw new EngineError("no-trust", "the mirror holds no trusted root", {
        subject: options.trust ?? mirror.folder,
      });
    const clock = clockWarning(now, signed);
    if (clock !== undefined) warn(isDocumentFormat(options.output) ? clock : withShortTimes(clock), io);
    if (isDocumentFormat(options.output)) {
      const { warn, deny } = { ...defaultTrustBudget, ...settings.maxTrustAge };
      io.out(
        renderDocument(
          "TrustStatus",
          {
            at: now.toISOString(),
            mode: settings.mode ?? "budget",
            maxTrustAge: { warnSeconds: Math.min(warn, deny) / 1000, denySeconds: deny / 1000 },
            roots: roots.map(({ at, roles, ...root }) => ({
              ...root,
              receivedAt: at.toISOString(),
              roles: roles.map(({ expires, ...role }) => ({ ...role, expires: expires.toISOString() })),
            })),
          },
          options.output,
        ),
      );
    } else {
      const style = styleOf(io);
      io.out(
        `${roots.map((root) => renderStatus(root, now, style)).join("\n")}\n` +
          `${modeText(settings)}, as of ${toUtcText(now)}\n`,
      );
    }
    return roots.some(({ state }) => state === "stale" || state === "broken") ? 3 : 0;
  });
}

export function defineStatus(command: Command, { io, finish }: Shell): void {
  addTrustOptions(addAtOption(addStoreOption(command)))
    .addOption(outputOption())
    .addHelpText("after", "\nExit codes: 0 every trusted root is usable, 3 one is stale or does not verify\n")
    .action((options: StatusOptions) => finish(status(options, io)));
}
