/**
 * Aliases: a repository's logical name, by which policies know it and its signatures are found, and the physical name
 * under which it is mirrored. An alias only says which name is judged; the digest proves what it is. Source:
 * docs/spec/offline.md#aliases.
 *
 *     ghcr.io/org = mirror.corp/ghcr.io/org
 *     mirror.corp/ghcr.io/org/app:1 is judged as ghcr.io/org/app:1
 */
import type { Digest } from "../crypto/digest.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { type ImageReference, parsePlace, parseReference, repositoryForFetching, withDigest } from "./reference.ts";

export interface Alias {
  /** `host[:port]`, with or without a path. */
  readonly logical: string;
  /** The same; what lies below it is what lies below the logical name. */
  readonly physical: string;
  /** Where it is said, for messages. */
  readonly from?: string;
}

/** The logical name of an image that a resource names otherwise. */
export interface MirroredName {
  readonly reference: ImageReference;
  /** It, and the other spelling of an official image of Docker Hub. A pattern for either selects the image. */
  readonly names: readonly ImageReference[];
}

export interface Aliases {
  /** @throws EngineError as `parseReference` for a name that is none there. */
  logicalOf(image: ImageReference): MirroredName | undefined;
}

export const noAliases: Aliases = { logicalOf: () => undefined };

const refuse = (message: string, { from, logical, physical }: Alias): never => {
  throw new EngineError("invalid-config", message, { subject: from ?? `${logical}=${physical}` });
};

/** The place with the one spelling of its host. @throws EngineError `invalid-config`, `over-limit`. */
function readPlace(text: string, alias: Alias, limits: Limits): string {
  if (text.length > limits.referenceBytes)
    throw new EngineError("over-limit", `an alias of ${text.length} characters`, { subject: text.slice(0, 64) });
  if (/[*?]/.test(text)) return refuse(`${text}: an alias has no wildcards; it counts for all that is below it`, alias);
  const place = parsePlace(text.replace(/\/$/, ""));
  if (place !== undefined) return place;
  const why = /@|:[^/]*$/.test(text.slice(text.lastIndexOf("/")))
    ? "an alias is of repositories, so that it has neither tag nor digest"
    : "expected a registry, with or without a path below it, such as docker.io/library";
  return refuse(`${text}: ${why}`, alias);
}

/**
 * `LOGICAL=PHYSICAL`.
 * @throws EngineError `invalid-config` for a text without one of them.
 */
export function parseAlias(text: string, from: string): Alias {
  const [logical = "", physical = "", ...more] = text.split("=").map((part) => part.trim());
  const alias = { logical, physical, from };
  if (logical === "" || physical === "" || more.length > 0)
    return refuse(
      `${JSON.stringify(text)}: expected LOGICAL=PHYSICAL, such as ghcr.io/org=mirror.corp/ghcr.io/org`,
      alias,
    );
  return alias;
}

/** The name itself, and all above it up to the registry. */
function* withParents(place: string): Generator<string> {
  for (let at = place; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) yield at;
}

