/**
 * What a host asks of one image, as JSON: who must have signed it. Members that nobody knows are refused, since one
 * with a wrong name would require nothing. Source: docs/spec/bundles.md#component.
 *
 *     {"image":"ghcr.io/org/app:1","attestor":{"keyless":{"subject":"…","issuer":"…"}},"type":"https://slsa.dev/…"}
 */
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { own, pointer, readObject, readString, readStringMap, refuseUnknownKeys } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { AttestorSpec } from "./attestor.ts";

export interface VerifyRequest {
  readonly image: string;
  readonly attestor: AttestorSpec;
  /** The predicate type of an attestation that is wanted; absent: a signature is. */
  readonly type?: string | undefined;
}

type Kind = "text" | "flag" | "texts" | { readonly [member: string]: Kind };

const shape: Kind = {
  image: "text",
  type: "text",
  attestor: {
    keys: { pem: "text", reference: "text", signatureAlgorithm: "text" },
    certificates: { cert: "text", certChain: "text" },
    keyless: {
      subject: "text",
      subjectRegExp: "text",
      issuer: "text",
      issuerRegExp: "text",
      additionalExtensions: "texts",
      roots: "text",
    },
    rekor: { url: "text", pubKey: "text", ignoreTlog: "flag" },
    ctlog: { ignoreSCT: "flag", pubKey: "text", tsaCertChain: "text" },
    signatureAlgorithm: "text",
    annotations: "texts",
  },
};

function readAs(kind: Kind, value: JsonValue, at: string): JsonValue {
  if (kind === "text") return readString(value, at);
  if (kind === "texts") return readStringMap(value, at);
  if (kind === "flag") {
    if (typeof value !== "boolean") throw new EngineError("malformed", "expected true or false", { subject: at });
    return value;
  }
  const object = readObject(value, at);
  refuseUnknownKeys(object, new Set(Object.keys(kind)), at);
  return Object.fromEntries(
    Object.entries(object).map(([key, one]) => [key, readAs(kind[key] as Kind, one, pointer(at, key))]),
  );
}

/** @throws EngineError `malformed` */
export function readVerifyRequest(json: JsonValue): VerifyRequest {
  const request = readAs(shape, json, "") as JsonObject;
  const { type } = request;
  const rekor = own(readObject(own(request, "attestor"), "/attestor"), "rekor") as JsonObject | undefined;
  const ctlog = own(request.attestor as JsonObject, "ctlog") as JsonObject | undefined;
  return {
    image: readString(own(request, "image"), "/image"),
    attestor: {
      ...(request.attestor as JsonObject),
      // What is not said is required.
      ...(rekor === undefined ? {} : { rekor: { ignoreTlog: false, ...rekor } }),
      ...(ctlog === undefined ? {} : { ctlog: { ignoreSCT: false, ...ctlog } }),
    },
    ...(type === undefined ? {} : { type: type as string }),
  };
}
