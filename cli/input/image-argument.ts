/** An image of the command line, and what is wrong with one. Source: docs/spec/kyverno.md#image-references. */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type ImageReference, isTag, parseReference, verifiableDigest } from "../../core/oci/reference.ts";

/** @throws EngineError `invalid-reference` for what is no reference, or has a digest that cannot be verified. */
export function parseImage(text: string, limits: Limits): ImageReference {
  try {
    const image = parseReference(text, limits);
    verifiableDigest(image);
    return image;
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
    throw new EngineError("invalid-reference", `${text} is not an image reference: ${faultOf(text)}`, {
      subject: text,
    });
  }
}

/** The fault alone: Kyverno's sentence names its settings, which the command line does not have. */
function faultOf(text: string): string {
  if (/\s/.test(text)) return "it has a space";
  if (/^[a-z]+:\/\//i.test(text)) return "it begins with a scheme";
  const [, name = text, digest] = /^([^@]*)@(.*)$/s.exec(text) ?? [];
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) return digestFault(digest);
  const colon = name.lastIndexOf(":");
  const hasTag = colon > name.lastIndexOf("/");
  if (hasTag && !isTag(name.slice(colon + 1)))
    return "a tag is made of at most 128 letters, digits and _ . -, and begins with none of . and -";
  const repository = hasTag ? name.slice(0, colon) : name;
  return /[A-Z]/.test(repository.slice(repository.indexOf("/") + 1))
    ? "a repository is written in lower case"
    : "a repository is made of lower-case letters and digits, with single separators between them";
}

function digestFault(digest: string): string {
  const wanted = "a digest is sha256: and 64 hexadecimal digits, in lower case";
  const [, digits] = /^sha256:([0-9a-f]+)$/.exec(digest) ?? [];
  return digits === undefined ? wanted : `a digest has 64 hexadecimal digits, this one ${digits.length}`;
}