/** Reads aliases one by one, and keeps those that fit to what was kept before. */
class Table {
  readonly byPhysical = new Map<string, Alias>();
  /** Logical and physical names, and all above them, with an alias that has them. */
  readonly #aboveLogical = new Map<string, Alias>();
  readonly #logical = new Map<string, Alias>();
  readonly #abovePhysical = new Map<string, Alias>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** The alias with the spelling that counts. @throws EngineError */
  read(alias: Alias): Alias {
    const spelled = (text: string): string => readPlace(text, alias, this.#limits);
    return { ...alias, logical: spelled(alias.logical), physical: spelled(alias.physical) };
  }

  /** Why it cannot count beside the others; undefined where it can. */
  faultOf(alias: Alias): string | undefined {
    const { logical, physical } = alias;
    if (logical === physical) return `${logical} is an alias of itself`;
    const same = this.byPhysical.get(physical);
    if (same !== undefined && same.logical !== logical)
      return `${physical} has two logical names, ${same.logical} and ${logical}; it can be judged as one only`;
    const [within] = [
      ...[...withParents(logical)].map((name) => this.byPhysical.get(name)),
      this.#abovePhysical.get(logical),
      ...[...withParents(physical)].map((name) => this.#logical.get(name)),
      this.#aboveLogical.get(physical),
    ].filter((found) => found !== undefined);
    const other = within ?? (overlap(logical, physical) ? alias : undefined);
    return other === undefined
      ? undefined
      : `${logical}=${physical} and ${other.logical}=${other.physical} make a chain: a name is either logical or ` +
          "physical";
  }

  add(alias: Alias): void {
    this.byPhysical.set(alias.physical, alias);
    this.#logical.set(alias.logical, alias);
    for (const name of withParents(alias.logical)) this.#aboveLogical.set(name, alias);
    for (const name of withParents(alias.physical)) this.#abovePhysical.set(name, alias);
    if (this.byPhysical.size > this.#limits.aliases)
      throw new EngineError("over-limit", `more than ${this.#limits.aliases} aliases`, {
        subject: alias.from ?? alias.physical,
      });
  }
}

const overlap = (one: string, other: string): boolean =>
  `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);

/**
 * The table of aliases, each applied once: the longest physical name that an image lies below counts, and what it is
 * judged as is not looked up again.
 * @throws EngineError `invalid-config` for an alias that cannot be read, two logical names of one physical name, an
 * alias of itself, and a chain; `over-limit` past `aliases`.
 */
export function createAliases(given: readonly Alias[], limits: Limits): Aliases {
  if (given.length === 0) return noAliases;
  const table = new Table(limits);
  for (const one of given) {
    const alias = table.read(one);
    const fault = table.faultOf(alias);
    if (fault !== undefined) refuse(fault, alias);
    table.add(alias);
  }
  const prefixes = table.byPhysical;
  const whole = new Map(
    [...prefixes.values()]
      .filter(({ physical }) => physical.includes("/"))
      .map((alias) => [repositoryForFetching(alias.physical), alias]),
  );
  return {
    logicalOf(image) {
      const repository = image.fetchRepository;
      const own = whole.get(repository);
      // A registry alone is no repository: what has exactly this name is not below it.
      if (own?.logical.includes("/")) return named(own.logical, image, limits);
      const [, ...parents] = withParents(repository);
      for (const parent of parents) {
        const found = prefixes.get(parent);
        if (found !== undefined) return named(`${found.logical}${repository.slice(parent.length)}`, image, limits);
      }
      return undefined;
    },
  };
}

function named(repository: string, { tag, digest }: ImageReference, limits: Limits): MirroredName {
  const suffix = `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
  const reference = parseReference(`${repository}${suffix}`, limits);
  const official = /^docker\.io\/(library\/)?([^/]+)$/.exec(repository);
  if (official === null) return { reference, names: [reference] };
  const [, library, name = ""] = official;
  const other = `docker.io/${library === undefined ? `library/${name}` : name}`;
  return { reference, names: [reference, parseReference(`${other}${suffix}`, limits)] };
}

/** The name with the digest that was found for it. */
export const pinnedName = ({ reference, names }: MirroredName, digest: Digest): MirroredName => ({
  reference: withDigest(reference, digest),
  names: names.map((name) => withDigest(name, digest)),
});

export interface FoundAliases {
  /** Those that count: all that were said, and those found that fit to them. */
  readonly aliases: readonly Alias[];
  /** Those found that do not count, and why. */
  readonly leftOut: readonly { readonly alias: Alias; readonly why: string }[];
}

/**
 * Aliases that somebody said, and those that are found in files for another purpose. A fault of the first is thrown;
 * the second only count where they are clear: of two logical names of one place, neither does.
 * @throws EngineError as {@link createAliases}, for those that were said.
 */
export function joinAliases(said: readonly Alias[], found: readonly Alias[], limits: Limits): FoundAliases {
  createAliases(said, limits);
  const table = new Table(limits);
  for (const one of said) table.add(table.read(one));
  const saidOf = new Set(table.byPhysical.keys());
  const leftOut: { readonly alias: Alias; readonly why: string }[] = [];
  const readable = found.flatMap((one): readonly Alias[] => {
    try {
      return [table.read(one)];
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "invalid-config") throw error;
      leftOut.push({ alias: one, why: error.message });
      return [];
    }
  });
  const logicalNames = new Map<string, Set<string>>();
  for (const { logical, physical } of readable)
    logicalNames.set(physical, (logicalNames.get(physical) ?? new Set()).add(logical));
  for (const alias of readable) {
    // What somebody said of the same place wins.
    if (saidOf.has(alias.physical)) continue;
    const names = [...(logicalNames.get(alias.physical) ?? [])];
    const why =
      names.length > 1
        ? `${alias.physical} mirrors ${names.join(" and ")}: an alias has to say which`
        : table.faultOf(alias);
    if (why === undefined) table.add(alias);
    else leftOut.push({ alias, why });
  }
  return { aliases: [...table.byPhysical.values()], leftOut };
}

/**
 * Why an alias reaches further than is probably meant; undefined for one that does not. Whoever can push to the mirror
 * chooses the name by which an image is judged, among all that the alias covers.
 */
export function widthOf({ logical, physical }: Alias): string | undefined {
  if (!physical.includes("/"))
    return (
      `every image of ${physical} is judged as one of ${logical}; name the folder that mirrors it, such as ` +
      `${physical}/${logical}`
    );
  if (!logical.includes("/"))
    return (
      `whoever can push to ${physical} can give an image any name of ${logical}; name the organisations that are ` +
      `mirrored, such as ${logical}/ORG=${physical}/ORG`
    );
  return undefined;
}
