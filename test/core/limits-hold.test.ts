/**
 * Every limit holds: each is set low once, at the root where a thing is put together, for an input that is fine under
 * the defaults. A limit without a row does not compile.
 */
import * as assert from "uvu/assert";
import { suite } from "uvu";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { createEngine } from "../../core/decide/engine.ts";
import { settle } from "../../core/decide/settle.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { defaultLimits, type Limits, limitsWith, reviewLimits } from "../../core/limits.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import { createAliases } from "../../core/oci/aliases.ts";
import { parseReference } from "../../core/oci/reference.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { readImageList } from "../../proxy/sync/lists/read-image-list.ts";
import { ImageClosure } from "../../proxy/sync/image-closure.ts";
import {
  CertificateAuthority,
  certificateAuthorityInstance,
  fastVerifier,
  nameConstraints,
  type Recipe,
  sign,
} from "../lab/index.ts";
import { listTwoObjects, writeAnObject } from "../support/bounded-cluster.ts";
import { withProxy } from "../support/proxy-stage.ts";
import { askRegistries, never, serveRegistry } from "../support/registry-server.ts";
import { LayoutFolder, refName } from "../support/layout-folder.ts";
import { carriedRows } from "./capsule-limits.ts";
import { unpacking, unpackingZstd } from "./layout-limits.ts";
import { archiveRows } from "./archive-limits.ts";
import { layerRows } from "./layer-limits.ts";
import { storedRows } from "./mirror-limits.ts";
import { at, origin, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";
import {
  deciding,
  failures,
  keyless,
  lab,
  policyText,
  type Row,
  type Run,
  say,
  signed,
  thrown,
  verifying,
} from "./limit-runs.ts";
import { policyRows } from "./policy-limits.ts";
import { tufRows } from "./tuf-limits.ts";

const test = suite("core/limits-hold");

const twoAliases = ["a.corp", "b.corp"].map((physical) => ({ logical: "ghcr.io", physical }));

/** `readImageList` of two images. */
const listingImages: Run = thrown((limits) =>
  readImageList([{ name: "list", text: "ghcr.io/org/a:1\nghcr.io/org/b:1\n" }], { limits, policies: [], now: lab.now }),
);

/** A leaf below an authority that permits one domain only. */
const constrained = (): Recipe => {
  const { start, end } = lab.period;
  const own = new CertificateAuthority({
    seed: lab.seed,
    name: "constrained",
    notBefore: start,
    notAfter: end,
    change: (spec, index) =>
      index === 0
        ? spec
        : {
            ...spec,
            extensions: [...spec.extensions, nameConstraints({ permitted: [{ email: "lab.example" }] }, true)],
          },
  });
  return {
    by: "certificate",
    identity: { names: [{ email: "ada@lab.example" }], extensions: { issuer: "https://issuer.lab.example" } },
    change: {
      issuer: () => own.issuer,
      leaf: (spec) => ({ ...spec, issuer: own.issuer.certificate.spec.subject }),
      trustedRoot: (root) => ({ ...root, certificateAuthorities: [certificateAuthorityInstance(own, { start })] }),
    },
  };
};

/** `openLayout` of a folder with an image under these names. */
const layout = (...names: readonly string[]): string => {
  const folder = new LayoutFolder(temporaryFolder());
  const image = folder.manifest();
  for (const name of names) folder.add(image, { [refName]: name });
  return folder.write();
};
const opening = (folder: string): Run =>
  thrown((limits) => {
    openLayout(folder, { limits }).close();
  });

/** `openMirror`, to read the summary of a run. */
const listing: Run = thrown((limits) => {
  const run = { kind: "test", started: at, ended: at, from: "test", summary: { images: 1 } };
  const mirror = openMirror(
    writtenMirror(({ log }) => log.addRun(run)),
    { mode: "read", limits },
  );
  try {
    mirror.log.runs(1);
  } finally {
    mirror.close();
  }
});

/** `openMirror`, to pin a trusted root. */
const pinning: Run = thrown((limits) => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits });
  try {
    mirror.writer().pin({ kind: "trusted-root", name: "lab", bytes: signed.trustedRoot }, origin);
  } finally {
    mirror.close();
  }
});

/** `settle`, of an engine that knows nothing at first and is told everything. */
const settled = async (limits: Partial<Limits>): Promise<readonly string[]> => {
  const { policies } = loadPolicies([{ name: "policy.yaml", text: policyText }]);
  const engine = createEngine({ policies, crypto: fastVerifier, limits });
  const outage = { state: "unavailable", code: "unreachable", at, from: "test" } as const;
  const asker: Asker = { ask: async (question) => signed.knowledge.answer(question) ?? outage };
  return failures(await settle(engine, podOf(signed.repository), new MemoryKnowledge(limitsWith()), asker, lab.now));
};
const settling: Run = thrown(async (limits) => void (await settled(limits)));

