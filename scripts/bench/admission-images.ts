/** A mirror of images that one key signed, as cosign leaves them, and the policy that asks for that key. */
import { generateKeyPairSync, sign } from "node:crypto";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";

const host = "registry.example.com";
const origin = { at: new Date().toISOString(), from: "bench" };

/** The image with this number: two tags a repository. */
export const signedImage = (index: number): string => `${host}/shop/app-${index >> 1}:1.${index & 1}`;

const entryOf = (publicKey: string): string => `        - keys:
            publicKeys: |-
              ${publicKey.trim().replaceAll("\n", "\n              ")}
            rekor: { ignoreTlog: true }
`;

/** One of the keys must have signed. */
export const policyOf = (publicKeys: readonly string[]): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: signed }
spec:
  validationFailureAction: Enforce
  rules:
  - name: signed
    match: { any: [{ resources: { kinds: [Pod] } }] }
    verifyImages:
    - imageReferences: ["${host}/*"]
      attestors:
      - count: 1
        entries:
${publicKeys.map(entryOf).join("")}`;

/** Fills the folder with `count` signed images, and gives the key, and a policy that asks for it. */
export function fillSigned(folder: string, count: number): { readonly key: string; readonly policy: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  try {
    const writer = mirror.writer();
    const put = (repository: string, tag: string, body: object) => {
      const value = encodeUtf8(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, ...body }));
      const digest = digestOf(value);
      writer.setAnswer({ kind: "manifest", repository, digest }, { state: "present", value, ...origin });
      const descriptor = { mediaType: mediaTypes.manifest, digest, size: value.length };
      writer.setAnswer({ kind: "tag", repository, tag }, { state: "present", value: descriptor, ...origin });
      return digest;
    };
    const layer = (mediaType: string, bytes: Uint8Array) => ({
      mediaType,
      digest: digestOf(bytes),
      size: bytes.length,
    });
    const config = layer("application/vnd.oci.image.config.v1+json", encodeUtf8("{}"));
    writer.transaction(() => {
      for (let index = 0; index < count; index++) {
        const [repository = "", tag = ""] = signedImage(index).split(/:(?=[\d.]+$)/);
        const content = layer("application/vnd.oci.image.layer.v1.tar+gzip", encodeUtf8(`layer ${index}`));
        const digest = put(repository, tag, { config, layers: [content] });
        const critical = {
          identity: { "docker-reference": repository },
          image: { "docker-manifest-digest": digest },
          type: "cosign container image signature",
        };
        const payload = encodeUtf8(JSON.stringify({ critical, optional: null }));
        const signature = sign("sha256", payload, privateKey).toString("base64");
        writer.setAnswer(
          { kind: "blob", repository, digest: digestOf(payload) },
          { state: "present", value: payload, ...origin },
        );
        put(repository, associatedTag(digest, "signature"), {
          config,
          layers: [
            {
              ...layer("application/vnd.dev.cosign.simplesigning.v1+json", payload),
              annotations: { "dev.cosignproject.cosign/signature": signature },
            },
          ],
        });
      }
      writer.setComplete(host, origin);
    });
  } finally {
    mirror.close();
  }
  const key = publicKey.export({ type: "spki", format: "pem" }).toString();
  return { key, policy: policyOf([key]) };
}
