/**
 * Rekor v1 entries of kind rekord 0.0.1, as early cosign logged signatures: like hashedrekord, with the signature's
 * format. Layers only.
 *
 *     {"apiVersion":"0.0.1","kind":"rekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"91c2…"}},
 *       "signature":{"content":"MEUCIQ…","format":"x509","publicKey":{"content":"base64 of PEM"}}}}
 */
import type { JsonObject } from "../../encoding/json.ts";
import { member, readString } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { objectAt } from "../binding.ts";
import type { EntryLayout, LoggedSignature } from "../log-entry.ts";
import { bindHashedRekord } from "./hashedrekord.ts";
import type { Limits } from "../../limits.ts";

/**
 * @throws EngineError `bad-log-proof` when the entry is about something else or its signature is in another format than
 * X.509 keys make, `malformed`.
 */
export function bindRekord(spec: JsonObject, logged: LoggedSignature, layout: EntryLayout, limits: Limits): void {
  if (layout === "bundle")
    throw new EngineError("bad-log-proof", "entries of kind rekord do not occur in bundles", { subject: "/kind" });
  const format = readString(member(objectAt(spec, "signature", "/spec"), "format"), "/spec/signature/format");
  if (format !== "x509")
    throw new EngineError("bad-log-proof", `signature of format ${JSON.stringify(format.slice(0, 32))}`, {
      subject: "/spec/signature/format",
    });
  bindHashedRekord(spec, logged, layout, limits);
}
