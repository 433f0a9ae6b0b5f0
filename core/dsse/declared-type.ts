/**
 * What an attestation that cannot be read says it is. Nothing is trusted by this: such an attestation proves nothing,
 * and it only decides for whom its failure is news. Source: docs/spec/sigstore.md#dsse-envelope, #in-toto-statement.
 */
import { decodeBase64Url, decodeWrappedBase64, unwrapBase64 } from "../encoding/base64.ts";
import { parseJson } from "../encoding/json.ts";
import { isObject, member } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";

/** The predicate type in an envelope, or in a bundle that holds one; `undefined` if none can be read. */
export function declaredPredicateType(bytes: Uint8Array, limits: Limits): string | undefined {
  try {
    const document = parseJson(bytes, { limits });
    if (!isObject(document)) return undefined;
    const wrapped = member(document, "dsseEnvelope");
    const payload = member(isObject(wrapped) ? wrapped : document, "payload");
    if (typeof payload !== "string") return undefined;
    const decoded = /[-_]/.test(payload) ? decodeBase64Url(unwrapBase64(payload)) : decodeWrappedBase64(payload);
    const statement = parseJson(decoded, { limits });
    const type = isObject(statement) ? member(statement, "predicateType") : undefined;
    return typeof type === "string" && type !== "" ? type : undefined;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
