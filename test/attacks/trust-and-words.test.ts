/**
 * Attacks on trust that is imported, distrust, the time of judging, and on what is printed. Source: docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import { compileDistrust, readDistrust } from "../../core/trust/distrust.ts";
import { parseTrustedRoot } from "../../core/trust/trusted-root.ts";
import { TrustCache } from "../../core/trust/trust-cache.ts";
import { createTufVerifier } from "../../core/trust/tuf-verifier.ts";
import { parseTimestampResponse } from "../../core/timestamp/timestamp-response.ts";
import { renderMarkdown } from "../../cli/render/markdown.ts";
import { renderJunit } from "../../cli/render/junit.ts";
import { renderResponse } from "../../cli/render/kyverno-apply.ts";
import { toJsonText } from "../../cli/render/json.ts";
import { toYamlText } from "../../cli/render/yaml.ts";
import { throwsCode } from "../support/assert.ts";
import { forged, hiddenSigns, hostileTexts } from "../cli/hostile-texts.ts";
import { fastVerifier, type Json, later, type Recipe, sign, strangers, verdict, withLogAnswer } from "../lab/index.ts";
import { apiEntryJson } from "../lab/bundle.ts";
import { attackSuite } from "./attack.ts";
import { pems } from "./authorities.ts";
import { accepts, decided, lab, refuses } from "./refuses.ts";

const { attack, run } = attackSuite("trust-and-words");

const retired = (root: Json): Json => ({
  ...root,
  tlogs: root.tlogs.map((log: Json) => ({
    ...log,
    publicKey: { ...log.publicKey, validFor: { start: "2020-01-01T00:00:00Z", end: "2020-12-31T00:00:00Z" } },
  })),
});

attack(191, "an entry asked of a log whose key was retired before the signature was made", () => {
  for (const by of ["key", "certificate"] as const) {
    const asking = (trustedRoot?: (root: Json) => Json) =>
      sign(lab, {
        layout: "tag",
        by,
        evidence: ["promise", "timestamp"],
        change: {
          entries: () => [],
          ...(trustedRoot === undefined ? {} : { trustedRoot }),
          attestor: (spec) => ({
            ...spec,
            rekor: { url: "https://rekor.lab.example", ignoreTlog: false },
            ctlog: { ignoreSCT: false, ...spec.ctlog, tsaCertChain: pems(lab.timestampAuthority.chain) },
          }),
        },
      });
    const whole = sign(lab, { layout: "tag", by, evidence: ["promise", "proof", "timestamp"] });
    const [entry] = whole.entries;
    assert.ok(entry);
    const answer = JSON.stringify(apiEntryJson(entry));
    const verdictOf = (bare: ReturnType<typeof asking>): string =>
      verdict(bare, { knowledge: withLogAnswer(bare.knowledge, answer, lab.now) });
    assert.is(verdictOf(asking()), "proven", by);
    assert.is(verdictOf(asking(retired)), "refuted: bad-log-proof", by);
  }
});

attack(192, "a carried entry, with its promise or with a time that nothing signs, of such a log", () => {
  for (const evidence of [["promise", "proof"], ["proof"], ["proof", "timestamp"]] as const)
    refuses("bad-log-proof", { evidence }, { trustedRoot: retired });
  refuses("bad-log-proof", { layout: "tag" }, { trustedRoot: retired });
});

attack(193, "a timestamp authority that is distrusted: by its signer, its root, its key, or as an authority", () => {
  for (const recipe of [
    { by: "certificate", evidence: ["rekor2", "timestamp"] },
    { by: "certificate", evidence: ["proof", "timestamp"] },
  ] as const satisfies readonly Recipe[]) {
    const signed = accepts(recipe);
    for (const one of lab.timestampAuthority.chain)
      for (const [kind, value] of [
        ["timestamp-authority", one.parsed.fingerprint],
        ["certificate", one.parsed.fingerprint],
        ["key", one.parsed.publicKey?.fingerprint ?? ""],
      ] as const)
        assert.is(
          decided(signed, { engine: { distrust: readDistrust({ distrust: [{ [kind]: value }] }) } }),
          "denied: distrusted",
          kind,
        );
    const other = strangers(lab).timestampAuthority.chain[0]?.parsed.fingerprint ?? "";
    assert.is(
      decided(signed, { engine: { distrust: readDistrust({ distrust: [{ "timestamp-authority": other }] }) } }),
      "allowed",
    );
  }
});

attack(194, "a distrust list with a misspelt kind, a short value, a second kind, or a value in upper case", () => {
  const hex = "a".repeat(64);
  for (const row of [
    { identify: "x" },
    { digest: hex },
    { key: hex.slice(1) },
    { log: hex.toUpperCase() },
    { key: hex, log: hex },
    { "timestamp-authority": "https://tsa.example" },
    { identity: "" },
    {},
  ])
    throwsCode("malformed", () => readDistrust({ distrust: [row as Json] }));
  const list = compileDistrust(readDistrust({ distrust: [{ identity: "*@evil.example" }] }), defaultLimits);
  assert.ok(list.find("identity", "a@b@evil.example"));
  assert.not.ok(list.find("identity", "x@evil.example.org"));
});

attack(
  195,
  "a pinned trusted root that was loaded under one name is asked for under another, which pins another",
  () => {
    const signed = accepts({ by: "certificate" });
    const bytes = signed.trustedRoot;
    const pin = `sha256:${"0".repeat(64)}` as const;
    const tuf = createTufVerifier({ mode: "pin", pins: { other: pin } } as never, defaultLimits);
    const cache = new TrustCache(fastVerifier, { limits: defaultLimits, tuf });
    const source = { form: "pinned", bytes } as const;
    const codeFor = (name: string): string => {
      try {
        cache.load(source, () => lab.now, name);
        return "loaded";
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    };
    const first = codeFor("lab");
    assert.is(codeFor("other") === "loaded", false);
    assert.is(codeFor("lab"), first);
  },
);

attack(196, "a trusted root with members twice, in another case, of another type, or with more behind it", () => {
  const root = new TextDecoder().decode(accepts({ by: "certificate" }).trustedRoot);
  const json = JSON.parse(root) as Json;
  parseTrustedRoot(encodeUtf8(root), defaultLimits);
  for (const changed of [
    `${root.slice(0, -1)},"tlogs":[]}`,
    JSON.stringify({ ...json, Tlogs: json.tlogs }),
    JSON.stringify({ ...json, mediaType: "application/json" }),
    `\ufeff${root}`,
    `${root} {}`,
  ])
    throwsCode("malformed", () => parseTrustedRoot(encodeUtf8(changed), defaultLimits));
});

attack(197, "the clock is turned back to when a certificate was valid, and forward", () => {
  // Nothing but the clock says when this was signed: it holds while the certificate does, and with a log never.
  const bare = sign(lab, { by: "certificate", evidence: [] });
  assert.is(verdict(bare, { now: lab.leafEnd }), "proven");
  assert.is(verdict(bare, { now: later(lab.leafEnd, 1000) }), "refuted: certificate-not-valid-then");
  const withLog = (spec: Json) => ({ ...spec, rekor: { ignoreTlog: false } });
  for (const now of [lab.signedAt, lab.leafEnd, lab.now])
    assert.is(verdict(bare, { now, attestor: withLog }), "refuted: no-log-proof");
  const signed = accepts({ by: "certificate" });
  for (const now of [later(lab.signedAt, -86_400_000), later(lab.now, 86_400_000 * 365)])
    assert.is(verdict(signed, { now }), "proven");
});

attack(198, "a timestamp token that is cut, or has bytes behind it", () => {
  const [token] = accepts({ by: "certificate", evidence: ["rekor2", "timestamp"] }).timestamps;
  assert.ok(token);
  parseTimestampResponse(token, defaultLimits);
  for (const damaged of [token.subarray(0, -1), Uint8Array.from([...token, 0]), new Uint8Array(0)])
    throwsCode("malformed", () => parseTimestampResponse(damaged, defaultLimits));
});

attack(199, "a name that ends its line, cell or element in what is printed", () => {
  for (const text of hostileTexts) {
    const result = { status: "fail", rule: text, message: text, action: "Enforce" } as never;
    const shown = renderResponse({ policy: text, resource: text, scored: true, results: [result] }, false);
    assert.not.ok(shown.split("\n").some((line) => line.startsWith(forged)));
    assert.not.match(shown, hiddenSigns);
    const table = renderMarkdown(["A", "B"], [[text, text]]);
    assert.is(table.trimEnd().split("\n").length, 3);
    assert.not.match(table.replaceAll(/\\./g, ""), /[<[`]/);
    const xml = renderJunit([
      { suite: text, classname: text, name: text, status: "failed", reason: text, lines: [[text, text]] },
    ]);
    assert.is(xml.match(/<testcase /g)?.length, 1);
    assert.not.match(xml, hiddenSigns);
  }
});

attack(200, "a text in JSON or YAML that a screen would obey, or that forges a document", () => {
  for (const text of hostileTexts) {
    assert.equal(JSON.parse(toJsonText({ [text]: text })), { [text]: text });
    assert.not.match(toJsonText({ a: text }), hiddenSigns);
    const yaml = toYamlText({ a: text });
    assert.not.match(yaml, hiddenSigns);
    assert.not.match(yaml, /^(?:---|\.\.\.)/m);
  }
});

run();
