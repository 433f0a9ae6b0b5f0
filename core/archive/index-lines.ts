/**
 * What `index.json` of an archive says for other tools: tags by their whole name, and what refers to images. Nothing is
 * imported by it. Source: docs/spec/archive.md#layout.
 */
import type { RowEntry } from "./archive-entry.ts";
import { indexLine } from "./frame.ts";
import type { Digest } from "../crypto/digest.ts";
import type { JsonValue } from "../encoding/json.ts";
import { readArray } from "../encoding/shape.ts";
import { parseQuestion } from "../knowledge/question.ts";
import { readDescriptor } from "../oci/descriptor.ts";

export interface IndexedManifest {
  readonly digest: Digest;
  readonly line: string;
}

/**
 * None for entries that name no manifest to copy. The value is one that the mirror wrote, as its checksum says.
 * @throws EngineError `malformed` for a value that is none.
 */
export function indexLinesOf(entry: RowEntry): readonly IndexedManifest[] {
  if ((entry.kind !== "tag" && entry.kind !== "referrers") || entry.state === "absent" || entry.value === undefined)
    return [];
  const value = JSON.parse(entry.value) as JsonValue;
  if (entry.kind === "referrers")
    return readArray(value, "").map((descriptor, index) => {
      const found = readDescriptor(descriptor, `/${index}`);
      return { digest: found.digest, line: indexLine(found) };
    });
  const question = parseQuestion(entry.key);
  if (question.kind !== "tag") return [];
  const found = readDescriptor(value, "");
  return [{ digest: found.digest, line: indexLine(found, `${question.repository}:${question.tag}`) }];
}
