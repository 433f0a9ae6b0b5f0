/**
 * Collects a list: what is named twice becomes one entry, and what cannot be used is a fault with its place. Source:
 * docs/spec/image-lists.md.
 */
import { EngineError, type ErrorCode } from "../../../core/errors.ts";
import type { Position } from "../../../core/kyverno/policy/policy.ts";
import type { Limits } from "../../../core/limits.ts";
import { type ImageReference, parseReference, verifiableDigest } from "../../../core/oci/reference.ts";
import { containsWildcard } from "../../../core/patterns/wildcard.ts";
import type { ImageList, ListedImage, ListedTags, ListSettings } from "./image-list.ts";
import { readRange } from "./select-tags.ts";

type Tags = ListedTags["tags"];

interface Fault {
  readonly place: string;
  readonly message: string;
  readonly code: ErrorCode;
}

/** How many are shown: nobody reads more. */
const maxShown = 20;
const maxNotes = 1000;

/** The text that a reference is listed under: parsed again it is the same reference. */
export const textOfReference = ({ repository, tag, digest }: ImageReference): string =>
  `${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;

export const lineOf = ({ file, line }: Position): string => `${file}:${line}`;

/** How a reference is written in other tools. */
const transport = /^(?:docker|oci|containers-storage|oci-archive|docker-archive|dir):/;

export class ListSink {
  readonly limits: Limits;
  readonly #images = new Map<string, ListedImage>();
  readonly #tags = new Map<string, ListedTags>();
  readonly #notes = new Set<string>();
  readonly #faults: Fault[] = [];
  #faultCount = 0;
  #seen = 0;
  /** Ends the whole reading, also where a single entry's errors are caught. */
  #full: EngineError | undefined;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** Entries, notes and faults so far, repeated ones too: whether a file holds anything. */
  get seen(): number {
    return this.#seen;
  }

  note(text: string): void {
    this.#seen++;
    if (this.#notes.size < maxNotes) this.#notes.add(text);
  }

  fault(place: Position, message: string, code: ErrorCode = "invalid-usage"): void {
    this.#seen++;
    this.#faultCount++;
    if (this.#faults.length < maxShown) this.#faults.push({ place: lineOf(place), message, code });
  }

  /** What `read` gives; a refusal of what the list holds becomes a fault at `placeOf` its subject. */
  attempt<T>(read: () => T, placeOf: (subject: string | undefined) => Position, code?: ErrorCode): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof EngineError) || error === this.#full) throw error;
      this.fault(placeOf(error.subject), error.message, error.code === "over-limit" ? error.code : code);
      return undefined;
    }
  }

  /**
   * One reference, or with a pattern in the place of its tag the tags of a repository. `tags` says which, where it
   * stands beside the reference.
   */
  entry(text: string, settings: ListSettings, place: Position, tags?: Tags): void {
    const [repository, pattern] = splitTag(text);
    const chosen = tags ?? (pattern !== undefined && containsWildcard(pattern) ? { glob: pattern } : undefined);
    if (chosen === undefined) this.image(text, settings, place);
    else if (tags !== undefined && (pattern !== undefined || text.includes("@")))
      this.fault(place, `${quoted(text)} has a tag or digest already; leave it out, or leave out tags`);
    else this.#addTags(repository, chosen, settings, place);
  }

  image(text: string, settings: ListSettings, place: Position, registry?: string): void {
    if (containsWildcard(text)) {
      this.fault(place, `${quoted(text)}: only a tag can be a pattern; name each repository`, "invalid-reference");
      return;
    }
    const image = this.#parse(text, place, registry);
    if (image !== undefined) this.#add(image, settings, place);
  }

  /** An image whose reference is parsed already. */
  parsed(image: ImageReference, place: Position): void {
    if (
      this.attempt(
        () => [verifiableDigest(image)],
        () => place,
        "invalid-reference",
      ) !== undefined
    )
      this.#add(image, {}, place);
  }

  #parse(text: string, place: Position, defaultRegistry?: string): ImageReference | undefined {
    const hint = transport.test(text) ? "; leave out what is before the first colon" : "";
    try {
      const image = parseReference(text, this.limits, defaultRegistry === undefined ? {} : { defaultRegistry });
      verifiableDigest(image);
      return image;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const why = error.message.replace(/^bad image: .*: (?=[^:]*$)/, "");
      this.fault(place, `${quoted(text)} is no image reference: ${why}${hint}`, "invalid-reference");
      return undefined;
    }
  }

  #add(image: ImageReference, settings: ListSettings, place: Position): void {
    const reference = textOfReference(image);
    const entry = { reference, ...settings, from: lineOf(place) };
    const merged = this.#merge(this.#images.get(reference), entry, reference, place);
    if (merged !== undefined) this.#images.set(reference, merged);
  }

  #addTags(text: string, tags: Tags, settings: ListSettings, place: Position): void {
    if (containsWildcard(text)) {
      this.fault(place, `${quoted(text)}: only a tag can be a pattern; name each repository`, "invalid-reference");
      return;
    }
    const chosen = typeof tags === "object" && "glob" in tags && tags.glob === "*" ? "all" : tags;
    if (typeof chosen === "object" && !this.#isUsable(chosen, place)) return;
    const repository = this.#parse(text, place)?.repository;
    if (repository === undefined) return;
    const key = `${repository} ${JSON.stringify(chosen)}`;
    const entry = { repository, tags: chosen, ...settings, from: lineOf(place) };
    const merged = this.#merge(this.#tags.get(key), entry, repository, place);
    if (merged !== undefined) this.#tags.set(key, merged);
  }

  #isUsable(tags: Exclude<Tags, "all">, place: Position): boolean {
    if ("range" in tags)
      return (
        this.attempt(
          () => readRange(tags.range, this.limits),
          () => place,
        ) !== undefined
      );
    if (tags.glob !== "" && tags.glob.length <= this.limits.patternBytes && /^[\w.*?-]+$/.test(tags.glob)) return true;
    this.fault(place, `${quoted(tags.glob)} matches no tag: tags have letters, digits, ".", "_" and "-"`);
    return false;
  }

  /** A setting that only one of the two has counts. */
  #merge<T extends ListSettings & { readonly from: string }>(
    before: T | undefined,
    entry: T,
    name: string,
    place: Position,
  ): T | undefined {
    this.#seen++;
    if (before === undefined) {
      if (this.#images.size + this.#tags.size < this.limits.listEntries) return entry;
      this.#full = new EngineError("over-limit", `the lists have more than ${this.limits.listEntries} entries`, {
        subject: lineOf(place),
      });
      throw this.#full;
    }
    if (before.children !== undefined && entry.children !== undefined && before.children !== entry.children) {
      this.fault(
        place,
        `${name} has children=${String(entry.children)} here, and children=${String(before.children)} at ` +
          `${before.from}; say the same in both places`,
      );
      return undefined;
    }
    return { ...entry, ...before };
  }

  /** @throws EngineError when anything could not be used, or nothing is listed. */
  finish(): ImageList {
    const [first, ...more] = this.#faults;
    if (first !== undefined) {
      const unshown = this.#faultCount - this.#faults.length;
      const others = more.map(({ place, message }) => `${place}: ${message}`);
      const rest = [...others, ...(unshown > 0 ? [`and ${unshown} more`] : [])].join("; ");
      throw new EngineError(
        first.code,
        `${first.message}${rest === "" ? "" : `; ${this.#faultCount - 1} more: ${rest}`}`,
        { subject: first.place },
      );
    }
    return { images: [...this.#images.values()], tags: [...this.#tags.values()], notes: [...this.#notes] };
  }
}

export const quoted = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** Repository and tag; a colon before the last slash is that of a port. */
function splitTag(text: string): readonly [string, string | undefined] {
  const colon = text.lastIndexOf(":");
  return colon <= text.lastIndexOf("/") || text.includes("@")
    ? [text, undefined]
    : [text.slice(0, colon), text.slice(colon + 1)];
}
