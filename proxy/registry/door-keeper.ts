/**
 * What is served when policies guard pulls: images that they admit, with their layers; signatures and other referrers
 * always, because verdicts are made from them. Source: docs/spec/offline.md#policy-at-the-door.
 */
import type { Digest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import type { Manifest } from "../../core/oci/manifest.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { BoundedMap } from "../bounded-map.ts";
import { Flights } from "../flights.ts";
import { type Door, type DoorImage, imageText, type Verdict } from "./door/door.ts";
import { findNaming, namedBy } from "./named-blobs.ts";
import type { Refusal } from "./oci-error.ts";
import type { FailurePolicy } from "./pull-through.ts";
import type { Deadline } from "./shared-asker.ts";
import { isAmbiguous, isMaterial } from "./signed-material.ts";
import type { ManifestTarget } from "./target.ts";

/** `image`: content of an admitted image. `material`: of signatures, attestations, SBOMs; only text is served. */
export type Reach = "image" | "material";

export interface Passage {
  readonly refusal?: Refusal;
  /** Nobody knows whether it should be let in, and the failure policy lets it. */
  readonly warning?: string;
}

export interface DoorKeeperOptions {
  readonly door: Door;
  readonly mirror: Mirror;
  readonly failurePolicy: FailurePolicy;
  /** Hears each verdict of the door, and whether the image was let in under it. */
  readonly judged?: ((image: DoorImage, verdict: Verdict, isLetIn: boolean) => void) | undefined;
  readonly limits: Limits;
  readonly now: () => Date;
}

interface Reached {
  readonly reach: Reach;
  readonly until: number;
  readonly warning?: string;
}

/** How long a decision covers what its image reaches: the time of a pull. */
const reachedMs = 15 * 60_000;

export class DoorKeeper {
  readonly #options: DoorKeeperOptions;
  readonly #reached: BoundedMap<string, Reached>;
  readonly #judging = new Flights<Verdict>();

  constructor(options: DoorKeeperOptions) {
    this.#options = options;
    this.#reached = new BoundedMap(options.limits.doorReached);
  }

  /** Whether a manifest is given to a client; `manifest`: what its bytes say, if it is one. */
  async manifest(
    target: ManifestTarget,
    digest: Digest,
    manifest: Manifest | undefined,
    bytes: Uint8Array,
    deadline: Deadline,
  ): Promise<Passage> {
    const { repository } = target;
    const tag = target.kind === "tag" ? target.tag : undefined;
    if (isMaterial(tag, manifest) && !isAmbiguous(bytes, this.#options.limits)) {
      for (const { digest: named } of manifest.layers.concat(manifest.config ?? []))
        this.#reach(repository, named, { reach: "material" });
      return {};
    }
    const covered = tag === undefined ? this.#covered(repository, digest) : undefined;
    if (covered?.reach === "image") {
      this.#spread(repository, manifest, covered.warning);
      return shown(covered.warning);
    }
    const passage = await this.#judge({ repository, digest, ...(tag === undefined ? {} : { tag }) }, deadline);
    const passed =
      passage.refusal !== undefined && tag === undefined
        ? await this.#byParents(repository, digest, 0, { deadline, judged: 0 })
        : passage;
    if (passed.refusal !== undefined) return passed;
    this.#reach(repository, digest, { reach: "image", ...shown(passed.warning) });
    this.#spread(repository, manifest, passed.warning);
    return passed;
  }

  /** Whether a configuration or a layer is given to a client, and as what. */
  async blob(repository: string, digest: Digest, deadline: Deadline): Promise<Passage & { readonly reach?: Reach }> {
    const covered = this.#covered(repository, digest);
    if (covered !== undefined) return { reach: covered.reach, ...shown(covered.warning) };
    const { mirror, limits } = this.#options;
    // Nobody pulled its manifest lately, or the proxy was started since.
    const naming = findNaming(mirror, repository, digest, limits);
    if (naming.some(({ manifest }) => isMaterial(undefined, manifest))) return { reach: "material" };
    const passage = await this.#byParents(repository, digest, 0, { deadline, judged: 0 });
    return passage.refusal === undefined ? { reach: "image", ...passage } : passage;
  }

  /** What an admitted manifest names is admitted with it; a digest that no manifest names is judged by itself. */
  async #byParents(repository: string, digest: Digest, depth: number, search: Search): Promise<Passage> {
    const { mirror, limits } = this.#options;
    let passage: Passage | undefined;
    const parents = depth >= limits.doorDepth ? [] : findNaming(mirror, repository, digest, limits);
    for (const parent of parents) {
      if (search.judged >= limits.doorJudged) return { refusal: tooManyParents(digest) };
      const covered = this.#covered(repository, parent.digest);
      passage =
        covered?.reach === "image"
          ? shown(covered.warning)
          : await this.#judgeIn(search, { repository, digest: parent.digest });
      if (passage.refusal !== undefined) {
        const above = await this.#byParentsOnly(repository, parent.digest, depth + 1, search);
        if (above !== undefined) passage = above;
      }
      if (passage.refusal === undefined) {
        this.#reach(repository, digest, { reach: "image", ...shown(passage.warning) });
        return passage;
      }
    }
    return passage ?? this.#judgeIn(search, { repository, digest });
  }

  async #byParentsOnly(
    repository: string,
    digest: Digest,
    depth: number,
    search: Search,
  ): Promise<Passage | undefined> {
    const { mirror, limits } = this.#options;
    if (depth >= limits.doorDepth || findNaming(mirror, repository, digest, limits).length === 0) return undefined;
    return this.#byParents(repository, digest, depth, search);
  }

  #judgeIn(search: Search, image: DoorImage): Promise<Passage> {
    search.judged += 1;
    return this.#judge(image, search.deadline);
  }

  async #judge(image: DoorImage, deadline: Deadline): Promise<Passage> {
    const { door, failurePolicy } = this.#options;
    const key = `${image.repository}:${image.tag ?? ""}@${image.digest}`;
    const verdict = await this.#judging.join(key, () => door.judge(image, deadline));
    const passage = passageOf(image, verdict, failurePolicy);
    this.#options.judged?.(image, verdict, passage.refusal === undefined);
    return passage;
  }

  #covered(repository: string, digest: Digest): Reached | undefined {
    const found = this.#reached.get(`${repository}@${digest}`);
    return found !== undefined && this.#options.now().getTime() <= found.until ? found : undefined;
  }

  #spread(repository: string, manifest: Manifest | undefined, warning: string | undefined): void {
    for (const { digest } of manifest === undefined ? [] : namedBy(manifest))
      this.#reach(repository, digest, { reach: "image", ...shown(warning) });
  }

  /** Content of an admitted image is served as such, even if a signature names it too. */
  #reach(repository: string, digest: Digest, reached: Omit<Reached, "until">): void {
    const key = `${repository}@${digest}`;
    if (reached.reach === "material" && this.#covered(repository, digest)?.reach === "image") return;
    this.#reached.set(key, { ...reached, until: this.#options.now().getTime() + reachedMs });
  }
}

