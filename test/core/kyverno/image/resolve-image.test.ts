import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolveDigest, resolveMirrored } from "../../../../core/kyverno/image/resolve-image.ts";
import { RecordingKnowledge } from "../../../../core/knowledge/recording-knowledge.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { parseReference } from "../../../../core/oci/reference.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/image/resolve-image");
const digest = `sha256:${"a".repeat(64)}` as const;
const question = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
const resolve = (text: string, knowledge = new MemoryKnowledge(defaultLimits)) =>
  resolveDigest(parseReference(text, defaultLimits), knowledge);

test("its own digest needs no answer; another algorithm cannot be looked up", () => {
  assert.equal(resolve(`ghcr.io/org/app@${digest}`), { truth: "proven", evidence: { digest } });
  const other = resolve(`ghcr.io/org/app@sha512:${"b".repeat(128)}`);
  assert.ok(other.truth === "refuted" && other.failures[0]?.code === "malformed");
});

test("a tag: present, absent, out of reach, never asked; none given is latest", () => {
  const descriptor = { mediaType: "m", digest, size: 1 };
  const found = resolve("ghcr.io/org/app:1", new MemoryKnowledge(defaultLimits).present(question, descriptor));
  assert.ok(found.truth === "proven" && found.evidence.digest === digest && found.evidence.tagFrom !== undefined);
  assert.is(
    resolve("ghcr.io/org/app", new MemoryKnowledge(defaultLimits).present({ ...question, tag: "latest" }, descriptor))
      .truth,
    "proven",
  );
  const absent = resolve("ghcr.io/org/app:1", new MemoryKnowledge(defaultLimits).absent(question));
  assert.ok(absent.truth === "refuted" && absent.failures[0]?.code === "image-not-found");
  const outage = resolve(
    "ghcr.io/org/app:1",
    new MemoryKnowledge(defaultLimits).set(question, {
      state: "unavailable",
      code: "timed-out",
      at: "",
      from: "ghcr.io",
    }),
  );
  assert.ok(outage.truth === "unknown" && outage.failures[0]?.code === "timed-out" && outage.open.length === 1);
  const never = resolve("ghcr.io/org/app:1");
  assert.ok(never.truth === "unknown" && never.failures[0]?.code === "not-in-mirror" && never.open.length === 1);
});

test("a tag that may have moved is unknown where that hides it, and used with a warning where it does not", () => {
  const outage = { state: "unavailable", code: "unreachable", at: "2026-01-02T00:00:00Z", from: "ghcr.io" } as const;
  const told = { at: "2026-01-01T00:00:00Z", from: "ghcr.io", outage } as const;
  const image = parseReference("ghcr.io/org/app:1", defaultLimits);
  for (const [answer, truth] of [
    [{ state: "present", value: { mediaType: "m", digest, size: 1 }, ...told }, "proven"],
    [{ state: "absent", ...told }, "refuted"],
  ] as const) {
    const knowledge = new MemoryKnowledge(defaultLimits).set(question, answer);
    const warnings: string[] = [];
    const warn = (text: string): void => void warnings.push(text);
    const hidden = resolveDigest(image, knowledge, { hides: true, warn });
    assert.ok(hidden.truth === "unknown" && hidden.failures[0]?.code === "unreachable");
    assert.equal(hidden.truth === "unknown" && hidden.open, [question]);
    assert.equal(warnings, []);
    assert.is(resolveDigest(image, knowledge, { hides: false, warn }).truth, truth);
    assert.match(warnings.join(), /ghcr\.io\/org\/app:1 may have moved: ghcr\.io could not be asked \(unreachable\)/);
    assert.is(resolveDigest(image, knowledge).truth, truth);
  }
});

test("of a mirrored image both tags have to name the same; a pinned one needs the logical tag alone", () => {
  const [physical, logical] = ["mirror.corp/gh/app:1", "ghcr.io/org/app:1"].map((text) =>
    parseReference(text, defaultLimits),
  );
  if (physical === undefined || logical === undefined) throw new Error("two references");
  const other = `sha256:${"b".repeat(64)}` as const;
  const tagAt = (repository: string) => ({ kind: "tag", repository, tag: "1" }) as const;
  const known = (mirror: string | undefined, own: string | undefined): MemoryKnowledge => {
    const knowledge = new MemoryKnowledge(defaultLimits);
    for (const [repository, found] of [
      ["mirror.corp/gh/app", mirror],
      ["ghcr.io/org/app", own],
    ] as const)
      if (found === "absent") knowledge.absent(tagAt(repository));
      else if (found !== undefined)
        knowledge.present(tagAt(repository), { mediaType: "m", digest: found as typeof digest, size: 1 });
    return knowledge;
  };
  const outcomeOf = (mirror: string | undefined, own: string | undefined, pins: boolean): string => {
    const found = resolveMirrored({ physical, logical, pins }, known(mirror, own));
    return found.truth === "proven" ? found.evidence.digest : (found.failures[0]?.code ?? "");
  };
  for (const [mirror, own, pinned, loose] of [
    [digest, digest, digest, digest],
    [digest, other, "wrong-digest", "wrong-digest"],
    [undefined, digest, digest, "not-in-mirror"],
    [digest, undefined, "not-in-mirror", "not-in-mirror"],
    ["absent", digest, "image-not-found", "image-not-found"],
    ["absent", undefined, "image-not-found", "image-not-found"],
    [digest, "absent", "image-not-found", "image-not-found"],
    [undefined, "absent", "image-not-found", "image-not-found"],
  ]) {
    assert.is(outcomeOf(mirror, own, true), pinned, `${mirror} ${own}`);
    assert.is(outcomeOf(mirror, own, false), loose, `${mirror} ${own}`);
  }
  const recorded = new RecordingKnowledge(known(undefined, undefined));
  resolveMirrored({ physical, logical, pins: true }, recorded);
  assert.is(recorded.open().length, 2, "both are asked at once");
});

test.run();
