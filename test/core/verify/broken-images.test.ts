/**
 * Signatures of real images, each changed in one place, with every digest above the change made right: all are refused.
 * Source: slsa-framework/slsa-verifier, sse-secure-systems/connaisseur, openshift/oc-mirror (images),
 * sigstore/root-signing (trust).
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeBase64, encodeBase64 } from "../../../core/encoding/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import type { Verification } from "../../../core/verdict.ts";
import { type SlsaVersion, slsaVersions } from "../../support/images.ts";
import { flipped } from "../../support/patch.ts";
import { accepts, alice, judge, keyed, keyless, signed, slsa, vectors } from "../../support/real-images.ts";
import { rewritten, rewrittenLayer, type SignedLayer, signedLayers } from "../../support/rewrite-image.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("core/verify/broken-images");

/** The bundle annotation with its payload or log entry changed. */
function changeBundle(
  layer: SignedLayer,
  change: (bundle: {
    SignedEntryTimestamp: string;
    Payload: { body: string; integratedTime: number; logIndex: number; logID: string };
  }) => void,
): void {
  const bundle = JSON.parse(layer.annotations["dev.sigstore.cosign/bundle"] ?? "{}");
  change(bundle);
  layer.annotations["dev.sigstore.cosign/bundle"] = JSON.stringify(bundle);
}
const flipBase64 = (text: string, index: number): string => encodeBase64(flipped(decodeBase64(text), index));
const flipPem = (pem: string, index: number): string => {
  const [head = "", ...lines] = pem.trim().split("\n");
  const tail = lines.pop() ?? "";
  return `${head}\n${flipBase64(lines.join(""), index)}\n${tail}\n`;
};
function changeEnvelope(
  layer: SignedLayer,
  change: (envelope: { payload: string; payloadType: string; signatures: { sig: string }[] }) => void,
): void {
  const envelope = JSON.parse(decodeUtf8(layer.payload));
  change(envelope);
  layer.payload = encodeUtf8(JSON.stringify(envelope));
}
const changeStatement = (layer: SignedLayer, change: (statement: Record<string, unknown>) => void): void =>
  changeEnvelope(layer, (envelope) => {
    const statement = JSON.parse(decodeUtf8(decodeBase64(envelope.payload)));
    change(statement);
    envelope.payload = encodeBase64(encodeUtf8(JSON.stringify(statement)));
  });

