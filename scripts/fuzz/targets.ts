/**
 * What is fuzzed: every format that reaches the engine from outside. A target takes any bytes and may only return or
 * throw an `EngineError`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DerReader } from "../../core/asn1/der.ts";
import { parseBundle } from "../../core/cosign/bundle.ts";
import { parseSimpleSigning } from "../../core/cosign/simple-signing.ts";
import { registeredAlgorithms } from "../../core/crypto/algorithms.ts";
import { sha256 } from "../../core/crypto/digest.ts";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import { parsePublicKeysPem } from "../../core/crypto/public-key.ts";
import { parseEnvelope } from "../../core/dsse/envelope.ts";
import { statementOf } from "../../core/dsse/statement.ts";
import { parseJson } from "../../core/encoding/json.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { createEngine } from "../../core/decide/engine.ts";
import { EngineError } from "../../core/errors.ts";
import { readAnswer } from "../../core/knowledge/answer-json.ts";
import { compileExpression } from "../../core/jmespath/expression.ts";
import { kyvernoFunctions } from "../../core/kyverno/functions/kyverno-functions.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { parseManifest } from "../../core/oci/manifest.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import { parseReference } from "../../core/oci/reference.ts";
import { compileRe2 } from "../../core/patterns/re2.ts";
import { parseTimestampResponse } from "../../core/timestamp/timestamp-response.ts";
import { parseCheckpoint } from "../../core/tlog/checkpoint.ts";
import { parseTrustedRoot } from "../../core/trust/trusted-root.ts";
import { parseCertificate, parseCertificatesPem } from "../../core/x509/certificate.ts";
import { issuerOf, readFulcioExtensions, subjectsOf } from "../../core/x509/fulcio.ts";
import { toNameText } from "../../core/x509/name.ts";
import { readTufMetadata, seedTufMetadata, tufWords } from "./tuf-metadata.ts";
import { registryTargets } from "./registry-targets.ts";
import { seedCertificate, seedCheckpoint, seedEnvelope, seedPolicy, seedTimestamp, verifyingKeys } from "./seeds.ts";
import { defaultLimits } from "../../core/limits.ts";

export interface FuzzTarget {
  readonly seeds: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
  /** @throws EngineError, and nothing else. */
  readonly run: (input: Uint8Array) => void;
}

