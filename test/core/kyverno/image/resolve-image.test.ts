import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolveDigest } from "../../../../core/kyverno/image/resolve-image.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { parseReference } from "../../../../core/oci/reference.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/image/resolve-image");
const digest = `sha256:${"a".repeat(64)}` as const;
const question = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
const resolve = (text: string, knowledge = new MemoryKnowledge(defaultLimits)) =>
  resolveDigest(parseReference(text, defaultLimits), knowledge);

test("its own digest needs no answer; another algorithm cannot be looked up", () => {
  assert.equal(resolve(`ghcr.io/org/app@${digest}`), { truth: "proven", evidence: digest });
  const other = resolve(`ghcr.io/org/app@sha512:${"b".repeat(128)}`);
  assert.ok(other.truth === "refuted" && other.failures[0]?.code === "malformed");
});

test("a tag: present, absent, out of reach, never asked; none given is latest", () => {
  const descriptor = { mediaType: "m", digest, size: 1 };
  assert.is(
    resolve("ghcr.io/org/app:1", new MemoryKnowledge(defaultLimits).present(question, descriptor)).truth,
    "proven",
  );
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

test.run();