function passageOf(image: DoorImage, verdict: Verdict, failurePolicy: FailurePolicy): Passage {
  switch (verdict.verdict) {
    case "admitted":
      return {};
    case "refused":
      return {
        refusal: {
          status: 403,
          code: "DENIED",
          message: verdict.message,
          why: "refuted",
          facts: factsOf(image, verdict),
        },
      };
    case "unknown":
      return verdict.isIgnorable && failurePolicy === "Ignore"
        ? { warning: verdict.message }
        : {
            refusal: {
              status: 503,
              code: "UNAVAILABLE",
              message: verdict.message,
              why: verdict.code,
              facts: { code: verdict.code, ...factsOf(image, verdict) },
              ...(verdict.isIgnorable ? { headers: { "Retry-After": "10" } } : {}),
            },
          };
  }
}

/** A search for an image that has a digest, and is let in. */
interface Search {
  readonly deadline: Deadline;
  judged: number;
}

const tooManyParents = (digest: Digest): Refusal => ({
  status: 503,
  code: "UNAVAILABLE",
  message: `too many images have ${digest}: pull the manifest of yours again, and this is decided with it`,
  why: "overloaded",
});

const factsOf = (image: DoorImage, { message, by }: Exclude<Verdict, { verdict: "admitted" }>) => ({
  reason: message,
  image: imageText(image),
  ...by,
});

const shown = (warning: string | undefined): { readonly warning?: string } =>
  warning === undefined ? {} : { warning };
