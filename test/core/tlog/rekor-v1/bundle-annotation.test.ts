import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../../core/crypto/noble.ts";
import { parsePublicKeyPem } from "../../../../core/crypto/public-key.ts";
import { parseEnvelope } from "../../../../core/dsse/envelope.ts";
import { decodeBase64, encodeBase64 } from "../../../../core/encoding/base64.ts";
import { decodeUtf8 } from "../../../../core/encoding/utf8.ts";
import type { LoggedSignature } from "../../../../core/tlog/log-entry.ts";
import { parseRekorBundleAnnotation } from "../../../../core/tlog/rekor-v1/bundle-annotation.ts";
import { toLogKey, type TransparencyLogKey } from "../../../../core/tlog/transparency-log-key.ts";
import { verifyLogEntry } from "../../../../core/tlog/verify-log-entry.ts";
import { parseTrustedRoot } from "../../../../core/trust/trusted-root.ts";
import { parseCertificatesPem } from "../../../../core/x509/certificate.ts";
import { nodeVerifier } from "../../../../proxy/host/node-verifier.ts";
import { onlyEngineErrors, throwsCode } from "../../../support/assert.ts";
import { flipped } from "../../../support/patch.ts";
import { goldenDir, skipped, vectorsDir } from "../../../support/vectors.ts";
import { sha256 } from "../../../../core/crypto/digest.ts";
import { newKey } from "../../../lab/keys.ts";
import { newRekorV1, plainEntry } from "../../../lab/plain-entry.ts";
import { bodyOf, signedMessage } from "../../../lab/plain-signed.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/tlog/rekor-v1/bundle-annotation");

const log = newRekorV1();
const { logged } = signedMessage();
const entry = plainEntry(log, bodyOf("hashedrekord 0.0.1", logged), { proof: false });
const fields = {
  body: encodeBase64(entry.body),
  integratedTime: Number(entry.integratedTime),
  logIndex: Number(entry.logIndex),
  logID: entry.logId,
};
const promise = encodeBase64(entry.inclusionPromise as Uint8Array);
const textOf = (payload: object = fields, set: unknown = promise): string =>
  JSON.stringify({ SignedEntryTimestamp: set, Payload: payload });

test("body, time, index, id and promise", () => {
  const { kindVersion: _, ...expected } = entry;
  assert.equal(parseRekorBundleAnnotation(textOf(), defaultLimits), expected);
  verifyLogEntry(parseRekorBundleAnnotation(textOf(), defaultLimits), logged, [log.trusted], nobleVerifier, {
    layout: "layer",
    limits: defaultLimits,
  });
});

test("keys in any case, unknown and repeated ones, as Go reads them", () => {
  const text = textOf()
    .replace("SignedEntryTimestamp", "signedentrytimestamp")
    .replace("logID", "LogId")
    .replace("{", '{"SignedEntryTimestamp":"AAAA","extra":[1],');
  verifyLogEntry(parseRekorBundleAnnotation(text, defaultLimits), logged, [log.trusted], nobleVerifier, {
    layout: "layer",
    limits: defaultLimits,
  });
});

test("numbers are integers as JSON writes them", () => {
  for (const bad of ["1e3", "1.0", "-0", "-1", "01", '"5"', "null", "9007199254740993", "1e400"]) {
    const text = textOf().replace(`"logIndex":${fields.logIndex}`, `"logIndex":${bad}`);
    throwsCode("malformed", () => parseRekorBundleAnnotation(text, defaultLimits));
  }
});

test("a body that is not a string, an invalid log id, no promise", () => {
  for (const bad of [
    textOf({ ...fields, body: { a: 1 } }),
    textOf({ ...fields, body: `${fields.body}=` }),
    textOf({ ...fields, logID: fields.logID.toUpperCase() }),
    textOf({ ...fields, logID: "abc" }),
    textOf(fields, ""),
    textOf(fields, null),
    textOf(fields, "%"),
    JSON.stringify({ SignedEntryTimestamp: promise }),
    `${textOf()}x`,
    "{",
    "[]",
    "",
  ])
    throwsCode("malformed", () => parseRekorBundleAnnotation(bad, defaultLimits));
});

test("an annotation cut anywhere is malformed", () => {
  const text = textOf();
  for (let length = 0; length < text.length; length++)
    throwsCode("malformed", () => parseRekorBundleAnnotation(text.slice(0, length), defaultLimits));
});

interface Layer {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly blob: Uint8Array;
}

const key = {
  bundle: "dev.sigstore.cosign/bundle",
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
};

function layersOf(folder: string, name: string): Layer[] {
  const read = (digest: string): Uint8Array =>
    new Uint8Array(readFileSync(join(folder, "blobs/sha256", digest.replace("sha256:", ""))));
  const layers: Layer[] = [];
  for (const file of readdirSync(join(folder, "blobs/sha256"))) {
    const text = new TextDecoder().decode(read(file));
    if (!text.includes('"schemaVersion"')) continue;
    const manifest = JSON.parse(text) as { layers?: { digest: string; annotations?: Record<string, string> }[] };
    for (const { digest, annotations } of manifest.layers ?? [])
      if (annotations?.[key.bundle] !== undefined) layers.push({ name, annotations, blob: read(digest) });
  }
  return layers;
}

