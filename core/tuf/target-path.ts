/** Names of targets: paths that stay below their folder. Source: TUF 1.0 §4.5 (TARGETPATH), §5.7.3. */
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Hashes } from "./listed-file.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a path.
const unsafe = /[\\\u0000-\u001f\u007f]/;

/**
 * A path of segments, none of which is empty, `.` or `..`.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function requireTargetPath(path: string, limits: Limits): void {
  if (path.length > limits.referenceBytes)
    throw new EngineError("over-limit", `a target path of ${path.length} characters`, { subject: path.slice(0, 80) });
  if (unsafe.test(path) || path.split("/").some((segment) => segment === "" || segment === "." || segment === ".."))
    throw new EngineError("malformed", "not a path below the targets", { subject: path.slice(0, 80) });
}

/**
 * The path at which a repository serves a target: with a digest before the last segment's name where snapshots are
 * consistent.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function servedTargetPath(
  target: { readonly path: string; readonly hashes: Hashes },
  consistentSnapshot: boolean,
  limits: Limits,
): string {
  requireTargetPath(target.path, limits);
  if (!consistentSnapshot) return target.path;
  const digest = target.hashes.get("sha256") ?? target.hashes.get("sha512");
  if (digest === undefined || !/^[0-9a-fA-F]{64,128}$/.test(digest))
    throw new EngineError("malformed", "a target without a digest that is known here", { subject: target.path });
  const slash = target.path.lastIndexOf("/") + 1;
  return `${target.path.slice(0, slash)}${digest}.${target.path.slice(slash)}`;
}
