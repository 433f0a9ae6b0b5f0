/** What to do about a failure, as it is shown. Source: docs/spec/command-line.md#error-messages. */
import {
  codeRow,
  type EngineError,
  type ErrorCode,
  fixes,
  policyFixes,
  type Remedy,
  remedies,
} from "../../core/errors.ts";
import { openQuestions } from "../../core/knowledge/ask.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { imageName } from "../../core/kyverno/outcome/message.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";
import { type Failure, failureOf } from "../../core/verdict.ts";

/** What is known of the failure beside its code. */
export interface Failed {
  readonly code: ErrorCode;
  readonly remedy?: Remedy | undefined;
  readonly question?: Question | undefined;
  readonly subject?: string | undefined;
}

/** What the fixes of a command's errors may take from its command line. */
export const saidBy = (
  command: string,
  { store }: { readonly store?: string },
  env: Readonly<Record<string, string | undefined>>,
): Said => ({ command, store: store ?? (env.SALLYPORT_STORE || undefined) });

/** What the command line said: the command, and the folder of the mirror. */
export interface Said {
  readonly command?: string | undefined;
  readonly store?: string | undefined;
}

export interface FixSettings {
  /** A mirror or a layout was named. */
  readonly hasSource: boolean;
  /** Registries were asked: what they lack is not brought in by hand. */
  readonly online?: boolean;
  /** A policy says who must have signed, not flags. */
  readonly byPolicy?: boolean;
  /** Types of the attestations of an image. */
  readonly typesOn?: (subject: string) => readonly string[];
  /** Where the mirror is a snapshot of: it is not written here. */
  readonly snapshotOf?: string | undefined;
  /** A capsule decides: the mirror that it was made of is elsewhere. */
  readonly ofCapsule?: boolean;
  /** A record does not say whether a mirror or a capsule decided. */
  readonly ofRecord?: boolean;
  /** The tags of a repository that are here. */
  readonly tagsOf?: (repository: string) => readonly string[];
  /** What a tag is here. */
  readonly digestOf?: (repository: string, tag: string) => string | undefined;
  readonly said?: Said;
  /** The key that was asked for, as the command line names it. */
  readonly key?: string;
}

const artifact = (question: Question): boolean =>
  question.kind === "tag" || question.kind === "manifest" || question.kind === "blob" || question.kind === "referrers";

/** What helps against an answer that nobody gave. An outage has helps of its own, whatever was asked for. */
function remedyOf({ code, question }: Failed): Remedy | undefined {
  // An expression has no question: this one was not asked in time.
  if (code === "over-budget" && question !== undefined)
    return question.kind === "log-entry" ? "log-entry" : "more-time";
  if (question === undefined || !["not-in-mirror", "no-key", "no-trust"].includes(code)) return undefined;
  if (artifact(question)) return "artifact";
  if (question.kind === "key") return question.reference.startsWith("k8s://") ? "pinned-secret" : undefined;
  return question.kind === "cluster" || question.kind === "log-entry" ? question.kind : undefined;
}

/** Whether an artifact is what the mirror does not have. */
const lacks = ({ code, question, remedy }: Failed): boolean =>
  remedy === undefined &&
  (code === "not-in-mirror" || code === "no-signature") &&
  (question === undefined || artifact(question));

/** Puts a value in place of a word in capitals, if a shell needs no quotes for the value. */
const replaced = (text: string, word: string, value: string | undefined): string =>
  value !== undefined && /^[A-Za-z0-9._:/@+-]+$/.test(value)
    ? text.replaceAll(new RegExp(`\\b${word}\\b`, "g"), () => value)
    : text;

/**
 * An image as the name of what a layout does not name: with the tag that is meant where none is written. A digest names
 * itself.
 */
function nameForLayout(image: string): string {
  const [name = image, digest] = image.split("@");
  return digest !== undefined || name.lastIndexOf(":") > name.lastIndexOf("/") ? name : `${name}:latest`;
}

/** A fix in which the image is named. */
export const withImage = (fix: string, image: string): string =>
  replaced(replaced(fix, "IMAGE(?==LAYOUT)", nameForLayout(image)), "IMAGE", image);

