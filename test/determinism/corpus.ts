/**
 * Decisions that every host has to make alike: each policy of the documentation about each Pod of its demo, and
 * signatures of the lab, right or wrong in one place. Each scene is a signed capsule and what is asked of it.
 */
import { createHash, createPublicKey } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CapsuleAnswer, toCapsuleAnswer, writeCapsule } from "../../core/capsule/write-capsule.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { createEngine } from "../../core/decide/engine.ts";
import type { EngineInput } from "../../core/decide/engine-document.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { parseQuestion } from "../../core/knowledge/question.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { toLower, toUpper } from "../../core/kyverno/functions/letter-case.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { defaultLimits } from "../../core/limits.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import { compileRe2 } from "../../core/patterns/re2.ts";
import { podImages } from "../../scripts/demo-folder.ts";
import { fastVerifier, keyTypes, Lab, policyFor, type Recipe, sign } from "../lab/index.ts";
import { ourKey } from "../support/archive-store.ts";
import { fixtureKnowledge, fixtureText } from "../support/fixture-images.ts";

export interface Case {
  readonly name: string;
  /** A resource, as JSON. */
  readonly request: string;
  /** RFC 3339. */
  readonly now: string;
}

export interface Scene {
  readonly name: string;
  readonly capsule: Uint8Array;
  /** PEM texts of who must have signed the capsule. */
  readonly keys: readonly string[];
  readonly cases: readonly Case[];
}

const keys = [String(createPublicKey(ourKey.pem).export({ type: "spki", format: "pem" }))];

const podOf = (image: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "main", namespace: "default" },
  spec: { containers: [{ name: "main", image }] },
});

interface Told {
  readonly name: string;
  readonly engine: EngineInput;
  readonly knowledge: Knowledge;
  readonly now: Date;
  readonly resources: readonly { readonly name: string; readonly resource: JsonObject }[];
}

/** A capsule of all that deciding about the resources reads. An outage is no answer that a capsule has. */
function sceneOf({ name, engine: input, knowledge, now, resources }: Told, crypto: SignatureVerifier): Scene {
  const engine = createEngine({ ...input, crypto });
  const answers = new Map<string, CapsuleAnswer>();
  for (const { resource } of resources)
    for (const text of engine.decide(requestFor(resource), knowledge, now, { exhaustive: true }).read) {
      const question = parseQuestion(text);
      const answer = knowledge.answer(question);
      if (answer !== undefined && answer.state !== "unavailable") answers.set(text, toCapsuleAnswer(question, answer));
    }
  const { bytes } = writeCapsule({
    sequence: 1,
    created: "2026-11-30T05:00:00Z",
    document: { engine: input, state: knowledge.state?.() ?? {}, images: [] },
    answers: [...answers.values()],
    sign: ourKey.signing.sign,
    limits: defaultLimits,
  });
  return {
    name,
    capsule: bytes,
    keys,
    cases: resources.map((one) => ({
      name: one.name,
      request: JSON.stringify(one.resource),
      now: now.toISOString(),
    })),
  };
}

const policiesFolder = fileURLToPath(new URL("../fixtures/documentation/policies", import.meta.url));

