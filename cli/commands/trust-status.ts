/**
 * `sallyport trust status`: versions, expiries, ages and floors of the trusted roots in the mirror. Source:
 * docs/spec/offline.md#time-and-freshness, docs/spec/command-line.md#times.
 */
import type { Command } from "commander";
import { digestOf } from "../../core/crypto/digest.ts";
import { codedText, EngineError } from "../../core/errors.ts";
import type { Answer, TrustedRootSource } from "../../core/knowledge/answer.ts";
import { publicGoodRoot } from "../../core/trust/public-good.ts";
import { resolveTrust, type TufSource } from "../../core/trust/resolve-trust.ts";
import { defaultTrustBudget } from "../../core/trust/freshness.ts";
import { parseTrustedRoot, type TrustedRoot } from "../../core/trust/trusted-root.ts";
import { createTufVerifier, type TrustSettings, trustedRootTarget } from "../../core/trust/tuf-verifier.ts";
import { expiries } from "../../core/tuf/trusted-set.ts";
import { verifySource } from "../../core/tuf/verify-source.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { clockWarning, later } from "../../core/verify/clock.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { addTrustOptions, readTrustSettings, type TrustOptions } from "../input/trust-flags.ts";
import { styleOf } from "../render/style.ts";
import { outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { renderStatus, type RoleStatus, type RootStatus } from "../render/trust.ts";
import type { Limits } from "../../core/limits.ts";
import { addAtOption, type AtOptions, withTime } from "../input/at-flag.ts";
import { warn } from "../render/say.ts";
import { toUtcText, withShortTimes } from "../render/time.ts";

interface StatusOptions extends StoreOptions, TrustOptions, AtOptions {
  readonly output: "text" | "json" | "yaml";
}

const initialRootOf = (name: string, { initialRoots = {} }: TrustSettings): Uint8Array | undefined =>
  Object.hasOwn(initialRoots, name) ? initialRoots[name] : name === "public-good" ? publicGoodRoot() : undefined;

/** Every role, even of metadata that is too old to use; none if the metadata does not verify. */
function rolesOf(name: string, source: TufSource, settings: TrustSettings, limits: Limits): readonly RoleStatus[] {
  const initialRoot = initialRootOf(name, settings);
  if (initialRoot === undefined) return [];
  try {
    const { set } = verifySource({
      source,
      initialRoot,
      target: trustedRootTarget,
      at: "later",
      verifier: nodeVerifier,
      limits,
    });
    return expiries(set).map(({ role, version, expires }) => {
      const floor = source.floors?.[role];
      return { role, version: version.toString(), expires, ...(floor === undefined ? {} : { floor }) };
    });
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}

function statusOf(
  name: string,
  answer: Answer<TrustedRootSource> & { readonly state: "present" },
  settings: TrustSettings,
  now: Date,
  limits: Limits,
): RootStatus {
  const { value: source, from } = answer;
  const roles = source.form === "tuf" ? rolesOf(name, source, settings, limits) : [];
  const common = { name, from, at: new Date(answer.at), roles };
  try {
    const { bytes, tuf } = resolveTrust(source, {
      name,
      now: () => now,
      verifier: nodeVerifier,
      tuf: createTufVerifier(settings, limits),
    });
    const digest = digestOf(bytes);
    if (tuf === undefined) return { ...common, state: "pinned", digest };
    if (tuf.warning !== undefined) return { ...common, state: "tolerated", digest, remark: tuf.warning };
    const { role, at } = tuf.expires;
    if (tuf.mode !== "pin" && new Date(at) > now) return { ...common, state: "fresh", digest };
    return {
      ...common,
      state: "tolerated",
      digest,
      remark: `${role} expired at ${at}; ${tuf.mode === "pin" ? "its digest is pinned" : "this is within the budget"}`,
    };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return {
      ...common,
      state: error.code === "stale" ? "stale" : "broken",
      remark: codedText(error),
    };
  }
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

/** The signed time before which a clock cannot be; `--at` is no clock. */
export const newestSigned = (mirror: Mirror, { at }: AtOptions): Date | undefined =>
  at === undefined ? mirror.knowledge().state().newestSignedTime : undefined;

/**
 * The trusted roots of a mirror, or one of them, as they are at this time. As in a decision, setting the clock back
 * does not make metadata fresher: the time is the newest signed one, if that is later.
 */
export function readRootStatuses(
  mirror: Mirror,
  settings: TrustSettings,
  judgedAt: Date,
  only?: string,
): readonly RootStatus[] {
  const knowledge = mirror.knowledge();
  const names = only === undefined ? knowledge.trustedRootNames() : [only];
  return names.flatMap((name) => {
    const answer = knowledge.answer({ kind: "trusted-root", name });
    return answer?.state === "present" ? [statusOf(name, answer, settings, judgedAt, mirror.limits)] : [];
  });
}

/** The logs of the trusted roots that can be used at this time. */
export function readTrustedLogs(mirror: Mirror, settings: TrustSettings, now: Date): TrustedRoot["tlogs"] {
  const knowledge = mirror.knowledge();
  const { limits } = mirror;
  const tuf = createTufVerifier(settings, limits);
  return knowledge.trustedRootNames().flatMap((name) => {
    const answer = knowledge.answer({ kind: "trusted-root", name });
    if (answer?.state !== "present") return [];
    try {
      return parseTrustedRoot(
        resolveTrust(answer.value, { name, now: () => now, verifier: nodeVerifier, tuf }).bytes,
        limits,
      ).tlogs;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return [];
    }
  });
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
