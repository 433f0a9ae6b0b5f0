/**
 * What a command may know: layout folders, the mirror, a trusted root and key files of the command line, and where it
 * allowed, what can be asked for.
 */
import type { Capsule } from "../../core/capsule/open-capsule.ts";
import { parseInstant } from "../../core/encoding/instant.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import type { Answer, AnswerTo, TrustedRootSource } from "../../core/knowledge/answer.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import { hold, type Knowledge, type SourceState } from "../../core/knowledge/knowledge.ts";
import { RecordingKnowledge } from "../../core/knowledge/recording-knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { SeenCheckpoints } from "../../core/tlog/seen-checkpoints.ts";
import { attempt } from "../../core/verify/attempt.ts";
import { readKeys } from "../../core/verify/signer.ts";
import { later } from "../../core/verify/clock.ts";
import type { Attempt } from "../../core/decide/settle.ts";
import type { Limits } from "../../core/limits.ts";
import { parseTrustedRoot } from "../../core/trust/trusted-root.ts";
import type { TrustSettings } from "../../core/trust/tuf-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { isNews, keepSeen } from "../../proxy/mirror/signed-time.ts";
import type { RegistryAccess } from "./policy-registries.ts";
import type { PullAccess } from "./pull-access.ts";
import type { Online } from "./open-online.ts";
import { addOnlineOptions, type Habits, isOnline, type OnlineOptions } from "./online-flags.ts";
import type { Cluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import type { Command } from "commander";
import { collect, type CommandIO } from "../command.ts";
import { fromEnvironment, orVariable } from "../environment.ts";
import { asGiven, aTrustedRoot } from "./given-file.ts";
import { addAliasOption, readAliases } from "./alias-flags.ts";
import type { OpenAliases } from "./aliases.ts";
import { addCompleteOption, type CompleteOptions } from "./complete-flag.ts";
import type { CapsuleOptions } from "./capsule-options.ts";
import { addCryptoOption, type CryptoOptions, readCrypto } from "./crypto-flag.ts";
import { addLimitOptions, readLimits } from "./limit-flags.ts";
import { addStoreOption, lockHolder, type StoreOptions } from "./store.ts";
import { addTrustOptions, defaultTrustName, readTrustSettings, tufFolder, type TrustOptions } from "./trust-flags.ts";
import { readTufFolder } from "./tuf-folder.ts";
import { type Outage, tellOutages, toOutages } from "../render/outage.ts";
import { note, say, warn } from "../render/say.ts";

/** The flags of {@link addKnowledgeOptions}, as commander gives them. */
export interface KnowledgeOptions
  extends TrustOptions,
    StoreOptions,
    CompleteOptions,
    CapsuleOptions,
    CryptoOptions,
    Partial<OnlineOptions> {
  readonly layout?: readonly string[];
  readonly alias?: readonly string[];
  readonly trustedRoot?: string;
  readonly distrust?: readonly string[];
  readonly at?: string;
}

/** Adds the flags that say where artifacts come from. */
export function addSourceOptions(command: Command, habits: Habits = {}): Command {
  addStoreOption(command).option(
    "--layout <[image=]path>",
    "an OCI layout, a folder or a tar archive; IMAGE names what it does not name (repeatable)",
    collect,
  );
  addOnlineOptions(addAliasOption(addCompleteOption(command)), habits);
  return addLimitOptions(command);
}

/** Adds the flags that say where knowledge comes from: artifacts, trust, and the time. */
export function addKnowledgeOptions(command: Command, habits: Habits = {}): Command {
  addSourceOptions(command, habits)
    .option(
      "--trusted-root <file>",
      `a trusted_root.json, in place of the mirror's ${orVariable("SALLYPORT_TRUSTED_ROOT")}`,
    )
    .option("--distrust <file>", "a list of what is never trusted, beside the mirror's own (repeatable)", collect)
    .option("--at <time>", "judge as if it were this time (RFC 3339)");
  return addCryptoOption(addTrustOptions(command));
}

export interface OpenKnowledge {
  readonly knowledge: Knowledge;
  readonly limits: Limits;
  /** Who calculates signatures. */
  readonly crypto: SignatureVerifier;
  /** Under which names repositories are mirrored. */
  readonly aliases: OpenAliases;
  /** Whether a mirror or a layout was named, or anybody may be asked. */
  readonly hasSource: boolean;
  /** The mirror's folder, as it was given. */
  readonly store?: string;
  /** Where the mirror is a snapshot of. */
  readonly snapshotOf?: string | undefined;
  /** Whose policies and settings count where no others are named. */
  readonly capsule?: Capsule;
  /** Of the mirror. */
  readonly contentId?: () => Digest;
  /** The tags of a repository that name an image here, as a question names it. */
  readonly tagsOf: (repository: string) => readonly string[];
  /** What a tag is here, for people. */
  readonly digestOf: (repository: string, tag: string) => string | undefined;
  /** Whether registries are asked for what is not known. */
  readonly online: boolean;
  /** The cluster, where it may be asked, and how long. */
  readonly cluster?: Cluster;
  readonly signal?: AbortSignal;
  /** The time of the decision. */
  readonly now: Date;
  /** The default trusted root of policies, and how it is verified. */
  readonly trust: { readonly trustRoot: string; readonly trust: TrustSettings };
  /** Attempts with what is known; `access` is in whose name images are asked for. */
  settle<Result extends Attempt>(
    attempt: (knowledge: Knowledge, now: Date) => Result,
    access?: PullAccess,
  ): Promise<Result>;
  /** Who could not be asked, where earlier answers were used in its place. */
  outages(): readonly Outage[];
  /** Receives a signed time that a decision proved. The mirror keeps the newest one. */
  saw(signed: Date | undefined): void;
  /** Receives a checkpoint that a decision verified. The mirror keeps the newest one of each log. */
  sawCheckpoint(note: string): void;
  close(): void;
}

/**
 * What a reading finds, once nothing more can be asked for.
 * @throws EngineError as the reading does then.
 */
export async function readSettled<Result>(
  opened: OpenKnowledge,
  read: (knowledge: Knowledge) => Result,
): Promise<Result> {
  const { outcome } = await opened.settle((knowledge) => {
    const recorded = new RecordingKnowledge(knowledge);
    return { outcome: attempt(() => read(recorded)), open: recorded.open() };
  });
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

interface CommandLineRoot {
  readonly value: TrustedRootSource;
  readonly from: string;
}

/** A trusted_root.json, or a folder of TUF metadata. */
function readCommandLineRoot(
  file: string | undefined,
  options: KnowledgeOptions,
  io: CommandIO,
): CommandLineRoot | undefined {
  if (file !== undefined) {
    const bytes = io.readFile(file);
    const flag = options.trustedRoot === undefined ? "SALLYPORT_TRUSTED_ROOT" : "--trusted-root";
    asGiven({ path: file, content: bytes, limits: io.limits, flag }, aTrustedRoot, () =>
      parseTrustedRoot(bytes, io.limits),
    );
    return { value: { form: "pinned", bytes }, from: "--trusted-root" };
  }
  const folder = tufFolder(options);
  return folder === undefined ? undefined : { value: readTufFolder(folder, io), from: "--tufMirror" };
}

const unchanging: SourceState = { version: "" };

/**
 * Files of the command line that answer questions: one trusted root for every name, key files and `env://` variables by
 * reference.
 */
class CommandLineKnowledge implements Knowledge {
  readonly #io: CommandIO;
  readonly #trustedRoot: CommandLineRoot | undefined;
  readonly #at: string;
  readonly #keys = new Map<string, Answer>();

  constructor(io: CommandIO, trustedRoot: CommandLineRoot | undefined, at: string) {
    this.#io = io;
    this.#trustedRoot = trustedRoot;
    this.#at = at;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return this.#find(question) as AnswerTo<Q> | undefined;
  }

  /** Nothing changes while the command runs. */
  state(): SourceState {
    return unchanging;
  }

  #find(question: Question): Answer | undefined {
    if (question.kind === "trusted-root" && this.#trustedRoot !== undefined)
      return { state: "present", at: this.#at, ...this.#trustedRoot };
    return question.kind === "key" ? this.#key(question.reference) : undefined;
  }

  /** A file is read once, so that a command decides from one state of it even if it changes. */
  #key(reference: string): Answer | undefined {
    const held = this.#keys.get(reference);
    if (held !== undefined) return held;
    const answer = this.#readKey(reference);
    if (answer !== undefined) this.#keys.set(reference, answer);
    return answer;
  }

  #readKey(reference: string): Answer | undefined {
    const name = /^env:\/\/(.+)$/.exec(reference)?.[1];
    if (name !== undefined) {
      const value = this.#io.env[name];
      return value === undefined
        ? { state: "absent", at: this.#at, from: "the environment" }
        : { state: "present", value: this.#publicOf(reference, value), at: this.#at, from: reference };
    }
    const path = /^(?:file:\/\/)?(\.{0,2}\/.*)$/.exec(reference)?.[1];
    if (path === undefined) return undefined;
    if (this.#io.pathKind(path) === "none") return { state: "absent", at: this.#at, from: "the file system" };
    const value = this.#publicOf(reference, readKeyFile(path, this.#io));
    return { state: "present", value, at: this.#at, from: path };
  }

  /**
   * A policy names any file and any variable; what is no public key may be a secret, which no record is to hold.
   * @throws EngineError `no-key`
   */
  #publicOf(reference: string, text: string): string {
    readKeys(reference, text, this.#io.limits);
    return text;
  }
}

/** A key file that a policy names. @throws EngineError `no-key` when it cannot be read as text. */
function readKeyFile(path: string, io: CommandIO): string {
  try {
    return decodeUtf8(io.readFile(path));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("no-key", `the key file cannot be read: ${error.message}`, { subject: path, cause: error });
  }
}

/** @throws EngineError `invalid-usage` when the text is not an RFC 3339 time, or its date does not exist. */
export function parseTimeFlag(text: string, flag: string): Date {
  try {
    return parseInstant(text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(
      "invalid-usage",
      `${flag} takes a time such as 2026-11-22T17:03:00Z, not ${JSON.stringify(text)}`,
      {
        subject: flag,
        cause: error,
      },
    );
  }
}

/** The files and variables that settings and policies name: a trusted root, key files. */
export const givenKnowledge = (
  options: Pick<KnowledgeOptions, "trustedRoot" | "tufMirror">,
  io: CommandIO,
  now: Date,
): Knowledge =>
  new CommandLineKnowledge(
    io,
    readCommandLineRoot(options.trustedRoot, options as KnowledgeOptions, io),
    now.toISOString(),
  );

/**
 * Opens everything that the flags name. The caller closes it.
 * @throws EngineError `invalid-usage`, and as `openMirror` and `openLayout`.
 */
export async function openKnowledge(
  options: KnowledgeOptions,
  io: CommandIO,
  more: readonly Knowledge[] = [],
  access?: () => RegistryAccess,
): Promise<OpenKnowledge> {
  const now = options.at === undefined ? io.now() : parseTimeFlag(options.at, "--at");
  if (options.at !== undefined) say(`judged as of ${now.toISOString()}, not now`, io);
  const rootFile = options.trustedRoot ?? fromEnvironment("SALLYPORT_TRUSTED_ROOT", io);
  const isOfCapsule = options.capsule !== undefined;
  if (isOfCapsule) refuseBesideCapsule(options);
  const store = options.store ?? (isOfCapsule ? undefined : fromEnvironment("SALLYPORT_STORE", io));
  const trustedRoot = readCommandLineRoot(rootFile, options, io);
  const limits = readLimits(options, io);
  const crypto = readCrypto(options, io);
  // Only who names a layout pays for reading layouts.
  const layouts =
    options.layout === undefined ? [] : await (await import("./layouts.ts")).openLayouts(options, limits, io);
  const capsule =
    options.capsule === undefined
      ? undefined
      : (await import("./capsule-flags.ts")).openGivenCapsule(options, { limits, crypto }, io);
  const aliases = await readAliases(withAliases(options, capsule), limits, io);
  const online = !isOfCapsule && isOnline(options, io);
  const mirror = store === undefined ? undefined : openStoreFor(store, online, limits, io);
  const given = joinedKnowledge([
    new CommandLineKnowledge(io, trustedRoot, now.toISOString()),
    ...more,
    ...layouts,
    ...(capsule === undefined ? [] : [options.at === undefined ? capsule.knowledge : timeless(capsule.knowledge)]),
  ]);
  const knowledge =
    mirror === undefined
      ? given
      : joinedKnowledge([given, options.at === undefined ? mirror.knowledge() : timeless(mirror.knowledge())]);
  let newest: Date | undefined;
  const checkpoints = new SeenCheckpoints(limits);
  // Times proven with the command line's trust are not stored: the mirror's trust did not prove them.
  const keeps = mirror !== undefined && trustedRoot === undefined && options.tufRoot === undefined;
  let asking: Online | undefined;
  const outages = (): readonly Outage[] => toOutages(asking?.usedInOutages() ?? []);
  const close = (): void => {
    asking?.close();
    tellOutages(outages(), io.now(), io);
    const seen = { signed: newest, checkpoints: checkpoints.newest() };
    const forks = [...checkpoints.forks()];
    const hasNews = keeps && mirror !== undefined && isNews(seen, mirror);
    for (const layout of layouts) layout.close();
    mirror?.close();
    if (hasNews)
      forks.push(...keepSeen(mirror.folder, seen, { at: io.now().toISOString(), from: "a decision" }, mirror.limits));
    for (const fork of new Set(forks)) warn(fork, io);
  };
  try {
    const said = readTrustSettings(options, io, {
      ...capsule?.settings.trust?.initialRoots,
      ...mirror?.knowledge().tufRoots(),
    });
    const trust = { ...capsule?.settings.trust, ...said };
    if (online || options.cluster === true) {
      const { openOnline } = await import("./open-online.ts");
      const known = {
        knowledge,
        given,
        mirror,
        now,
        limits,
        initialRoots: trust.initialRoots ?? {},
        access: naming(access?.(), aliases),
      };
      asking = await openOnline(options as OnlineOptions, online, io, {
        ...known,
        writes: mirror?.isWritable === true,
      });
    }
    const run = asking?.run;
    return {
      knowledge: run?.knowledge ?? knowledge,
      settle: (attempt, pulled) => {
        const asked = pulled === undefined ? run : asking?.runFor(pulled);
        return asked === undefined
          ? Promise.resolve(attempt(knowledge, now))
          : asked.settle(attempt, limits.settleRounds);
      },
      outages,
      limits,
      crypto,
      aliases,
      hasSource: layouts.length > 0 || mirror !== undefined || capsule !== undefined || online,
      ...(capsule === undefined ? {} : { capsule }),
      ...(store === undefined ? {} : { store }),
      ...(mirror === undefined
        ? {}
        : { contentId: () => mirror.contentId(), snapshotOf: mirror.currentSnapshot?.from }),
      tagsOf: (repository) => {
        const inLayouts = layouts.flatMap((layout) => layout.images());
        const named = inLayouts.flatMap((image) => (image.repository === repository ? (image.tag ?? []) : []));
        return [...new Set([...named, ...(mirror?.tags(repository) ?? [])])];
      },
      digestOf: (repository, tag) => {
        const answer = knowledge.answer({ kind: "tag", repository, tag });
        return answer?.state === "present" ? answer.value.digest : undefined;
      },
      online,
      ...(asking?.cluster === undefined ? {} : { cluster: asking.cluster, signal: asking.signal }),
      now,
      trust: { trustRoot: options.trust ?? capsule?.settings.trustRoot ?? defaultTrustName, trust },
      saw: (signed) => {
        newest = later(newest, signed);
      },
      sawCheckpoint: (note) => checkpoints.add(note),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Answers of two sources that contradict each other would be joined without a word: the capsule is what was signed.
 * @throws EngineError `invalid-usage`
 */
function refuseBesideCapsule({ store, online, registry }: KnowledgeOptions & Partial<OnlineOptions>): void {
  const flag = store !== undefined ? "--store" : online === true || registry === true ? "--online" : undefined;
  if (flag !== undefined)
    throw new EngineError("invalid-usage", `--capsule decides without a mirror and a network: leave ${flag} out`, {
      subject: flag,
    });
}

/** Aliases of the capsule, where no others are named. */
const withAliases = (options: KnowledgeOptions, capsule: Capsule | undefined): KnowledgeOptions =>
  options.alias !== undefined || capsule?.settings.aliases === undefined
    ? options
    : { ...options, alias: capsule.settings.aliases.map(({ logical, physical }) => `${logical}=${physical}`) };

/** The hosts of an alias count as named by the command line: they get its credentials. */
const naming = (access: RegistryAccess | undefined, { list }: OpenAliases): RegistryAccess | undefined =>
  access === undefined
    ? undefined
    : {
        ...access,
        hosts: [
          ...access.hosts,
          ...list.flatMap(({ logical, physical }) => [logical, physical].map((place) => place.split("/")[0] ?? "")),
        ],
      };

/** A command that asks keeps the answers, unless another one is writing the mirror, or nobody can. */
function openStoreFor(store: string, online: boolean, limits: Limits, io: CommandIO): Mirror {
  const read = (): Mirror => openMirror(store, { mode: "read", limits });
  if (!online) return read();
  try {
    return openMirror(store, { mode: "write", limits, holder: lockHolder(io) });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code === "mirror-busy") return read();
    if (error.remedy !== "store-access") throw error;
    const mirror = readable(read);
    if (mirror === undefined) throw error;
    note(`answers are not kept: ${error.message}`, io);
    return mirror;
  }
}

/** Nothing, where there is no mirror that can be read either. */
function readable(read: () => Mirror): Mirror | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "invalid-usage") throw error;
    return undefined;
  }
}

/** A source as of the time of `--at`: later signed times do not count. */
const timeless = (source: Knowledge): Knowledge => ({
  answer: (question) => source.answer(question),
  claims: (question) => source.claims?.(question) ?? [],
  facts: (scope) => source.facts?.(scope) ?? [],
  hold: () => hold(source),
  state: () => ({ ...source.state?.(), newestSignedTime: undefined }),
});