const podOf = (...repositories: readonly string[]) =>
  requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "app", namespace: "default" },
    spec: {
      containers: repositories.map((repository, index) => ({
        name: `c${index}`,
        image: `${repository}:${signed.tag}`,
      })),
    },
  });

/** Two containers, of which the first entry of `imageReferences` speaks. */
const twoImages: Run = (limits) => {
  const { policies } = loadPolicies([{ name: "policy.yaml", text: policyText }]);
  const engine = createEngine({ policies, crypto: fastVerifier, limits });
  return failures(engine.decide(podOf(signed.repository, signed.repository), signed.knowledge, lab.now));
};

/** Says something when the second decision had to verify again. */
const remembering: Run = (limits) => {
  let checks = 0;
  const crypto: SignatureVerifier = {
    name: "counting",
    verify(...given) {
      checks += 1;
      return fastVerifier.verify(...given);
    },
  };
  const { policies } = loadPolicies([{ name: "policy.yaml", text: policyText }]);
  const engine = createEngine({ policies, crypto, limits });
  const knowledge = {
    ...signed.knowledge,
    answer: signed.knowledge.answer.bind(signed.knowledge),
    state: () => ({ version: "1" }),
  };
  engine.decide(podOf(signed.repository), knowledge, lab.now);
  const first = checks;
  engine.decide(podOf(signed.repository), knowledge, lab.now);
  return checks > first ? ["verified again: nothing is remembered"] : [];
};

/** Says something when a request like the one before was decided again. */
const decidingAgain: Run = (limits) => {
  const { policies } = loadPolicies([{ name: "policy.yaml", text: policyText }]);
  const engine = createEngine({ policies, crypto: fastVerifier, limits });
  const knowledge = {
    answer: signed.knowledge.answer.bind(signed.knowledge),
    state: () => ({ version: "1" }),
  };
  const [first, second] = [1, 2].map(() => engine.decide(podOf(signed.repository), knowledge, lab.now).results);
  return first === second ? [] : ["decided again: no decision is remembered"];
};

/** The tags of a repository that has two. */
const listingTags: Run = async (limits) => {
  const server = await serveRegistry(() => ({ body: { name: "org/app", tags: ["1", "2"] } }));
  const asking = askRegistries({ limits });
  try {
    await asking.listTags(`${server.host}/org/app`, never);
    return [];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [say(error.code, error.message)];
  } finally {
    await asking.close();
    await server.close();
  }
};

/** A layer of twenty bytes through the registry proxy. */
const pullingLayer: Run = async (limits) => {
  const said: string[] = [];
  await withProxy({ limits }, async (stage) => {
    const layer = "a layer of 20 bytes.";
    stage.answers = () => ({ body: layer });
    const { status } = await stage.get(`org/app/blobs/${digestOf(encodeUtf8(layer))}`);
    if (status === 503) said.push(...stage.reports.map(({ code, message }) => say(code, message)));
  });
  return said;
};

/** All that hangs on an image with one signature. */
const closing: Run = (limits) => {
  const { repository, digest, knowledge } = sign(lab, {});
  const text = `${repository}@${digest}`;
  const image = { text, reference: parseReference(text, defaultLimits), from: "test" };
  const { faults } = new ImageClosure(image, { limits: limitsWith(limits) }).attempt(knowledge, lab.now);
  return faults.map(({ code, message }) => say(code, message));
};

