/**
 * Kind selectors of match blocks: `Pod`, `apps/v1/Deployment`, `Pod/status`, `*`. Source:
 * docs/spec/kyverno.md#kind-selectors.
 */
import { matchWildcard } from "../../patterns/wildcard.ts";
import type { GroupVersionKind } from "./request.ts";
import type { Limits } from "../../limits.ts";

/** Four wildcard patterns; an empty `subresource` means the resource itself. */
export interface KindSelector {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly subresource: string;
}

// One digit only: `v12/Kind` is read as kind `v12` with subresource `Kind`.
const versionToken = /^(v\d((alpha|beta)\d)?|\*)$/;

/** The selector of a text. A text with more than four parts gives one that matches nothing. */
export function parseKindSelector(text: string): KindSelector {
  const slashed = text.split("/");
  const [first = "", second = "", third = "", fourth = "", ...rest] = [
    ...slashed.slice(0, -1),
    ...(slashed.at(-1) ?? "").split("."),
  ];
  const count = slashed.length - 1 + (slashed.at(-1) ?? "").split(".").length;
  if (rest.length > 0) return { group: "", version: "", kind: "", subresource: "" };
  if (count === 1) return { group: "*", version: "*", kind: first, subresource: "" };
  if (count === 2) {
    if (first === "*" && second === "*") return { group: "*", version: "*", kind: "*", subresource: "*" };
    if (first === "*" && second === second.toLowerCase())
      return { group: "*", version: "*", kind: "*", subresource: second };
    if (versionToken.test(first)) return { group: "*", version: first, kind: second, subresource: "" };
    return { group: "*", version: "*", kind: first, subresource: second };
  }
  if (count === 3) {
    if (versionToken.test(first)) return { group: "*", version: first, kind: second, subresource: third };
    return { group: first, version: second, kind: third, subresource: "" };
  }
  return { group: first, version: second, kind: third, subresource: fourth };
}

const isPod = (kind: GroupVersionKind): boolean => kind.group === "" && kind.version === "v1" && kind.kind === "Pod";

/** Whether the selector names the kind. One that names a Pod also names its ephemeral containers. */
export function matchKind(
  selector: KindSelector,
  kind: GroupVersionKind,
  subresource: string,
  limits: Limits,
): boolean {
  if (
    !matchWildcard(selector.group, kind.group, limits) ||
    !matchWildcard(selector.version, kind.version, limits) ||
    !matchWildcard(selector.kind, kind.kind, limits)
  )
    return false;
  return (
    matchWildcard(selector.subresource, subresource, limits) || (subresource === "ephemeralcontainers" && isPod(kind))
  );
}