/** The verifier of a keyed signature is in its entry: these images come without the signer's key. */
function loggedOf({ annotations, blob }: Layer): LoggedSignature {
  const [certificate] =
    annotations[key.certificate] === undefined
      ? []
      : parseCertificatesPem(annotations[key.certificate] as string, defaultLimits);
  const body = JSON.parse(
    decodeUtf8(parseRekorBundleAnnotation(annotations[key.bundle] as string, defaultLimits).body),
  ) as {
    spec: { signature?: { publicKey: { content: string } } };
  };
  const recorded = body.spec.signature?.publicKey.content;
  const verifier =
    certificate === undefined
      ? {
          key:
            recorded === undefined
              ? newKey().publicKey
              : parsePublicKeyPem(decodeUtf8(decodeBase64(recorded)), defaultLimits),
        }
      : { certificate };
  if (annotations[key.signature] !== "")
    return {
      signature: decodeBase64(annotations[key.signature] as string),
      verifier,
      content: { kind: "message", digests: { sha256: sha256(blob) } },
    };
  const envelope = parseEnvelope(blob, defaultLimits);
  return {
    signature: (envelope.signatures[0] as { sig: Uint8Array }).sig,
    verifier,
    content: { kind: "dsse", payloadType: envelope.payloadType, payload: envelope.payload, envelopeBytes: blob },
  };
}

/** Accepted as it is, refused with any flipped byte, any other layer's content and any cut. */
function checkLayer(layer: Layer, logs: readonly TransparencyLogKey[]): void {
  const text = layer.annotations[key.bundle] as string;
  const carried = parseRekorBundleAnnotation(text, defaultLimits);
  const signed = loggedOf(layer);
  const run = (candidate = carried, about = signed, verifier = nobleVerifier) =>
    verifyLogEntry(candidate, about, logs, verifier, { layout: "layer", limits: defaultLimits });
  assert.instance(run().at, Date, layer.name);
  assert.equal(run(carried, signed, nodeVerifier), run());
  for (let index = 0; index < carried.body.length; index += 97)
    throwsCode(["bad-log-proof", "malformed"], () => run({ ...carried, body: flipped(carried.body, index) }));
  throwsCode("bad-log-proof", () =>
    run({ ...carried, inclusionPromise: flipped(carried.inclusionPromise as Uint8Array, 20) }),
  );
  throwsCode("bad-log-proof", () => run({ ...carried, logIndex: carried.logIndex + 1n }));
  throwsCode("bad-log-proof", () => run({ ...carried, integratedTime: (carried.integratedTime as bigint) + 1n }));
  const { content } = signed;
  const changed =
    content.kind === "dsse"
      ? { ...content, envelopeBytes: flipped(layer.blob, 5) }
      : { ...content, digests: { sha256: sha256(flipped(layer.blob, 5)) } };
  throwsCode("bad-log-proof", () => run(carried, { ...signed, content: changed }));
  for (let length = 0; length < text.length; length += 53)
    assert.is(
      onlyEngineErrors(() => parseRekorBundleAnnotation(text.slice(0, length), defaultLimits)),
      "threw",
    );
}

const vectors = vectorsDir();
if (vectors === undefined) skipped("core/tlog/rekor-v1/bundle-annotation", 7, "SALLYPORT_VECTORS is not set");
else {
  const { tlogs } = parseTrustedRoot(
    readFileSync(join(vectors, "root-signing/targets/trusted_root.json")),
    defaultLimits,
  );
  for (const name of readdirSync(join(vectors, "images"))) {
    const folder = name.startsWith("slsa-container")
      ? join(vectors, "images", name, "layout")
      : join(vectors, "images", name);
    if (!name.startsWith("slsa-container") && !name.endsWith("sig")) continue;
    test(`real image ${name}`, () => {
      const layers = layersOf(folder, name);
      assert.is(layers.length, 1);
      for (const layer of layers) checkLayer(layer, tlogs);
    });
  }
}

const golden = goldenDir();
if (golden === undefined) skipped("core/tlog/rekor-v1/bundle-annotation", 1, "SALLYPORT_GOLDEN is not set");
else
  test("golden registry: what the log's key signed for the layer itself is proven, everything else is refused", () => {
    const logs = [
      toLogKey(parsePublicKeyPem(readFileSync(join(golden, "verify/trust/rekor.pub"), "utf8"), defaultLimits)),
      toLogKey(parsePublicKeyPem(readFileSync(join(golden, "verify/trust/rekor-prod.pub"), "utf8"), defaultLimits)),
    ];
    let proven = 0;
    let refused = 0;
    for (const layer of layersOf(join(golden, "verify/registry"), "golden")) {
      const outcome = onlyEngineErrors(() =>
        verifyLogEntry(
          parseRekorBundleAnnotation(layer.annotations[key.bundle] as string, defaultLimits),
          loggedOf(layer),
          logs,
          nobleVerifier,
          { layout: "layer", limits: defaultLimits },
        ),
      );
      if (outcome === "returned") proven++;
      else refused++;
    }
    assert.equal([proven >= 25, refused >= 20], [true, true], `${proven} proven, ${refused} refused`);
  });

test.run();
