/**
 * Which scopes of a layout lack content that decisions read: nothing is said to be complete there. Source:
 * docs/spec/offline.md#completeness.
 */
import type { Digest } from "../../core/crypto/digest.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { hostOf, imageScope } from "../../core/oci/completeness.ts";
import type { LayoutRepository } from "./layout-repositories.ts";

const tagKinds = ["signature", "attestation", "sbom"] as const;

/** Those of `scopes` whose images, or what hangs on them, name content of `lacking`. */
export function lackingScopes(
  scopes: readonly string[],
  repositories: Iterable<LayoutRepository>,
  lacking: ReadonlySet<string>,
): ReadonlySet<string> {
  const wanted = new Set(scopes);
  const found = new Set<string>();
  for (const contents of repositories) {
    const { repository, blobs, manifests } = contents;
    if (![...blobs.keys()].some((digest) => lacking.has(digest))) continue;
    for (const scope of [repository, hostOf(repository)]) if (wanted.has(scope)) found.add(scope);
    for (const digest of manifests.keys()) {
      const scope = imageScope(repository, digest);
      if (wanted.has(scope) && lacks(contents, digest, lacking)) found.add(scope);
    }
  }
  return found;
}

/** Whether content of the image, of its children, or of what hangs on any of them is lacking. */
function lacks({ tags, manifests, referrers }: LayoutRepository, image: Digest, lacking: ReadonlySet<string>): boolean {
  const waiting = [image];
  const seen = new Set<Digest>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const digest = next;
    const manifest = manifests.get(digest);
    const named = [...(manifest?.config === undefined ? [] : [manifest.config]), ...(manifest?.layers ?? [])];
    if (named.some((blob) => lacking.has(blob.digest))) return true;
    waiting.push(
      ...(manifest?.manifests ?? []).map((child) => child.digest),
      ...(referrers.get(digest) ?? []).map((referrer) => referrer.digest),
      ...tagKinds.flatMap((kind) => tags.get(associatedTag(digest, kind))?.digest ?? []),
    );
  }
  return false;
}
