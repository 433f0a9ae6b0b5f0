/**
 * Advice on patterns of image references, which are compared with references that have registry and tag or digest.
 * Source: docs/spec/kyverno.md#image-references, #wildcards, #selecting-images.
 */
import { pointer } from "../../encoding/shape.ts";
import { containsWildcard, matchWildcard } from "../../patterns/wildcard.ts";
import type { ImageVerification } from "./policy.ts";
import type { Advice } from "./remark.ts";
import type { Limits } from "../../limits.ts";

/** Whether the pattern begins with a fixed word that is not a registry: `nginx:*`, `org/app:*`. */
function lacksRegistry(pattern: string): boolean {
  const slash = pattern.indexOf("/");
  const first = slash < 0 ? (pattern.split(/[:@]/)[0] ?? "") : pattern.slice(0, slash);
  return first !== "" && !/[.:*?A-Z]/.test(first) && first !== "localhost";
}

/** Whether the pattern is fixed to the end and stops at the repository. */
const lacksTag = (pattern: string): boolean =>
  !containsWildcard(pattern.slice(pattern.lastIndexOf("/") + 1)) &&
  !/[:@]/.test(pattern.slice(pattern.lastIndexOf("/") + 1));

function advisePattern(pattern: string, at: string): readonly Advice[] {
  const shown = JSON.stringify(pattern);
  if (lacksRegistry(pattern))
    return [
      {
        code: "no-registry",
        pointer: at,
        message:
          `${shown} names no registry: an image without one is compared as docker.io/…; write ` +
          `docker.io/${pattern}`,
      },
    ];
  if (pattern !== "" && lacksTag(pattern))
    return [
      {
        code: "never-matches",
        pointer: at,
        message:
          `${shown} matches nothing: references are compared with their tag or digest; write ${pattern}:* or ` +
          `${pattern}@*`,
      },
    ];
  if (pattern === "") return [{ code: "never-matches", pointer: at, message: "an empty pattern matches nothing" }];
  if (/[A-Za-z0-9_-]\*$/.test(pattern) && !/[:@][^/]*$/.test(pattern)) {
    return [
      {
        code: "wildcard-crosses-slash",
        pointer: at,
        message: `${shown} also covers other repositories whose names begin so; write :* to mean the tags of this one`,
      },
    ];
  }
  return [];
}

/** A skip that covers every pattern leaves nothing to verify. */
function adviseSkips(entry: ImageVerification, limits: Limits): readonly Advice[] {
  const { imageReferences, skipImageReferences } = entry;
  const covered =
    imageReferences.length > 0 &&
    imageReferences.every((pattern) =>
      skipImageReferences.some((skip) => skip === pattern || matchWildcard(skip, pattern, limits)),
    );
  return covered
    ? [
        {
          code: "skips-all",
          pointer: pointer(entry.pointer, "skipImageReferences"),
          message: "covers every image reference of the entry: nothing is verified",
        },
      ]
    : [];
}

/** Advice on both lists of an entry. */
export function adviseReferences(entry: ImageVerification, limits: Limits): readonly Advice[] {
  const list = (patterns: readonly string[], name: string): readonly Advice[] =>
    patterns.flatMap((pattern, index) => advisePattern(pattern, pointer(pointer(entry.pointer, name), index)));
  return [
    ...list(entry.imageReferences, "imageReferences"),
    ...list(entry.skipImageReferences, "skipImageReferences"),
    ...adviseSkips(entry, limits),
  ];
}
