/** Where snapshots are: `oci://REGISTRY/REPOSITORY[:TAG|@DIGEST]`. Source: docs/spec/snapshot.md. */
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { isHost, isTag } from "../../core/oci/reference.ts";

export interface SnapshotPlace {
  /** Registry and path. */
  readonly repository: string;
  /** That names the newest one. */
  readonly tag: string;
  /** One that was named by its digest. */
  readonly digest?: Digest;
  /** As it was given. */
  readonly text: string;
}

const defaultTag = "latest";
const form = /^oci:\/\/([^/@]+)\/([a-z0-9][a-z0-9._/-]*)(?::([^:@/]+))?(?:@(.+))?$/;

/** @throws EngineError `invalid-usage`; `subject` names the flag or setting. */
export function parseSnapshotPlace(text: string, subject: string): SnapshotPlace {
  const [, host = "", path = "", tag = defaultTag, digest] = form.exec(text) ?? [];
  const isRight = isHost(host) && isTag(tag) && (digest === undefined || isDigest(digest)) && !/\/\/|\/$/.test(path);
  if (!isRight)
    throw new EngineError(
      "invalid-usage",
      `a place of snapshots is written oci://REGISTRY/REPOSITORY[:TAG], not ${JSON.stringify(text.slice(0, 256))}`,
      { subject },
    );
  return {
    repository: `${host}/${path}`,
    tag,
    ...(digest !== undefined && isDigest(digest) ? { digest } : {}),
    text,
  };
}