/** One thing to do, for the screen: commands in it are in backquotes. */
export function markedFix(failed: Failed, settings: FixSettings = { hasSource: true }): string {
  const { typesOn, byPolicy, said = {} } = settings;
  const { code, question, subject } = failed;
  const [type, ...more] = code === "no-signature" && subject !== undefined ? (typesOn?.(subject) ?? []) : [];
  if (type !== undefined) {
    const text = replaced(remedies.attestations, "TYPE", type);
    return more.length === 0 ? text : `${text}; other types: ${more.slice(0, 4).join(", ")}`;
  }
  const tags = tagsInstead(failed, settings);
  const remedy = remedyIn(failed, settings, tags);
  const forPolicy = byPolicy === true ? policyFixes[remedy ?? code] : undefined;
  const text = forPolicy ?? (remedy === undefined ? fixes[code] : remedies[remedy]);
  // Of a file that was given, the fix is about that file.
  const filled = replaced(
    text,
    "FILE",
    (remedy !== undefined && code === "invalid-usage") || remedy === "capsule" ? subject : undefined,
  );
  const named = replaced(filled, "REFERENCE", question?.kind === "key" ? question.reference : undefined);
  const ofRoot = replaced(named, "NAME", question?.kind === "trusted-root" ? question.name : undefined);
  const { command, store } = said;
  const placed = replaced(ofRoot, "PLACE", settings.snapshotOf);
  const whole = replaced(command === undefined ? placed : placed.replaceAll("COMMAND", command), "STORE", store);
  const asked = settings.online !== true && (remedy === "artifact" || remedy === "other-tag");
  const withOnline = asked ? `${whole}; or ask its registry: \`--online\`` : whole;
  return tags.length === 0 ? withOnline : `${withOnline}; here: ${tags.join(", ")}`;
}

/** At most five other tags of the repository that are here, as `web:1.0`, where one is asked for that is not. */
function tagsInstead({ code, question }: Failed, { tagsOf }: FixSettings): readonly string[] {
  if (code !== "not-in-mirror" || question?.kind !== "tag") return [];
  const { repository } = question;
  const name = repository.slice(repository.lastIndexOf("/") + 1);
  return (tagsOf?.(repository) ?? []).slice(0, 5).map((tag) => `${name}:${tag}`);
}

/** What only the mirror can mend of which a capsule is made. */
const ofMirror: ReadonlySet<ErrorCode> = new Set(["not-in-mirror", "no-signature", "no-key", "no-trust", "stale"]);

function remedyIn(
  failed: Failed,
  { hasSource, online, said, snapshotOf, ofCapsule, ofRecord }: FixSettings,
  tags: readonly string[],
): Remedy | undefined {
  const { code, question } = failed;
  if (!hasSource && codeRow(code).truth === "unknown" && question !== undefined && artifact(question))
    return "no-source";
  if (code === "mirror-corrupt" && said?.command === "mirror check") return "new-mirror";
  // Nothing is brought into a replica but what its publisher has.
  if (snapshotOf !== undefined && online !== true && lacks(failed))
    return code === "no-signature" ? "sign-snapshot" : "of-snapshot";
  const remedy = failed.remedy ?? remedyOf(failed);
  const mends = ofCapsule === true ? "of-capsule" : ofRecord === true ? "of-record" : undefined;
  if (mends !== undefined && (ofMirror.has(code) || remedy === "old-mirror" || remedy === "policy-trust-age"))
    return mends;
  if (tags.length > 0 && failed.remedy === undefined) return "other-tag";
  return failed.remedy ?? (code === "no-signature" && online === true ? "sign" : remedy);
}

const ownFixes = new WeakMap<EngineError, string>();

/**
 * The same error with a fix of its own: for several values, of which the texts of `core/errors.ts` have places for one.
 * Commands in it are in backquotes.
 */
export function withFix(error: EngineError, fix: string): EngineError {
  ownFixes.set(error, fix);
  return error;
}

/** What to do about an error, for the screen: its own fix, else that of its code. */
export function errorFix(error: EngineError, settings?: FixSettings): string {
  const { code, remedy, subject } = error;
  const [question] = openQuestions(error);
  return ownFixes.get(error) ?? markedFix({ code, remedy, subject, question }, settings);
}

/** A fix without the marks. */
export const plainFix = (fix: string): string => fix.replaceAll("`", "");

/** One thing to do, for documents. */
export const fixText = (failed: Failed, settings?: FixSettings): string => plainFix(markedFix(failed, settings));

