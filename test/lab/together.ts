/** Several signatures on one image: what a registry holds when more than one signer, or an attacker, was there. */
import { encodeUtf8, decodeUtf8 } from "../../core/encoding/utf8.ts";
import { type Signed, withTrust } from "./sign.ts";
import { Store } from "./store.ts";

interface LayersJson {
  readonly layers: readonly unknown[];
}

/**
 * The first one's image and attestor with the signatures of all: layers of one tag behind one another, referrers side
 * by side. The trusted root is the first one's.
 */
export function together(first: Signed, ...others: readonly Signed[]): Signed {
  const store = new Store();
  for (const { digest, repository, store: part } of [first, ...others]) {
    if (digest !== first.digest || repository !== first.repository) throw new Error("signatures of another image");
    store.blobs.push(...part.blobs);
    for (const manifest of part.manifests) {
      const at = store.manifests.findIndex(
        ({ tag }) => tag !== undefined && tag === manifest.tag && tag.startsWith("sha256-"),
      );
      const earlier = store.manifests[at];
      if (earlier === undefined) store.manifests.push(manifest);
      else {
        const [one, two] = [earlier, manifest].map(({ bytes }) => JSON.parse(decodeUtf8(bytes)) as LayersJson) as [
          LayersJson,
          LayersJson,
        ];
        store.manifests.splice(at, 1);
        store.manifest(
          repository,
          encodeUtf8(JSON.stringify({ ...one, layers: [...one.layers, ...two.layers] })),
          manifest.tag,
        );
      }
    }
  }
  return {
    ...first,
    store,
    knowledge: withTrust(store.knowledge(first.lab.now.toISOString()), first.trustedRoot, first.lab.now),
  };
}
