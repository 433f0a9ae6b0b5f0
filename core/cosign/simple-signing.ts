/**
 * Simple signing payloads: what cosign signs in the tag and artifact layouts. Source: containers/image simple signing;
 * cosign signature specification; Go's encoding/json package.
 *
 *     {"critical":{"identity":{"docker-reference":"registry.example/app"},
 *       "image":{"docker-manifest-digest":"sha256:91c2…"},"type":"cosign container image signature"},
 *      "optional":{"stage":"prod"}}
 */
import { goField } from "../encoding/go-json.ts";
import { type JsonObject, type JsonValue, parseJson } from "../encoding/json.ts";
import { readObject, readString } from "../encoding/shape.ts";
import type { Limits } from "../limits.ts";

/**
 * The signed claims. `digest` is the text as found, `""` if absent: compare it exactly. `optional` has the annotations.
 */
export interface SimpleSigning {
  readonly digest: string;
  readonly reference?: string;
  readonly type: string;
  readonly optional: JsonObject;
}

const nothing: JsonObject = Object.freeze(Object.create(null));

const objectField = (parent: JsonObject, name: string, at: string): JsonObject => {
  const value = goField(parent, name);
  return value === undefined ? nothing : readObject(value, at);
};

const textField = (parent: JsonObject, name: string, at: string): string => {
  const value: JsonValue | undefined = goField(parent, name);
  return value === undefined ? "" : readString(value, at);
};

/**
 * The claims of a payload. As in Go, keys match in any case, the last of a repeated key wins and unknown fields do not
 * matter; neither do type and reference.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function parseSimpleSigning(payload: Uint8Array, limits: Limits): SimpleSigning {
  const object = readObject(
    parseJson(payload, {
      duplicateKeys: "last-wins",
      maxBytes: limits.blobBytes,
      subject: "simple signing payload",
      limits,
    }),
    "",
  );
  const critical = objectField(object, "critical", "/critical");
  const reference = textField(
    objectField(critical, "identity", "/critical/identity"),
    "docker-reference",
    "/critical/identity/docker-reference",
  );
  return {
    digest: textField(
      objectField(critical, "image", "/critical/image"),
      "docker-manifest-digest",
      "/critical/image/docker-manifest-digest",
    ),
    ...(reference === "" ? {} : { reference }),
    type: textField(critical, "type", "/critical/type"),
    optional: objectField(object, "optional", "/optional"),
  };
}