if (vectors === undefined) skipped("core/verify/broken-images", 27, "SALLYPORT_VECTORS is not set");
else {
  const bundlePart = "dev.sigstore.cosign/bundle";
  const certificatePart = "dev.sigstore.cosign/certificate";
  const attested = (change: (layer: SignedLayer) => void, version: SlsaVersion = "v1.9.0") =>
    judge(rewrittenLayer(slsa(version), "attestation", change), keyless(version), "attestation");
  const simple = (change: (layer: SignedLayer) => void, spec = keyed(alice)) =>
    judge(rewrittenLayer(signed("multi-cosigned-alice"), "signature", change), spec, "signature");
  const signaturePart = "dev.cosignproject.cosign/signature";
  const brokenInputs: Readonly<
    Record<string, readonly [ErrorCode | readonly ErrorCode[], () => Verification<unknown>]>
  > = {
    "a byte of the payload": [
      "bad-signature",
      () => attested((layer) => changeStatement(layer, (statement) => Object.assign(statement, { predicate: {} }))),
    ],
    "a byte of the envelope's signature": [
      ["bad-signature", "malformed"],
      () =>
        attested((layer) =>
          changeEnvelope(layer, (envelope) =>
            Object.assign(envelope.signatures[0] ?? {}, { sig: flipBase64(envelope.signatures[0]?.sig ?? "", 20) }),
          ),
        ),
    ],
    "another payload type": [
      "malformed",
      () =>
        attested((layer) =>
          changeEnvelope(layer, (envelope) => Object.assign(envelope, { payloadType: "application/json" })),
        ),
    ],
    "no signature in the envelope": [
      "malformed",
      () => attested((layer) => changeEnvelope(layer, (envelope) => Object.assign(envelope, { signatures: [] }))),
    ],
    "another statement type": [
      ["malformed", "bad-signature"],
      () =>
        attested((layer) =>
          changeStatement(layer, (statement) => Object.assign(statement, { _type: "https://example.com/Other" })),
        ),
    ],
    "a byte of the certificate's key": [
      ["bad-signature", "untrusted-certificate", "bad-log-proof", "malformed"],
      () =>
        attested((layer) =>
          Object.assign(layer.annotations, {
            [certificatePart]: flipPem(layer.annotations[certificatePart] ?? "", 250),
          }),
        ),
    ],
    "a byte of the certificate's signature": [
      ["untrusted-certificate", "bad-log-proof", "malformed"],
      () =>
        attested((layer) =>
          Object.assign(layer.annotations, {
            [certificatePart]: flipPem(
              layer.annotations[certificatePart] ?? "",
              decodeBase64((layer.annotations[certificatePart] ?? "").replace(/-----.*?-----|\s/g, "")).length - 4,
            ),
          }),
        ),
    ],
    "the certificate cut": [
      "malformed",
      () =>
        attested((layer) =>
          Object.assign(layer.annotations, {
            [certificatePart]: (layer.annotations[certificatePart] ?? "").slice(0, 400),
          }),
        ),
    ],
    "no certificate": ["no-certificate", () => attested((layer) => void delete layer.annotations[certificatePart])],
    "no log entry": ["not-in-mirror", () => attested((layer) => void delete layer.annotations[bundlePart])],
    "a byte of the log's timestamp": [
      "bad-log-proof",
      () =>
        attested((layer) =>
          changeBundle(layer, (bundle) =>
            Object.assign(bundle, { SignedEntryTimestamp: flipBase64(bundle.SignedEntryTimestamp, 10) }),
          ),
        ),
    ],
    "another time of the log": [
      "bad-log-proof",
      () =>
        attested((layer) =>
          changeBundle(layer, ({ Payload }) => Object.assign(Payload, { integratedTime: Payload.integratedTime + 1 })),
        ),
    ],
    "another index of the log": [
      "bad-log-proof",
      () =>
        attested((layer) =>
          changeBundle(layer, ({ Payload }) => Object.assign(Payload, { logIndex: Payload.logIndex + 1 })),
        ),
    ],
    "another log's id": [
      "bad-log-proof",
      () =>
        attested((layer) => changeBundle(layer, ({ Payload }) => Object.assign(Payload, { logID: "00".repeat(32) }))),
    ],
    "a byte of the logged body": [
      ["bad-log-proof", "malformed"],
      () =>
        attested((layer) =>
          changeBundle(layer, ({ Payload }) => Object.assign(Payload, { body: flipBase64(Payload.body, 60) })),
        ),
    ],
    "the log entry of another image": [
      "bad-log-proof",
      () =>
        attested((layer) =>
          Object.assign(layer.annotations, {
            [bundlePart]: signedLayers(slsa("v1.6.0"), "attestation").layers[0]?.annotations[bundlePart],
          }),
        ),
    ],
    "the log entry is no JSON": [
      "malformed",
      () => attested((layer) => Object.assign(layer.annotations, { [bundlePart]: "{" })),
    ],
    "the payload is no JSON": [
      "malformed",
      () => attested((layer) => Object.assign(layer, { payload: encodeUtf8("{") })),
    ],
    "the payload is empty": [
      "malformed",
      () => attested((layer) => Object.assign(layer, { payload: new Uint8Array() })),
    ],
    "the attestation of another image": [
      "wrong-digest",
      () =>
        judge(
          rewritten(slsa(), "attestation", () => signedLayers(slsa("v1.6.0"), "attestation").layers),
          keyless("v1.6.0"),
          "attestation",
        ),
    ],
    "a byte of a keyed signature": [
      ["wrong-key", "malformed"],
      () =>
        simple((layer) =>
          Object.assign(layer.annotations, { [signaturePart]: flipBase64(layer.annotations[signaturePart] ?? "", 12) }),
        ),
    ],
    "no keyed signature": [
      ["malformed", "no-signature"],
      () => simple((layer) => void delete layer.annotations[signaturePart]),
    ],
    "a keyed signature that is no base64": [
      "malformed",
      () => simple((layer) => Object.assign(layer.annotations, { [signaturePart]: "*" })),
    ],
    "a byte of the signed claim": [
      ["wrong-key", "malformed"],
      () => simple((layer) => Object.assign(layer, { payload: flipped(layer.payload, 30) })),
    ],
    "the signature of another image": [
      "wrong-digest",
      () =>
        judge(
          rewritten(
            signed("multi-cosigned-alice"),
            "signature",
            () => signedLayers(signed("multi-cosigned-alice-bob-charlie"), "signature").layers,
          ),
          keyed(alice),
          "signature",
        ),
    ],
    "a signature as long as a certificate": [
      ["wrong-key", "malformed"],
      () =>
        simple((layer) =>
          Object.assign(layer.annotations, { [signaturePart]: encodeBase64(new Uint8Array(2000).fill(48)) }),
        ),
    ],
  };
  const listed = (codes: ErrorCode | readonly ErrorCode[]): readonly ErrorCode[] =>
    typeof codes === "string" ? [codes] : codes;

  for (const [name, [codes, run]] of Object.entries(brokenInputs)) {
    test(`broken input: ${name}`, () => {
      const verification = run();
      assert.not.equal(verification.truth, "proven");
      if (verification.truth === "proven") return;
      const code = verification.failures.toSorted((a, b) => b.stage - a.stage)[0]?.code;
      assert.ok(
        code !== undefined && listed(codes).includes(code),
        `${code}: ${JSON.stringify(verification.failures)}`,
      );
    });
  }
  test("the copy in which nothing changed is accepted, so that the changes are what is refused", () => {
    for (const version of slsaVersions) accepts(attested(() => undefined, version));
    accepts(simple(() => undefined));
  });
}

test.run();