const texts = (...items: readonly string[]): readonly Uint8Array[] => items.map(encodeUtf8);
const jsonWords = texts(
  "{",
  "}",
  "[",
  "]",
  '"',
  ":",
  ",",
  "null",
  "true",
  "1e999",
  "-0",
  "\\u0000",
  "\\ud800",
  '{"a":',
  "[[",
  '"__proto__":',
  "00",
  " ",
  "\u0000",
  "9007199254740993",
);
const derWords = [
  [0x30, 0x80],
  [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
  [0x02, 0x00],
  [0x02, 0x01, 0x00],
  [0x05, 0x00],
  [0x06, 0x01, 0x80],
  [0xa0, 0x03],
  [0x30, 0x00],
  [0x1f, 0xff],
  [0x00, 0x00],
].map((bytes) => Uint8Array.from(bytes));

/** Real inputs of the vectors, if available. */
function vectorSeeds(below: string, matches: RegExp, most = 40): readonly Uint8Array[] {
  const folder = process.env.SALLYPORT_VECTORS;
  if (folder === undefined || !existsSync(join(folder, below))) return [];
  return readdirSync(join(folder, below), { recursive: true })
    .map((name) => join(folder, below, String(name)))
    .filter((path) => matches.test(path) && statSync(path).isFile() && statSync(path).size < 100_000)
    .sort()
    .slice(0, most)
    .map((path) => new Uint8Array(readFileSync(path)));
}

function walkDer(reader: DerReader): void {
  while (!reader.atEnd) {
    const tag = reader.peek();
    if ((tag & 0x20) !== 0) walkDer(reader.read(tag));
    else reader.skip();
  }
}

function readCertificate(input: Uint8Array): void {
  const certificate = parseCertificate(input, defaultLimits);
  toNameText(certificate.subject, defaultLimits);
  toNameText(certificate.issuer, defaultLimits);
  subjectsOf(certificate);
  issuerOf(certificate);
  readFulcioExtensions(certificate);
}

const document = parseJson(
  '{"a":[1,2,3,{"b":"x"}],"n":1.5,"s":"text","o":{"k":null,"t":true},"list":[{"name":"b","v":2},{"name":"a","v":1}]}',
  { limits: defaultLimits },
);
const functions = kyvernoFunctions({ now: new Date(1_700_000_000_000), seed: "fuzz", references: {} });
const pod = requestFor({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n" },
  spec: { containers: [{ name: "c", image: "ghcr.io/org/app:1" }] },
});

function decidePolicies(input: Uint8Array): void {
  const { policies, exceptions } = loadPolicies([{ name: "fuzz.yaml", text: decodeUtf8(input) }]);
  const engine = createEngine({ policies, exceptions, crypto: nobleVerifier });
  const decision = engine.decide(pod, new MemoryKnowledge(defaultLimits), new Date(1_700_000_000_000));
  JSON.stringify(decision);
}

const answerKinds = ["tag", "referrers", "blob", "trusted-root", "key", "log-entry", "cluster"] as const;

const messages = texts("a message");

/** Targets that break the promise, for the test that the fuzzer finds it. */
const faults: Readonly<Record<string, () => FuzzTarget>> = {
  "fault-throws": () => ({
    seeds: texts("a"),
    words: [],
    run: (input) => {
      if (input.length > 1) throw new TypeError("planted");
    },
  }),
  "fault-hangs": () => ({
    seeds: texts("a"),
    words: [],
    run: (input) => {
      while (input.length > 1 && input[0] !== undefined);
    },
  }),
};

/** The target of a name, if there is one. */
export const targetOf = (name: string): FuzzTarget | undefined =>
  (targets[name] ?? (process.env.SALLYPORT_FUZZ_FAULTS === "1" ? faults[name] : undefined))?.();

/** By name, made when asked for. */
export const targets: Readonly<Record<string, () => FuzzTarget>> = {
  der: () => ({
    seeds: [seedCertificate(), seedTimestamp()],
    words: derWords,
    run: (input) => walkDer(new DerReader(input, "fuzz", defaultLimits)),
  }),
  certificate: () => ({ seeds: [seedCertificate()], words: derWords, run: readCertificate }),
  pem: () => ({
    seeds: texts(
      "-----BEGIN PUBLIC KEY-----\n" +
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" +
        "-----END PUBLIC KEY-----\n",
    ),
    words: texts("-----BEGIN ", "-----END ", "-----", "PUBLIC KEY", "CERTIFICATE", "=", "\r\n"),
    run: (input) => {
      const text = decodeUtf8(input);
      try {
        parsePublicKeysPem(text, defaultLimits);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        parseCertificatesPem(text, defaultLimits);
      }
    },
  }),
  bundle: () => ({
    seeds: [
      ...vectorSeeds("sigstore-conformance/bundle-verify", /bundle.*\.json$/),
      encodeUtf8(
        '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",' +
          '"verificationMaterial":{"publicKey":{"hint":"x"},"tlogEntries":[]},' +
          `"dsseEnvelope":${decodeUtf8(seedEnvelope())}}`,
      ),
    ],
    words: [
      ...jsonWords,
      ...texts(
        '"tlogEntries":[',
        '"certificate":{"rawBytes":""}',
        '"messageSignature":{}',
        '"inclusionProof":{',
        '"timestampVerificationData":{',
      ),
    ],
    run: (input) => {
      const bundle = parseBundle(input, defaultLimits);
      if (bundle.content.kind === "dsse")
        statementOf(bundle.content.envelope, { layout: "bundle", limits: defaultLimits });
    },
  }),
  envelope: () => ({
    seeds: [seedEnvelope()],
    words: [...jsonWords, ...texts('"payloadType":', '"signatures":[', '"sig":"AA=="', '"keyid":""')],
    run: (input) => {
      statementOf(parseEnvelope(input, defaultLimits), { layout: "bundle", limits: defaultLimits });
    },
  }),
  "simple-signing": () => ({
    seeds: texts(
      '{"critical":{"identity":{"docker-reference":"ghcr.io/org/app"},' +
        `"image":{"docker-manifest-digest":"sha256:${"a".repeat(64)}"},"type":"cosign container image ` +
        'signature"},"optional":{"env":"prod"}}',
    ),
    words: jsonWords,
    run: (input) => {
      parseSimpleSigning(input, defaultLimits);
    },
  }),
  checkpoint: () => ({
    seeds: [seedCheckpoint()],
    words: texts("\n", "\n\n", "— ", "—", "18446744073709551615", "18446744073709551616", "-1", "AAAA", "\u0000"),
    run: (input) => {
      parseCheckpoint(decodeUtf8(input), defaultLimits);
    },
  }),
  timestamp: () => ({
    seeds: [seedTimestamp()],
    words: derWords,
    run: (input) => {
      parseTimestampResponse(input, defaultLimits);
    },
  }),
  "trusted-root": () => ({
    seeds: [
      ...vectorSeeds("root-signing/targets", /trusted_root\.json$/, 1),
      encodeUtf8(
        '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],' +
          '"certificateAuthorities":[],"ctlogs":[],"timestampAuthorities":[]}',
      ),
    ],
    words: jsonWords,
    run: (input) => {
      parseTrustedRoot(input, defaultLimits);
    },
  }),
  tuf: () => ({ seeds: seedTufMetadata(), words: [...jsonWords, ...tufWords], run: readTufMetadata }),
  manifest: () => ({
    seeds: texts(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",' +
        `"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:${"a".repeat(64)}","size":2},` +
        '"layers":[]}',
    ),
    words: [...jsonWords, ...texts('"manifests":[', '"subject":{', '"annotations":{', '"size":-1')],
    run: (input) => {
      parseManifest(input, defaultLimits);
    },
  }),
  answer: () => ({
    seeds: texts(
      '{"at":"2026-01-01T00:00:00Z","from":"ghcr.io","state":"present","value":' +
        `[{"digest":"sha256:${"a".repeat(64)}","mediaType":"a/b","size":2}]}`,
      '{"at":"2026-01-01T00:00:00Z","from":"tuf","state":"present","value":' +
        '{"form":"tuf","roots":["YQ=="],"snapshot":"","target":"","targets":[],"timestamp":""}}',
      '{"at":"2026-01-01T00:00:00Z","code":"timed-out","from":"ghcr.io","state":"unavailable"}',
    ),
    words: [...jsonWords, ...texts('"form":"pinned",', '"floors":{', '"artifactType":""', '"state":"absent"', "YQ==")],
    run: (input) => {
      const json = parseJson(input, { limits: defaultLimits });
      let refusal: unknown;
      for (const kind of answerKinds)
        try {
          readAnswer(kind, json, "");
          return;
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          refusal = error;
        }
      throw refusal;
    },
  }),
  policy: () => ({
    seeds: [seedPolicy(), ...vectorSeeds("kyverno-policies", /\.ya?ml$/, 60)],
    words: texts(
      "\n- ",
      "\n  ",
      ": ",
      "{{ ",
      " }}",
      "&a ",
      "*a ",
      "<<: ",
      "? ",
      "| \n",
      "!!binary ",
      "!!map",
      "\n---\n",
      "\n...\n",
      "%YAML 1.1\n",
      "{",
      "}",
      "[",
      "]",
      '"',
      "'",
      "#",
      "\t",
      "0x1F",
      "1e400",
      ".inf",
      "~",
      "verifyImages:",
      "attestors:",
      "count: -1",
      "$(./../)",
      "keys:",
      "imageReferences: [",
      "conditions:",
      "any:",
      "\u2028",
      "\ufeff",
    ),
    run: decidePolicies,
  }),
  reference: () => ({
    seeds: texts(
      "nginx",
      `ghcr.io/org/app:v1.2@sha256:${"a".repeat(64)}`,
      "localhost:5000/a/b_c:tag",
      `[::1]:5000/x@sha512:${"b".repeat(128)}`,
    ),
    words: texts(
      "/",
      ":",
      "@",
      "@sha256:",
      "//",
      "..",
      "__",
      "-",
      "UPPER",
      "[",
      "]",
      "localhost",
      "docker.io/",
      "\u0000",
      "é",
    ),
    run: (input) => {
      parseReference(decodeUtf8(input), defaultLimits);
    },
  }),
  ...registryTargets,
  jmespath: () => ({
    seeds: texts(
      "a[?b=='x'].c | [0]",
      "sort_by(list, &name)[*].v",
      "join(',', a[*].to_string(@))",
      "items(o, 'k', 'v')",
      "regex_match('^a+$', s) && add(n, `2`) || 'x'",
      "list[*].{n: name, w: multiply(v, `3`)}",
      "time_since('', '2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z')",
    ),
    words: texts(
      "[",
      "]",
      "(",
      ")",
      "{",
      "}",
      "&",
      "@",
      "|",
      "||",
      "&&",
      "!",
      "`",
      "'",
      '"',
      "[*]",
      "[]",
      "[?",
      ".*",
      "==",
      ":",
      ",",
      "map(&",
      "parse_json(",
      "parse_yaml(",
      "random('",
      "x509_decode(",
      "replace_all(",
      "pattern_match('",
      "-1",
      "1:2:3",
      "\\u0041",
      "to_number(",
    ),
    run: (input) => {
      compileExpression(decodeUtf8(input), { functions, limits: defaultLimits }).evaluate(document, { functions });
    },
  }),
  regexp: () => ({
    seeds: texts("^https://github\\.com/org/.*$", "(a|b)*c{2,30}", "[[:alpha:]]+\\pL(?i:x)\\b"),
    words: texts(
      "(",
      ")",
      "*",
      "+",
      "?",
      "{1000}",
      "{2,}",
      "[^",
      "]",
      "|",
      "\\",
      "\\Q",
      "\\E",
      "(?P<n>",
      "(?=",
      "\\1",
      ".",
      "^",
      "$",
    ),
    run: (input) => {
      compileRe2(decodeUtf8(input), defaultLimits).test(
        "https://github.com/org/app/.github/workflows/release.yml@refs/tags/v1",
      );
    },
  }),
  signature: () => ({
    seeds: [Uint8Array.from([0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]), sha256(messages[0] as Uint8Array)],
    words: derWords,
    run: (input) => {
      for (const key of verifyingKeys())
        for (const algorithm of registeredAlgorithms(key))
          nobleVerifier.verify(algorithm, key, { message: messages[0] as Uint8Array }, input);
    },
  }),
};