function documentationScenes(): readonly Scene[] {
  const resources = Object.entries(podImages).map(([name, image]) => ({ name, resource: podOf(image) }));
  return readdirSync(policiesFolder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => {
      const { policies, exceptions, errors } = loadPolicies([{ name, text: fixtureText(join("policies", name)) }]);
      if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`);
      const told = { name, engine: { policies, exceptions }, knowledge: fixtureKnowledge, resources };
      return sceneOf({ ...told, now: new Date("2026-11-29T12:00:00Z") }, fastVerifier);
    });
}

const recipes: readonly Recipe[] = (["tag", "artifact", "bundle"] as const).flatMap((layout) =>
  (["key", "certificate"] as const).flatMap((by) =>
    (["signature", "attestation"] as const).map((claim): Recipe => ({ layout, by, claim })),
  ),
);

const flipped = (bytes: Uint8Array): Uint8Array => {
  const damaged = new Uint8Array(bytes);
  const at = damaged.length - 1;
  damaged[at] = (damaged[at] ?? 0) ^ 1;
  return damaged;
};

/** One thing that is wrong, or nothing. */
const faults: Readonly<Record<string, Recipe["change"]>> = {
  right: {},
  "a damaged signature": { signature: flipped },
  "another payload": { payload: (payload) => ({ ...(payload as object), extra: "é\u{1f512}" }) as typeof payload },
  "a trusted root of nobody": {
    trustedRoot: (root) => ({ ...(root as object), tlogs: [], ctlogs: [] }) as typeof root,
  },
  "no log entry": { entries: () => [] },
};

function labScenes(): readonly Scene[] {
  const lab = new Lab();
  const scene = (name: string, recipe: Recipe): Scene => {
    const signed = sign(lab, recipe);
    const { policies } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(signed)) }]);
    const resources = [`${signed.repository}:${signed.tag}`, `${signed.repository}@${signed.digest}`].map((image) => ({
      name: image,
      resource: podOf(image),
    }));
    return sceneOf({ name, engine: { policies }, knowledge: signed.knowledge, now: lab.now, resources }, fastVerifier);
  };
  const made: Scene[] = [];
  for (const recipe of recipes)
    for (const [fault, change] of Object.entries(faults))
      made.push(
        scene(`lab: ${recipe.layout}, ${recipe.by}, ${recipe.claim}: ${fault}`, {
          ...recipe,
          ...(change === undefined ? {} : { change }),
        }),
      );
  for (const keyType of keyTypes) made.push(scene(`lab: ${keyType}`, { keyType, layout: "tag" }));
  return made;
}

/** Where letters have another case: the other planes have none. */
const letterPlanes = 0x20000;
const pointsAtOnce = 0x1000;
/** Ranges with letters of which a younger Unicode has the capitals, and some that fold far away. */
const foldedRanges =
  "[\\x{250}-\\x{2af}\\x{10a0}-\\x{10ff}\\x{1c80}-\\x{1c8f}\\x{a7c0}-\\x{a7ff}\\x{10d50}-\\x{10d65}\\x{16ea0}-\\x{16eb8}]";

/**
 * What letters are is asked of no host: preconditions hold where functions give the same of every code point as in
 * Node, and an image that nobody knows is denied only there.
 */
function letterScenes(): readonly Scene[] {
  const text = (from: number): string =>
    Array.from({ length: pointsAtOnce }, (_, index) => from + index)
      .filter((point) => point > 0x1f && (point < 0xd800 || point > 0xdfff))
      .map((point) => String.fromCodePoint(point))
      .join("");
  const sha256 = (value: string): string => createHash("sha256").update(value).digest("hex");
  const expressions: readonly (readonly [expression: string, map: (text: string) => string])[] = [
    ["to_upper(@)", toUpper],
    ["to_lower(@)", toLower],
    [
      `regex_replace_all_literal('(?i)${foldedRanges}', @, '')`,
      (value) => compileRe2(`(?i)${foldedRanges}`, defaultLimits).replaceAllLiteral(value, ""),
    ],
    [
      "regex_replace_all_literal('[\\p{C}\\p{Nd}]', @, '')",
      (value) => compileRe2("[\\p{C}\\p{Nd}]", defaultLimits).replaceAllLiteral(value, ""),
    ],
  ];
  const given = Array.from({ length: letterPlanes / pointsAtOnce }, (_, index) => text(index * pointsAtOnce));
  const resources = given
    .filter((one) => one !== "")
    .map((one, index) => {
      const expected = Object.fromEntries(expressions.map(([, map], at) => [`expected-${at}`, sha256(map(one))]));
      const pod = podOf("registry.example/letters:1");
      // A denial shows the name, without what a screen obeys.
      const name = Array.from(one)
        .filter((_, at) => at % 64 === index % 64)
        .join("");
      const metadata = { ...(pod.metadata as JsonObject), name, annotations: { text: one, ...expected } };
      return { name: `code points ${index}`, resource: { ...pod, metadata } };
    });
  const keyless = { subject: "*", issuer: "https://issuer.example", rekor: { url: "https://log.example" } };
  const rules = expressions.map(([expression], at) => ({
    name: `letters-${at}`,
    match: { any: [{ resources: { kinds: ["Pod"] } }] },
    preconditions: {
      all: [
        {
          key: `{{ request.object.metadata.annotations.text | ${expression} | sha256(@) }}`,
          operator: "Equals",
          value: `{{ request.object.metadata.annotations."expected-${at}" }}`,
        },
      ],
    },
    verifyImages: [
      {
        imageReferences: ["*"],
        attestors: [{ entries: [{ keyless }] }],
      },
    ],
  }));
  const policy = {
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "letters" },
    spec: { validationFailureAction: "Enforce", rules },
  };
  const { policies, errors } = loadPolicies([{ name: "letters.yaml", text: JSON.stringify(policy) }]);
  if (errors.length > 0) throw new Error(errors[0]?.message);
  const knowledge = new MemoryKnowledge(defaultLimits);
  return [
    sceneOf(
      { name: "letters", engine: { policies }, knowledge, now: new Date("2026-11-29T12:00:00Z"), resources },
      fastVerifier,
    ),
  ];
}

/** At least 300 decisions (`compare.test.ts` counts them). */
export const makeCorpus = (): readonly Scene[] => [...documentationScenes(), ...labScenes(), ...letterScenes()];
