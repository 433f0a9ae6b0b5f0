/**
 * What `verify` and `verify-attestation` were asked about one image without a policy, as records keep it. Source:
 * docs/spec/record.md#verification.
 */
import type { EngineInput } from "../decide/engine-document.ts";
import { type AttestorQuestion, verifyByAttestor } from "../decide/verify-by-attestor.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { own, pointer, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { readVerifyRequest } from "../verify/verify-request.ts";

/** All of it is said, so that a default of a later program changes nothing. */
export interface AskedVerification extends Omit<AttestorQuestion, "identityTexts"> {
  readonly timestampRequired: boolean;
  readonly privateRoots: boolean;
}

/** As cosign reads identities: a star is a star. */
export const verifyAsked = (
  asked: AskedVerification,
  input: EngineInput,
  knowledge: Knowledge,
  host: Parameters<typeof verifyByAttestor>[3],
): ReturnType<typeof verifyByAttestor> =>
  verifyByAttestor({ ...asked, identityTexts: "exact" }, input, knowledge, host);

export const encodeAsked = (asked: AskedVerification): JsonObject => JSON.parse(JSON.stringify(asked)) as JsonObject;

const keys: ReadonlySet<string> = new Set([
  ...["image", "attestor", "type", "signatureRepository", "timestampRequired", "privateRoots"],
]);

/** @throws EngineError `malformed` */
export function readAsked(json: JsonValue | undefined, at: string): AskedVerification {
  const object = readObject(json, at);
  refuseUnknownKeys(object, keys, at);
  const { image, attestor, type } = readVerifyRequest({
    image: own(object, "image") ?? null,
    attestor: own(object, "attestor") ?? null,
    ...("type" in object ? { type: object.type } : {}),
  } as JsonObject);
  const flag = (key: string): boolean => {
    const value = own(object, key);
    if (typeof value !== "boolean")
      throw new EngineError("malformed", "neither true nor false", { subject: pointer(at, key) });
    return value;
  };
  const repository = own(object, "signatureRepository");
  return {
    image,
    attestor,
    ...(type === undefined ? {} : { type }),
    ...(repository === undefined
      ? {}
      : { signatureRepository: readString(repository, pointer(at, "signatureRepository")) }),
    timestampRequired: flag("timestampRequired"),
    privateRoots: flag("privateRoots"),
  };
}
