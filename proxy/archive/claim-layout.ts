/**
 * Claims of completeness about a layout: which may be made, and which stand in the mirror once the layout was added.
 * Source: docs/spec/offline.md#completeness.
 */
import { EngineError } from "../../core/errors.ts";
import { type CompletenessClaim, contradicts } from "../../core/knowledge/completeness-claim.ts";
import { questionSubject } from "../../core/knowledge/question-words.ts";
import { questionsOfImage } from "../../core/oci/completeness.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { lackingScopes } from "./lacking-scopes.ts";
import type { LayoutKnowledge } from "./oci-layout.ts";

/**
 * Whether a layout that is said to be complete can be.
 * @throws EngineError `invalid-usage` when Docker wrote it, which leaves signatures behind, or when it holds nothing
 * that the claim could be about.
 */
export function requireClaimable({ isDocker, complete, from }: LayoutKnowledge): void {
  if (isDocker)
    throw new EngineError(
      "invalid-usage",
      "an archive of docker save carries no signatures or attestations, so it is not complete",
      { subject: from, remedy: "docker-archive" },
    );
  if (complete.length === 0)
    throw new EngineError(
      "invalid-usage",
      "--complete is about the images that a layout holds, and here is none of the name that was given",
      { subject: from, remedy: "wider-claim" },
    );
}

/**
 * The claims of one addition. Make it before anything is added, tell it of each claim that ends, and let it store the
 * layout's claims at the end.
 */
export class AddedClaims {
  readonly #mirror: Mirror;
  readonly #layout: LayoutKnowledge;
  /** The scopes of images that a claim covered before. */
  readonly #covered: ReadonlySet<string>;
  readonly #made = new Set<string>();
  readonly #ended = new Map<string, CompletenessClaim>();

  constructor(mirror: Mirror, layout: LayoutKnowledge) {
    this.#mirror = mirror;
    this.#layout = layout;
    const scopes = layout.complete.map(({ scope }) => scope);
    this.#covered = new Set(scopes.filter((scope) => this.#covering(scope).length > 0));
  }

  /** The claims about all of an image; none for a wider scope. */
  #covering(scope: string): readonly CompletenessClaim[] {
    const [question] = questionsOfImage(scope) ?? [];
    return question === undefined ? [] : this.#mirror.knowledge().claims(question);
  }

  note(ended: readonly CompletenessClaim[]): void {
    for (const claim of ended) this.#ended.set(claim.scope, claim);
  }

  /**
   * Stores the layout's claims, but for those about content that is `lacking`, which it returns.
   * @throws EngineError `archive-incomplete` when the mirror holds more of an image, and nobody said that it is
   * complete.
   */
  store(lacking: ReadonlySet<string>): readonly CompletenessClaim[] {
    const { complete, repositories } = this.#layout;
    const scopes = complete.map(({ scope }) => scope);
    const open = lackingScopes(scopes, repositories.values(), lacking);
    const [withheld, whole] = [true, false].map((isOpen) => complete.filter(({ scope }) => open.has(scope) === isOpen));
    for (const claim of whole ?? []) {
      this.#made.add(claim.scope);
      if (this.#holds(claim)) this.#put(claim);
    }
    return withheld ?? [];
  }

  /**
   * A layout is not complete for an image of which the mirror holds more. If both were said to be complete, both
   * together are. A claim about a repository or a host is about the mirror, as it is now.
   */
  #holds({ scope }: CompletenessClaim): boolean {
    const more = this.#heldBeyond(scope);
    if (more === undefined) return true;
    if (!this.#covered.has(scope))
      throw new EngineError(
        "archive-incomplete",
        `the layout is said to be complete, and the mirror holds what it lacks: ${more}`,
        { subject: scope, remedy: "held-beyond" },
      );
    return this.#covering(scope).length === 0;
  }

  /** Something that hangs on the image in the mirror and not in the layout. */
  #heldBeyond(scope: string): string | undefined {
    const knowledge = this.#mirror.knowledge();
    const beyond = questionsOfImage(scope)?.find((question) =>
      contradicts(knowledge.answer(question), this.#layout.answer(question)),
    );
    return beyond === undefined ? undefined : questionSubject(beyond);
  }

  /** Of two claims about one scope the later one stays. */
  #put({ scope, at, from }: CompletenessClaim): void {
    const standing = this.#mirror
      .knowledge()
      .allClaims()
      .find((claim) => claim.scope === scope);
    if (standing === undefined || !(Date.parse(standing.at) > Date.parse(at)))
      this.#mirror.writer().setComplete(scope, { at, from });
  }

  /** The claims that ended, and were not made again. */
  ended(): readonly CompletenessClaim[] {
    return [...this.#ended.values()].filter(({ scope }) => !this.#made.has(scope));
  }
}
