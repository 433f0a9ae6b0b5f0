/** The rules by which `mirror gc` keeps images. Source: docs/spec/offline.md#retention. */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import { matchWildcard } from "../../core/patterns/wildcard.ts";
import { parseReference, repositoryForFetching } from "../../core/oci/reference.ts";
import type { Retention } from "../../proxy/mirror/retention.ts";
import { selectTags } from "../../proxy/sync/lists/select-tags.ts";
import { collect, type CommandIO } from "../command.ts";
import { usage } from "./given-file.ts";
import { openImageList } from "./image-list.ts";
import { readPolicies } from "./policy-files.ts";
import { parseSpan } from "./trust-flags.ts";

export interface RetentionOptions {
  readonly keepLast?: string;
  readonly keepNewer?: string;
  readonly keep?: readonly string[];
  readonly keepList?: readonly string[];
  readonly keepPolicy?: readonly string[];
  readonly endClaims?: boolean;
}

export const addRetentionOptions = (command: Command): Command =>
  command
    .option("--keep-last <n>", "keep the newest N tags of each repository")
    .option("--keep-newer <span>", "keep what was last seen within this time, such as 90d")
    .option("--keep <pattern>", "keep images with such names: 'ghcr.io/acme/*:v*' (repeatable)", collect)
    .option("--keep-list <file>", "keep the images of a list, as mirror sync reads it (repeatable)", collect)
    .option("--keep-policy <file>", "keep the images that policies select (repeatable)", collect)
    .option("--end-claims", "also remove from repositories and hosts that are claimed to be complete; the claims end");

type Keeps = (name: string, repository: string, tag: string | undefined) => boolean;

/**
 * The rules that are given; `undefined` without any: then every image is kept.
 * @throws EngineError `invalid-usage`, and as the readers of lists and policies.
 */
export function readRetention(options: RetentionOptions, io: CommandIO): Retention | undefined {
  const { keepLast, keepNewer, keep = [], keepList = [], keepPolicy = [], endClaims } = options;
  if (keepLast !== undefined && !/^\d{1,9}$/.test(keepLast))
    throw usage(`--keep-last takes a number of tags, not ${JSON.stringify(keepLast)}`, "--keep-last");
  const hasRules = keepLast !== undefined || keepNewer !== undefined || keep.length + keepList.length > 0;
  if (!hasRules && keepPolicy.length === 0) {
    if (endClaims === true) throw usage("--end-claims belongs to a rule, such as --keep-last 3", "--end-claims");
    return undefined;
  }
  const patterns = [...keep, ...(keepPolicy.length === 0 ? [] : patternsOf(keepPolicy, io))];
  const rules: Keeps[] = [
    (name) => namesOf(name).some((one) => patterns.some((pattern) => matchWildcard(pattern, one, io.limits))),
    ...(keepList.length === 0 ? [] : [listed(keepList, io)]),
  ];
  return {
    ...(keepLast === undefined ? {} : { keepLast: Number(keepLast) }),
    ...(keepNewer === undefined ? {} : newerThan(parseSpan(keepNewer, "--keep-newer"), io.now())),
    keep: (name) => {
      const { repository, tag } = splitName(name);
      return rules.some((rule) => rule(name, repository, tag));
    },
    ...(endClaims === true ? { endClaims } : {}),
  };
}

const newerThan = (ms: number, now: Date) => ({ since: new Date(now.getTime() - ms), now });

function splitName(name: string): { readonly repository: string; readonly tag: string | undefined } {
  const at = name.indexOf("@");
  if (at !== -1) return { repository: name.slice(0, at), tag: undefined };
  const colon = name.lastIndexOf(":");
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** Policies and people leave `library/` out of Docker Hub's names. */
const namesOf = (name: string): readonly string[] =>
  name.startsWith("docker.io/library/") ? [name, name.replace("docker.io/library/", "docker.io/")] : [name];

/** A policy that does not load would keep nothing: it stops the command. */
function patternsOf(paths: readonly string[], io: CommandIO): readonly string[] {
  const { policies, errors } = readPolicies(paths, io);
  const [first] = errors;
  if (first !== undefined) throw new EngineError(first.code, first.message, { subject: `${first.file}:${first.line}` });
  return policies.flatMap(({ spec }) =>
    spec.rules.flatMap(({ verifyImages = [] }) => verifyImages.flatMap(({ imageReferences }) => imageReferences)),
  );
}

function listed(paths: readonly string[], io: CommandIO): Keeps {
  const { images, tags } = openImageList(paths, [], io);
  const names = new Set<string>();
  for (const { reference } of images) {
    const { fetchRepository, tag, digest } = parseReference(reference, io.limits);
    if (tag !== undefined) names.add(`${fetchRepository}:${tag}`);
    if (digest !== undefined) names.add(`${fetchRepository}@${digest}`);
  }
  const byRepository = new Map(tags.map((entry) => [repositoryForFetching(entry.repository), entry]));
  return (name, repository, tag) => {
    const entry = byRepository.get(repository);
    return (
      names.has(name) || (tag !== undefined && entry !== undefined && selectTags([tag], entry, io.limits).length > 0)
    );
  };
}
