/**
 * Attacks on the names of mirrors: what lies there is judged as what it mirrors, and by its digest alone. Each name
 * that an image has asks for what it would ask for by itself.
 */
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { EngineError } from "../../core/errors.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { defaultLimits } from "../../core/limits.ts";
import type { Alias } from "../../core/oci/aliases.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import { decide, fastVerifier, type Json, type Judged, type Signed } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { beside, withEntry, withImage } from "./other-answers.ts";
import { accepts, decided, unsigned } from "./refuses.ts";

const { attack, run } = attackSuite("aliases");

const good = accepts({ layout: "tag" });
const mirrored = "mirror.corp/lab/team/app";
const alias = (logical: string, physical: string): Alias => ({ logical, physical });
const team = alias("registry.lab.example/team", "mirror.corp/lab/team");
const evil = beside(good);

const tagOf = (signed: Signed): Descriptor => {
  const found = signed.knowledge.answer({ kind: "tag", repository: signed.repository, tag: signed.tag });
  if (found?.state !== "present") throw new Error("the image has its tag");
  return found.value;
};
const naming = (descriptor: Descriptor, tag = good.tag, repository = mirrored): MemoryKnowledge =>
  new MemoryKnowledge(defaultLimits).present({ kind: "tag", repository, tag }, descriptor);

interface Asked extends Judged {
  readonly image?: string;
  readonly aliases?: readonly Alias[];
  readonly references?: readonly string[];
  readonly skips?: readonly string[];
  readonly entry?: Json;
}

/** A Pod with the mirrored image under a policy for the logical name, and what the mirror's tag names. */
function judging({ image, aliases = [team], references, skips, entry, knowledge, ...rest }: Asked = {}): Judged {
  return {
    knowledge: joinedKnowledge([knowledge ?? naming(tagOf(good)), good.knowledge]),
    pod: withImage(image ?? `${mirrored}:${good.tag}`),
    policy: withEntry({
      imageReferences: references ?? ["registry.lab.example/team/*"],
      ...(skips === undefined ? {} : { skipImageReferences: skips }),
      ...entry,
    }),
    engine: { settings: { aliases } },
    ...rest,
  };
}
const outcome = (asked?: Asked): string => decided(good, judging(asked));
const countOf = (asked: Asked): number => decide(good, fastVerifier, judging(asked)).results.length;

attack(229, "the mirror's tag names another image, with and without a digest in the Pod", () => {
  assert.is(outcome(), "allowed");
  assert.is(outcome({ knowledge: naming(evil.descriptor) }), "denied: wrong-digest");
  for (const image of [mirrored, `${mirrored}:${good.tag}`]) {
    assert.is(outcome({ image: `${image}@${good.digest}` }), "allowed");
    assert.is(outcome({ image: `${image}@${evil.descriptor.digest}` }), "denied: no-signature");
  }
});

attack(229, "nobody knows what the mirror's tag names: it is pinned, or it is not decided", () => {
  const nothing = new MemoryKnowledge(defaultLimits);
  assert.is(outcome({ knowledge: nothing }), "allowed");
  const { patches } = decide(good, fastVerifier, judging({ knowledge: nothing }));
  assert.equal(
    patches.filter(({ path }) => path.endsWith("/image")).map(({ value }) => value),
    [`${mirrored}:${good.tag}@${good.digest}`],
  );
  const loose = { mutateDigest: false, verifyDigest: false };
  assert.is(outcome({ entry: loose }), "allowed");
  assert.is(outcome({ entry: loose, knowledge: nothing }), "denied: not-in-mirror");
  assert.is(outcome({ entry: loose, knowledge: naming(evil.descriptor) }), "denied: wrong-digest");
  const absent = new MemoryKnowledge(defaultLimits).absent({ kind: "tag", repository: mirrored, tag: good.tag });
  assert.is(outcome({ knowledge: absent }), "denied: image-not-found");
});

attack(229, "nobody knows what the logical tag names: what the mirror says is not enough", () => {
  const image = `${mirrored}:other`;
  assert.is(outcome({ image, knowledge: naming(tagOf(good), "other") }), "denied: image-not-found");
  const silent: Knowledge = {
    answer: (question) =>
      question.kind === "tag" && question.tag === good.tag ? undefined : good.knowledge.answer(question),
  };
  const knowledge = joinedKnowledge([naming(tagOf(good)), silent]);
  assert.is(decided(good, { ...judging(), knowledge }), "denied: not-in-mirror");
});

