/**
 * From an image reference to the digest that is verified, once. Source: sigstore.md section 1.6 (no platform is
 * chosen).
 */
import type { ImageReference } from "../../oci/reference.ts";
import { type Digest, isDigest } from "../../crypto/digest.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import { failed, proven, type Verification } from "../../verdict.ts";

/**
 * The digest an image reference stands for: its own, else what its tag resolves to.
 * Refuted with `image-not-found` where the source said that there is no such tag; unknown where nobody knows.
 */
export function resolveDigest(image: ImageReference, knowledge: Knowledge): Verification<Digest> {
  if (image.digest !== undefined) {
    if (isDigest(image.digest)) return proven(image.digest);
    return failed({
      check: "image.digest",
      code: "malformed",
      reason: "signatures are looked up by sha256 digests alone",
      subject: image.canonical,
      stage: 0,
    });
  }
  const question = { kind: "tag", repository: image.repository, tag: image.tag ?? "latest" } as const;
  const answer = knowledge.answer(question);
  const failure = (code: "image-not-found" | "not-in-mirror", reason: string) => ({
    check: "image.tag",
    code,
    reason,
    subject: image.canonical,
    stage: 0,
  });
  if (answer === undefined)
    return failed(failure("not-in-mirror", `${image.canonical} is not in the mirror`), [question]);
  if (answer.state === "absent")
    return failed(
      failure("image-not-found", `${answer.from} said at ${answer.at} that ${image.canonical} does not exist`),
    );
  if (answer.state === "unavailable")
    return failed(
      {
        check: "image.tag",
        code: answer.code,
        reason: `${answer.from} could not be asked for ${image.canonical}`,
        subject: image.canonical,
        stage: 0,
      },
      [question],
    );
  return proven(answer.value.digest);
}
