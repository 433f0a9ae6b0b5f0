import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { AskingRun } from "../../../core/decide/settle.ts";
import type { Decision, Engine } from "../../../core/decide/engine.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { nothingKnown } from "../../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../../core/knowledge/question.ts";
import type { AdmissionRequest } from "../../../core/kyverno/rule/request.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { associatedTag } from "../../../core/oci/associated-tag.ts";
import { mediaTypes } from "../../../core/oci/manifest.ts";
import { parseReference } from "../../../core/oci/reference.ts";
import { ImageClosure } from "../../../proxy/sync/image-closure.ts";

const test = suite("proxy/sync/image-closure");
const repository = "ghcr.io/org/app";
const limits = defaultLimits;

function content(layers: readonly object[]) {
  const bytes = encodeUtf8(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, layers }));
  return { bytes, digest: digestOf(bytes), mediaType: mediaTypes.manifest, size: bytes.length };
}

const payload = encodeUtf8("{}");
const mediaType = "application/vnd.dev.cosign.simplesigning.v1+json";
const image = content([]);
const signature = content([{ mediaType, digest: digestOf(payload), size: payload.length }]);
const values = new Map<string, unknown>([
  [`tag ${repository} 1`, image],
  [`manifest ${repository} ${image.digest}`, image.bytes],
  [`tag ${repository} ${associatedTag(image.digest, "signature")}`, signature],
  [`manifest ${repository} ${signature.digest}`, signature.bytes],
  [`blob ${repository} ${digestOf(payload)}`, payload],
]);
const asker = {
  ask: (question: Question) => {
    const value = values.get(questionText(question));
    const said = { at: "2026-01-01T00:00:00Z", from: "ghcr.io" };
    return Promise.resolve(
      (value === undefined ? { state: "absent", ...said } : { state: "present", value, ...said }) as never,
    );
  },
};

/** It wants nothing, and notes what it is asked about. */
function countingEngine() {
  const decided: string[] = [];
  const engine = {
    limits,
    policies: [],
    warnings: [],
    isPlain: true,
    decide: ({ object }: AdmissionRequest): Decision => {
      decided.push(JSON.stringify(object).match(/"image":"([^"]+)"/)?.[1] ?? "");
      return { allowed: true, results: [], open: [] } as unknown as Decision;
    },
  } as unknown as Engine;
  return { engine, decided };
}

test("each image and signature is decided once, when all that hangs on it is here", async () => {
  const { engine, decided } = countingEngine();
  const listed = { text: `${repository}:1`, reference: parseReference(`${repository}:1`, limits), from: "list" };
  const walk = new ImageClosure(listed, { engine, limits });
  const asking = new AskingRun(nothingKnown, asker, new Date());
  const gathered = await asking.settle((known, at) => walk.gather(known, at), limits.settleRounds);
  assert.equal([decided, gathered.decision, gathered.digest], [[], undefined, image.digest]);
  const closure = await asking.settle((known, at) => walk.attempt(known, at), limits.settleRounds);
  const wanted = [`${repository}:1`, `${repository}@${image.digest}`, `${repository}@${signature.digest}`];
  assert.equal([decided, closure.open, closure.decision?.allowed], [wanted, [], true]);
  assert.equal([...closure.read.keys()].sort(), [...gathered.read.keys()].sort());
  assert.equal(
    [...values.keys()].filter((text) => !closure.read.has(text)),
    [],
  );
});

test.run();