/** The fix of the failure of a rule, with the image that it is about. */
export const ruleFix = ({ image }: RuleResult, failure: Failure, settings: FixSettings): string =>
  image === undefined ? markedFix(failure, settings) : imageFix(image, failure, settings);

interface NamedImage {
  readonly image: string;
  readonly logical?: string | undefined;
}

/** The fix of a failure of an image, which may have two names. */
export const imageFix = (image: NamedImage, failure: Failure, settings: FixSettings): string =>
  aliasFix(image, failure, settings) ?? withImage(markedFix(failure, settings), imageOfFix(image, failure));

/** What helps where the tag of one name is here, and that of the other one is asked for. */
function aliasFix(
  { image, logical }: NamedImage,
  { code, question }: Failed,
  settings: FixSettings,
): string | undefined {
  if (logical === undefined || code !== "not-in-mirror" || question?.kind !== "tag") return undefined;
  const { tag } = question;
  const physical = repositoryOf(image);
  const other = question.repository === physical ? repositoryOf(logical) : physical;
  if (settings.tagsOf?.(other).includes(tag) !== true) return undefined;
  const here = `${other}:${tag}`;
  if (other === physical)
    return (
      `the mirror has it as ${here}, and what it is an alias of is not here: leave the alias out; or bring it in ` +
      `where there is a network: \`sallyport mirror sync --store ${settings.said?.store ?? "STORE"} ${logical}\``
    );
  const digest = settings.digestOf?.(other, tag);
  return (
    `name it by its digest: \`${physical}:${tag}@${digest ?? "sha256:DIGEST"}\`, which is what ${here} is here; ` +
    "a tag of the mirror counts only where somebody asked that mirror"
  );
}

/** Of a reference with a registry, without tag and digest. */
const repositoryOf = (reference: string): string => {
  const [name = reference] = reference.split("@");
  return name.lastIndexOf(":") > name.lastIndexOf("/") ? name.slice(0, name.lastIndexOf(":")) : name;
};

/** The name that a fix is about: the mirror's where its own tag is at fault, else the one that is judged. */
const imageOfFix = (
  { image, logical }: { readonly image: string; readonly logical?: string | undefined },
  { subject }: Pick<Failure, "subject">,
): string => (logical === undefined || subject === image ? image : logical);

interface RuleFailure {
  readonly result: RuleResult;
  readonly failure: Failure;
  readonly fix: string;
}

/**
 * Whether another failure says the same and more: with the same code it names the image, or what is not known of it.
 */
const isVaguer = ({ result: { image }, failure }: RuleFailure, others: readonly RuleFailure[]): boolean =>
  others.some(
    ({ result, failure: { code, question } }) =>
      code === failure.code &&
      (image === undefined
        ? result.image !== undefined
        : image.image === result.image?.image && failure.question === undefined && question !== undefined),
  );

/** Whether a failure only says what follows from another one: of any image, or of the image that has no digest. */
const follows = ({ result, failure }: RuleFailure, others: readonly RuleFailure[]): boolean =>
  failure.code === "unverified-image"
    ? others.some((other) => other.failure.code !== failure.code)
    : failure.code === "missing-digest" &&
      others.some(
        ({ result: { image, policy, rule } }) =>
          image !== undefined &&
          policy === result.policy &&
          rule === result.rule &&
          failure.reason.endsWith(` ${imageName(image)}`),
      );

/**
 * The fixes of the failures of rules, each once, in their order: `fix for no-signature: …`. What only follows has no
 * fix of its own where another failure says what the verification lacks. A fix for several images names none.
 */
export function fixLines(results: readonly RuleResult[], settings: FixSettings): readonly string[] {
  const failures = results.flatMap((result): readonly RuleFailure[] => {
    const failure = failureOf(result);
    return failure === undefined ? [] : [{ result, failure, fix: markedFix(failure, settings) }];
  });
  const shown = failures.filter((one) => !follows(one, failures) && !isVaguer(one, failures));
  const lines = shown.map(({ result, failure, fix }) => {
    const images = shown.flatMap((one) => (one.fix === fix ? (one.result.image?.image ?? []) : []));
    const isOne = new Set(images).size === 1;
    return `fix for ${failure.code}: ${isOne ? ruleFix(result, failure, settings) : fix}`;
  });
  return [...new Set(lines)];
}