const attestation: Recipe = { claim: "attestation" };
const rows: { readonly [Name in keyof Limits]: Row } = {
  manifestBytes: { low: 10, run: verifying({ layout: "tag" }) },
  blobBytes: { low: 10, run: verifying({ layout: "tag" }) },
  bundleBytes: { low: 10, run: verifying({}) },
  layersPerManifest: { low: 0, run: verifying({ layout: "tag" }) },
  layoutEntries: { low: 1, run: opening(layout("ghcr.io/org/a:1", "ghcr.io/org/b:1")) },
  layoutIndexBytes: { low: 10, run: opening(layout("ghcr.io/org/a:1")) },
  layoutArchiveBytes: { low: 10, run: thrown(unpacking) },
  zstdWindowBytes: { low: 1023, run: thrown(unpackingZstd) },
  ...archiveRows(thrown),
  ...policyRows,
  ...tufRows,
  ...carriedRows(thrown),
  layoutRepeats: { low: 0, run: opening(layout("ghcr.io/org/a:1", "ghcr.io/org/b:1")) },
  referrers: { low: 0, run: verifying({}) },
  tagsPerRepository: { low: 1, run: listingTags },
  layerBytes: { low: 10, run: pullingLayer },
  attachedDepth: { low: 0, run: closing },
  attachedPerImage: { low: 1, run: closing },
  signaturesPerImage: { low: 0, run: verifying({}) },
  signatureBytesPerImage: { low: 10, run: verifying({}) },
  signatureChecksPerImage: { low: 0, run: verifying({}) },
  signatureChecksPerDecision: { low: 0, run: verifying({}) },
  signatureChecksPerReview: { low: 0, run: (limits) => verifying({})(reviewLimits({ ...defaultLimits, ...limits })) },
  jsonDepth: { low: 1, run: verifying({}) },
  jsonBytes: { low: 1, run: listing },
  asn1Depth: { low: 1, run: deciding({ layout: "tag" }) },
  certificateBytes: { low: 10, run: verifying(keyless) },
  extensionsPerCertificate: { low: 1, run: verifying(keyless) },
  signedCertificateTimestamps: { low: 0, run: verifying(keyless) },
  certificatesPerChain: {
    low: 1,
    run: deciding(keyless, {
      attestor: ({ keyless: _, ...spec }) => ({
        ...spec,
        certificates: { certChain: lab.authority.chain.map(({ pem }) => pem).join("") },
      }),
    }),
  },
  chainSignatureChecks: { low: 0, run: verifying(keyless) },
  constraintComparisons: { low: 0, run: verifying(constrained()) },
  rsaModulusBits: { low: 1024, run: deciding({ layout: "tag", keyType: "rsa2048" }) },
  logEntries: { low: 0, run: verifying({}) },
  timestamps: { low: 0, run: verifying({ evidence: ["promise", "timestamp"] }) },
  envelopeSignatures: { low: 0, run: verifying(attestation) },
  statementSubjects: { low: 0, run: verifying(attestation) },
  digestsPerSubject: { low: 0, run: verifying(attestation) },
  checkpointBytes: { low: 10, run: verifying({ evidence: ["promise", "proof"] }) },
  checkpointSignatures: { low: 0, run: verifying({ evidence: ["promise", "proof"] }) },
  trustedRootBytes: { low: 10, run: pinning },
  imagesPerResource: { low: 1, run: twoImages },
  clusterObjects: { low: 1, run: thrown(listTwoObjects) },
  writtenObjectBytes: { low: 1, run: thrown(writeAnObject) },
  listEntries: { low: 1, run: listingImages },
  aliases: { low: 1, run: thrown((limits) => createAliases(twoAliases, limits)) },
  referenceBytes: { low: 5, run: deciding({ layout: "tag" }) },
  heldBytes: { low: 100, run: settled, says: /^over-budget: / },
  settleRounds: { low: 1, run: settling, says: /^over-budget: / },
  memoEntries: { low: 0, run: remembering, says: /^verified again/ },
  memoBytes: { low: 0, run: remembering, says: /^verified again/ },
  memoDecisions: { low: 0, run: decidingAgain, says: /^decided again/ },
  ...storedRows,
  ...layerRows,
};

test("an engine's limit holds for what is not known too", () => {
  const { policies } = loadPolicies([{ name: "policy.yaml", text: policyText }]);
  const codes = (limits: Partial<Limits>): readonly string[] => {
    const { results } = createEngine({ policies, crypto: fastVerifier, limits }).decide(
      podOf("nginx", "redis"),
      new MemoryKnowledge(defaultLimits),
      lab.now,
    );
    return [...new Set(results.flatMap((result) => result.failures.map(({ code }) => code)))];
  };
  assert.equal(codes({}), ["not-in-mirror"]);
  assert.equal(codes({ imagesPerResource: 1 }), ["over-limit"]);
});

test("there is a row for every limit", () => {
  assert.equal(Object.keys(rows).sort(), Object.keys(defaultLimits).sort());
});

for (const [name, { low, run, says = /^over-limit: / }] of Object.entries(rows))
  test(`${name} holds`, async () => {
    const before = (await run({})).filter((text) => says.test(text));
    assert.equal(before, [], "under the defaults");
    const after = await run({ [name]: low });
    assert.ok(
      after.some((text) => says.test(text)),
      `${name}: ${low} gives ${after.join("; ") || "nothing"}`,
    );
  });

test.run();
