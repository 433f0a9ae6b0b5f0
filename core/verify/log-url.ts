/**
 * Whether a log's URL parses, by the rules of Go's `url.Parse`. A URL that does not parse breaks the attestor entry.
 * Source: https://pkg.go.dev/net/url#Parse.
 */
import { EngineError } from "../errors.ts";

/** The log of a policy that names none. */
export const publicLog = "https://rekor.sigstore.dev";

// biome-ignore lint/suspicious/noControlCharactersInRegex: a URL with a control character is refused here.
const control = /[\u0000-\u001f\u007f]/;
const badEscape = /%(?![0-9A-Fa-f]{2})/;
const schemeForm = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const hostForm = /^(?:\[[0-9A-Fa-f:.]+(?:%25[^\]]*)?\]|[^\s\][<>"^`{}|\\:]*)(?::[0-9]*)?$/;

/** @throws EngineError `malformed` */
export function requireUrl(text: string): void {
  const wrong = (why: string) => new EngineError("malformed", `not a URL: ${why}`, { subject: "rekor.url" });
  if (control.test(text)) throw wrong("control character");
  const [address = ""] = text.split("#", 1);
  const scheme = schemeForm.exec(address)?.[1];
  const [rest = ""] = (scheme === undefined ? address : address.slice(scheme.length + 1)).split("?", 1);
  if (scheme === undefined && address.startsWith(":")) throw wrong("no scheme in front of the colon");
  if (rest.startsWith("//")) {
    const [authority = ""] = rest.slice(2).split("/", 1);
    const host = authority.slice(authority.lastIndexOf("@") + 1);
    if (!hostForm.test(host)) throw wrong(`host ${JSON.stringify(host)}`);
  } else if (scheme === undefined && (rest.split("/", 1)[0] ?? "").includes(":"))
    throw wrong("a colon in the first segment of a path");
  if (badEscape.test(rest)) throw wrong("bad escape");
}