attack(229, "an image that nobody signed lies under the mirror's name", () => {
  const knowledge = joinedKnowledge([naming(tagOf(unsigned), unsigned.tag), unsigned.knowledge]);
  const image = `${mirrored}:${unsigned.tag}`;
  assert.is(outcome({ image, knowledge }), "denied: no-signature");
  assert.is(outcome({ image, knowledge, references: ["*"] }), "denied: no-signature");
});

attack(229, "a signature of the mirror's own repository is given for the logical name", () => {
  // Everything that signs the image lies at the mirror, and nothing at the logical name.
  const elsewhere = accepts({ layout: "tag", repository: mirrored });
  const knowledge = joinedKnowledge([
    elsewhere.knowledge,
    naming(tagOf(elsewhere), elsewhere.tag, good.repository).complete(good.repository),
  ]);
  const asked = { ...judging({ knowledge }), knowledge };
  assert.is(decided(elsewhere, asked), "denied: no-signature");
  assert.is(decided(elsewhere, { ...asked, engine: {} }), "allowed", "no alias, so that the policy is not about it");
  const own = judging({ knowledge, references: ["mirror.corp/*"] });
  assert.is(decided(elsewhere, { ...own, knowledge }), "allowed", "a policy that names the mirror judges the mirror");
});

attack(229, "the logical name is excused, so that an image at the mirror would be excused with it", () => {
  const knowledge = joinedKnowledge([naming(tagOf(unsigned), unsigned.tag), unsigned.knowledge]);
  const image = `${mirrored}:${unsigned.tag}`;
  const all = ["*"];
  const logical = ["registry.lab.example/team/*"];
  assert.is(outcome({ image, knowledge, references: all, skips: logical }), "denied: no-signature");
  assert.is(outcome({ image, knowledge, references: all, skips: ["mirror.corp/*"] }), "denied: no-signature");
  assert.is(outcome({ image, knowledge, references: all, skips: [...logical, "mirror.corp/*"] }), "allowed");
  assert.is(outcome({ image, knowledge, references: logical, skips: logical }), "allowed", "as without an alias");
});

attack(229, "an alias hides an image from what its own name asks for", () => {
  const knowledge = joinedKnowledge([naming(tagOf(unsigned), unsigned.tag), unsigned.knowledge]);
  const image = `${mirrored}:${unsigned.tag}`;
  for (const aliases of [[], [team], [alias("far.example/x", "mirror.corp/lab/team")]])
    assert.ok(outcome({ image, knowledge, aliases, references: ["mirror.corp/*"] }).startsWith("denied"));
});

attack(229, "any alias beside any patterns: what is judged without it is judged with it", () => {
  const place = fc.constantFrom("ghcr.io", "ghcr.io/org", "ghcr.io/org/app", "mirror.corp", "mirror.corp/gh");
  const pattern = fc.constantFrom(
    "*",
    "ghcr.io/*",
    "ghcr.io/org/*",
    "mirror.corp/*",
    "mirror.corp/gh/*",
    "*/app:1",
    "x*",
  );
  const image = fc.constantFrom(
    "ghcr.io/org/app:1",
    "mirror.corp/gh/app:1",
    "mirror.corp/gh/org/app:1",
    "mirror.corp/app:1",
  );
  const lists = fc.tuple(fc.array(pattern, { minLength: 1, maxLength: 2 }), fc.array(pattern, { maxLength: 2 }));
  let judged = 0;
  fc.assert(
    fc.property(place, place, image, lists, (logical, physical, text, [references, skips]) => {
      const count = (aliases: readonly Alias[]): number | undefined => {
        try {
          const { results } = decide(good, fastVerifier, judging({ image: text, references, skips, aliases }));
          return results.filter(({ status }) => status !== "skip").length;
        } catch (error) {
          if (!(error instanceof EngineError) || error.code !== "invalid-config") throw error;
          return undefined;
        }
      };
      const [without = 0, within] = [count([]), count([alias(logical, physical)])];
      if (within === undefined) return;
      judged += without > 0 ? 1 : 0;
      assert.ok(within >= without, `${logical}=${physical} ${text} ${references} ${skips}`);
    }),
    { numRuns: 300, seed: 1 },
  );
  assert.ok(judged > 20, String(judged));
});

attack(229, "two containers, one by each name: one of them is not what it says", () => {
  const pod = (made: Json): Json => ({
    ...made,
    spec: {
      containers: [
        { name: "one", image: `${good.repository}:${good.tag}` },
        { name: "two", image: `${mirrored}:${good.tag}` },
      ],
    },
  });
  assert.is(outcome({ pod }), "allowed");
  const asked = judging({ pod, knowledge: naming(evil.descriptor) });
  assert.is(decided(good, asked), "denied: wrong-digest");
  const { patches } = decide(good, fastVerifier, asked);
  const annotation = patches.find(({ path }) => path.endsWith("verify-images"))?.value;
  assert.ok(String(annotation).includes('"fail"'), String(annotation));
});

