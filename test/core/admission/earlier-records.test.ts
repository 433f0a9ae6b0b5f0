/** What the webhook of one failure policy recorded stays when the other one records something. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withEarlierRecords } from "../../../core/admission/earlier-records.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import {
  annotationPatches,
  flatStatuses,
  type ImageStatus,
  imagesAnnotation,
  scopedAnnotation,
} from "../../../core/kyverno/outcome/digest-patch.ts";
import { load, pod, policyText } from "../../support/fixture-policies.ts";

const test = suite("core/admission/earlier-records");

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const app = `docker.io/app@${digest("a")}`;
const tool = `ghcr.io/acme/tool@${digest("b")}`;
const others = load(policyText({ name: "other" })).policies;

type Written = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, ImageStatus>>>>>>;

const mapOf = <T, U>(object: Readonly<Record<string, T>>, to: (value: T) => U) =>
  new Map(Object.entries(object).map(([key, value]) => [key, to(value)]));

function patchesOf(object: JsonObject, written: Written) {
  const scoped = mapOf(written, (byRule) => mapOf(byRule, (statuses) => mapOf(statuses, (status) => status)));
  return annotationPatches(object, flatStatuses(scoped.values()), scoped);
}
const noted = (records: string, ...images: readonly string[]): JsonObject => {
  const made = pod(...images);
  return { ...made, metadata: { ...(made.metadata as JsonObject), annotations: { [scopedAnnotation]: records } } };
};
const text = (policies: unknown) => JSON.stringify({ version: 1, policies });

/** What is recorded in the end, of all and by policy. */
function recorded(object: JsonObject, scoped: Written, policies = others) {
  const patches = withEarlierRecords(object, patchesOf(object, scoped), policies);
  const value = (name: string) =>
    JSON.parse(String(patches.find(({ path }) => path.endsWith(name.replace("/", "~1")))?.value)) as JsonObject;
  return { flat: value(imagesAnnotation), scoped: value(scopedAnnotation) };
}

const own: Written = { "/own": { verify: { [app]: "pass" } } };
const images = [`app:1@${digest("a")}`, `ghcr.io/acme/tool:1@${digest("b")}`];

test("records of both failure policies stand side by side", () => {
  const before = noted(text({ "/other": { verify: { [tool]: "pass" } } }), ...images);
  assert.equal(recorded(before, own), {
    flat: { [app]: "pass", [tool]: "pass" },
    scoped: { version: 1, policies: { ...own, "/other": { verify: { [tool]: "pass" } } } },
  });
});

test("the status of an image over all policies is a pass where one passed and another skipped", () => {
  const before = noted(text({ "/other": { verify: { [app]: "skip" } } }), ...images);
  assert.equal(recorded(before, own).flat, { [app]: "pass" });
  assert.equal(recorded(before, { "/own": { verify: { [app]: "skip" } } }).flat, { [app]: "skip" });
});

test("a policy's own record replaces its older one, and what nobody here records goes", () => {
  const older = {
    "/own": { verify: { [tool]: "fail" }, gone: { [app]: "fail" } },
    "/foreign": { r: { [app]: "fail" } },
  };
  assert.equal(recorded(noted(text(older), ...images), own), {
    flat: { [app]: "pass" },
    scoped: { version: 1, policies: own },
  });
  const again = { "/other": { verify: { [app]: "pass", [tool]: "skip" } } } as const;
  const before = noted(text({ "/other": { verify: { [app]: "fail", [tool]: "fail" } } }), ...images);
  assert.equal(recorded(before, again).scoped, { version: 1, policies: again }, "a name that both have");
});

test("nothing stays of an image that was taken out, with a digest or without", () => {
  const before = noted(
    text({ "/other": { verify: { [tool]: "pass", "ghcr.io/acme/gone:1": "skip", "docker.io/app:1": "skip" } } }),
    `app:1@${digest("a")}`,
  );
  assert.equal(recorded(before, own).flat, { [app]: "pass", "docker.io/app:1": "skip" });
});

test("of an image whose name or digest is only a part of another one's nothing stays", () => {
  const parts = ["docker.io/ap:1", "docker.io/pp", "docker.io/", "", "@", `docker.io/app@${digest("a").slice(0, -1)}`];
  const before = noted(
    text({ "/other": { verify: Object.fromEntries(parts.map((one) => [one, "skip"])) } }),
    ...images,
  );
  assert.equal(recorded(before, own).flat, { [app]: "pass" });
});

test("an image that this request pins is there", () => {
  const before = noted(text({ "/other": { verify: { [app]: "pass" } } }), "app:1");
  const pins = { op: "replace", path: "/spec/containers/0/image", value: `docker.io/app:1@${digest("a")}` } as const;
  const patches = withEarlierRecords(
    before,
    [pins, ...patchesOf(before, { "/own": { r: { [tool]: "pass" } } })],
    others,
  );
  assert.match(String(patches.find(({ path }) => path.endsWith("verify-images"))?.value), app);
});

test("what somebody wrote there in another form is as if it were not there", () => {
  for (const value of [
    "",
    "no JSON",
    "null",
    "[]",
    "[".repeat(100_000),
    text(null),
    text({ "/other": [] }),
    text({ "/other": { verify: ["pass"] } }),
    text({ "/other": { verify: { [tool]: "proven", [app]: { pass: true } } } }),
    text({ "/other": { verify: { [tool]: "toString" } } }),
    '{"policies":{"__proto__":{"verify":{"x":"pass"}},"/other":{"__proto__":{}}}}',
  ]) {
    const before = noted(value, ...images);
    assert.equal(recorded(before, own), { flat: { [app]: "pass" }, scoped: { version: 1, policies: own } }, value);
  }
  assert.is(({} as { verify?: unknown }).verify, undefined);
});

test("patches stay the same list where nothing was recorded before, or nobody else could have", () => {
  const fresh = pod(...images);
  const patches = patchesOf(fresh, own);
  assert.is(withEarlierRecords(fresh, patches, others), patches);
  assert.is(withEarlierRecords(undefined, patches, others), patches);
  const before = noted(text({ "/other": { verify: { [tool]: "pass" } } }), ...images);
  const replaced = patchesOf(before, own);
  assert.is(withEarlierRecords(before, replaced, []), replaced);
  assert.equal(withEarlierRecords(before, [], others), []);
});

test.run();
