/**
 * What passes the policies' door unjudged: signatures, attestations, SBOMs. Clients of images look less closely than
 * the specifications: podman unpacks a layer of any media type, and fetches it from the addresses that a manifest
 * states; readers in Go take `Layers` and `layerſ` for `layers`, and a text may be an archive of the oldest form. So
 * that nothing which can be run passes here. Source: OCI image 1.1 (manifest, `urls`);
 * https://pkg.go.dev/encoding/json#Unmarshal; https://www.gnu.org/software/tar/manual/html_node/Standard.html.
 */
import { isUtf8 } from "node:buffer";
import { type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import type { Limits } from "../../core/limits.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import type { Manifest } from "../../core/oci/manifest.ts";
import { isLayerType } from "./named-blobs.ts";

/**
 * Whether a manifest holds signatures, attestations, SBOMs, or is a list of them: a tag of cosign's leads to it, or it
 * refers to something, and nothing in it can be run. An image under such a tag is an image.
 */
export function isMaterial(tag: string | undefined, manifest: Manifest | undefined): manifest is Manifest {
  if (manifest === undefined) return false;
  const isTagged = tag !== undefined && parseAssociatedTag(tag) !== undefined;
  return (
    (isTagged || manifest.subject !== undefined) && !manifest.layers.some(({ mediaType }) => isLayerType(mediaType))
  );
}

/** How Go compares names of members: by simple case folding. NFKC has the long s and the sign of kelvin, too. */
const folded = (name: string): string => name.normalize("NFKC").toLowerCase();

const descriptorsIn = new Set(["config", "layers"]);
const otherwiseRead = new Set([...descriptorsIn, "schemaversion", "mediatype", "manifests", "subject", "fslayers"]);
const ownSpelling = new Set(["config", "layers", "schemaVersion", "mediaType", "manifests", "subject"]);

/**
 * Whether a manifest, which was read before, has content at other addresses, or members that others read differently.
 * No signature has either.
 */
export function isAmbiguous(bytes: Uint8Array, limits: Limits): boolean {
  const document = parseJson(bytes, { limits });
  if (!isObject(document)) return true;
  return Object.entries(document).some(
    ([name, value]) =>
      (otherwiseRead.has(folded(name)) && !ownSpelling.has(name)) || (descriptorsIn.has(name) && hasOddMembers(value)),
  );
}

const members = new Set(["mediatype", "digest", "size", "urls", "data"]);
const ownMembers = new Set(["mediaType", "digest", "size", "data"]);

function hasOddMembers(value: JsonValue): boolean {
  const descriptors = Array.isArray(value) ? value : [value];
  return descriptors.some(
    (one) => isObject(one) && Object.keys(one).some((name) => members.has(folded(name)) && !ownMembers.has(name)),
  );
}

const block = 512;
/** Where the header of an archive has its checksum. */
const [sumAt, sumEnd] = [148, 156];

/** Whether readers of archives take this for one: its first header has its own sum. The oldest form has no magic. */
function isArchive(bytes: Uint8Array): boolean {
  if (bytes.length < block) return false;
  const text = Buffer.from(bytes.subarray(sumAt, sumEnd)).toString("latin1").trim();
  const stated = /^[0-7]+/.exec(text);
  if (stated === null) return false;
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < block; at++) {
    const byte = at >= sumAt && at < sumEnd ? 0x20 : (bytes[at] ?? 0);
    unsigned += byte;
    signed += byte > 0x7f ? byte - 0x100 : byte;
  }
  const sum = Number.parseInt(stated[0], 8);
  return sum === unsigned || sum === signed;
}

/** bzip2 alone begins with letters; all other packed forms begin with bytes that no text has. */
const isPacked = (bytes: Uint8Array): boolean => bytes[0] === 0x42 && bytes[1] === 0x5a && bytes[2] === 0x68;

/** Whether content is text that nobody unpacks. Archives have zero bytes, but for one that is made to have none. */
export const isPlainText = (bytes: Uint8Array): boolean =>
  isUtf8(bytes) && !bytes.includes(0) && !isArchive(bytes) && !isPacked(bytes);
