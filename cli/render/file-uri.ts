/**
 * File names as URI references. Source: RFC 3986 section 3.3 and 4.2; RFC 8089 appendix E.2 and E.3.
 */
import { loneSurrogates } from "../../core/encoding/utf8.ts";

const encoded = (path: string): string =>
  path
    .split("/")
    .map((segment) => encodeURIComponent(segment.replace(loneSurrogates, "\ufffd")))
    .join("/");

/**
 * A relative name stays relative; separators are slashes. `C:\a` is `file:///C:/a`, `\\host\share` is
 * `file://host/share`.
 */
export function fileUri(name: string): string {
  const path = name.replaceAll("\\", "/");
  const [, drive, rest = ""] = /^([A-Za-z]:)(\/.*)$/s.exec(path) ?? [];
  if (drive !== undefined) return `file:///${drive}${encoded(rest)}`;
  const [, host, share = ""] = /^\/\/([A-Za-z0-9.-]+)(\/.*)$/s.exec(path) ?? [];
  if (host !== undefined) return `file://${host}${encoded(share)}`;
  return path.startsWith("/") ? `file://${encoded(path)}` : encoded(path);
}