attack(229, "the Pods of controllers, and images that a policy extracts", () => {
  for (const kind of ["Deployment", "StatefulSet", "Job"]) {
    const pod =
      (image: string) =>
      (made: Json): Json => ({
        ...made,
        apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
        kind,
        spec: { template: { spec: { containers: [{ name: "app", image }] } } },
      });
    assert.is(outcome({ pod: pod(`${mirrored}:${good.tag}`) }), "allowed", kind);
    assert.is(outcome({ pod: pod(`${mirrored}@${evil.descriptor.digest}`) }), "denied: no-signature", kind);
  }
  const knowledge = joinedKnowledge([naming(tagOf(unsigned), unsigned.tag), unsigned.knowledge, good.knowledge]);
  const policy = (made: Json): Json => {
    const [rule] = made.spec.rules;
    rule.match = { any: [{ resources: { kinds: ["Task"] } }] };
    rule.imageExtractors = { Task: [{ path: "/spec/image" }] };
    rule.verifyImages[0].imageReferences = ["registry.lab.example/team/*"];
    rule.verifyImages[0].mutateDigest = false;
    return made;
  };
  const task = (image: string) => (): Json => ({
    apiVersion: "tekton.dev/v1",
    kind: "Task",
    metadata: { name: "app", namespace: "default" },
    spec: { image },
  });
  const engine = { settings: { aliases: [team] } };
  const of = (image: string): string => decided(good, { knowledge, policy, engine, pod: task(image) });
  assert.is(of(`${mirrored}@${good.digest}`), "allowed");
  assert.is(of(`${mirrored}@${unsigned.digest}`), "denied: no-signature");
});

attack(230, "a name that only begins with the physical one", () => {
  const { digest } = evil.descriptor;
  const counts = (image: string, given: Alias = team): number =>
    countOf({ image: `${image}@${digest}`, aliases: [given] });
  assert.ok(counts("mirror.corp/lab/team/app") > 0);
  for (const image of [
    "mirror.corp/lab/teammate/app",
    "mirror.corp/lab/team-x/app",
    "mirror.corp/x/lab/team/app",
    "mirror.corp:5000/lab/team/app",
    "mirror.corp.evil.example/lab/team/app",
    "evil.example/mirror.corp/lab/team/app",
    "localhost/mirror.corp/lab/team/app",
  ])
    assert.is(counts(image), 0, image);
});

attack(230, "a name in another spelling escapes the alias", () => {
  const { digest } = evil.descriptor;
  const counts = (image: string, given: Alias, references: readonly string[]): number =>
    countOf({ image: `${image}@${digest}`, aliases: [given], references });
  for (const image of ["MIRROR.CORP/lab/team/app", "Mirror.corp:443/lab/team/app", "mirror.corp:0443/lab/team/app"])
    assert.ok(counts(image, team, ["registry.lab.example/*"]) > 0, image);
  const hub = alias("docker.io", "mirror.corp/hub");
  for (const image of ["mirror.corp/hub/library/nginx", "mirror.corp/hub/nginx"])
    for (const pattern of ["docker.io/library/nginx*", "docker.io/nginx*"])
      assert.ok(counts(image, hub, [pattern]) > 0, `${image} ${pattern}`);
  for (const image of ["corp/app", "docker.io/corp/app", "index.docker.io/corp/app"])
    assert.ok(counts(image, alias("ghcr.io/org", "docker.io/corp"), ["ghcr.io/org/*"]) > 0, image);
});

attack(230, "aliases of one place, of themselves, in chains and in circles", () => {
  const codeOf = (...aliases: readonly Alias[]): string => {
    try {
      return outcome({ aliases });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return error.code;
    }
  };
  for (const aliases of [
    [team, alias("evil.example/x", team.physical)],
    [alias(team.logical, team.logical)],
    [team, alias("mirror.corp/lab", "evil.example/lab")],
    [alias("mirror.corp", "evil.example"), team],
    [team, alias(team.physical, team.logical)],
    [alias("a.example", "b.example"), alias("b.example", "c.example"), alias("c.example", "a.example")],
  ])
    assert.is(codeOf(...aliases), "invalid-config", JSON.stringify(aliases));
  assert.is(codeOf(team, team), "allowed");
});

run();
