/** Images with layers, for what is carried and killed. */
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { addImage } from "../support/archive-store.ts";
import { origin } from "../support/temporary-mirror.ts";

const repository = "ghcr.io/org/app";

function addLayered(mirror: Mirror, tag: string): void {
  addImage(mirror, repository, tag, "x".repeat(3000));
  const layer = encodeUtf8(`layer of ${tag} ${"y".repeat(30_000)}`);
  mirror.layers.add(digestOf(layer), (take) => {
    take(layer);
    return true;
  });
  const layers = [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(layer), size: layer.length }];
  const bytes = encodeUtf8(JSON.stringify({ schemaVersion: 2, layers }));
  const said = { state: "present", ...origin } as const;
  mirror.writer().setAnswer({ kind: "manifest", repository, digest: digestOf(bytes) }, { ...said, value: bytes });
}

/** Adds images of these numbers. */
export const fillLayered = (from: number, count: number) => (mirror: Mirror) => {
  for (let index = from; index < from + count; index++) addLayered(mirror, String(index));
};
