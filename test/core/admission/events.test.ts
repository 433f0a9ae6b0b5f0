import { suite } from "uvu";
import * as assert from "uvu/assert";
import { denialEvents, eventKey, refutedEvents, toEvent, violationEvents } from "../../../core/admission/events.ts";
import { fixtureKnowledge } from "../../support/fixture-images.ts";
import { engineOf, image, now, pod, policyText } from "../../support/fixture-policies.ts";
import { decidedBy, lenient, outage, requestOf } from "../../support/undecided.ts";

const test = suite("core/admission/events");
const strict = engineOf(policyText({ name: "strict" }));
const resultsOf = (tag: string) => decidedBy(strict, requestOf(pod(image(tag))), fixtureKnowledge).decision.results;

test("a denial is told of the policy, with Kyverno's words", () => {
  const request = requestOf(pod(image("unsigned")));
  const [event, ...others] = denialEvents(request, resultsOf("unsigned"));
  assert.equal(others, []);
  assert.ok(event);
  assert.equal(event.regarding, {
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    name: "strict",
    namespace: undefined,
  });
  assert.equal([event.related?.kind, event.related?.name], ["Pod", "web"]);
  assert.equal([event.reason, event.action], ["PolicyViolation", "Resource Blocked"]);
  assert.match(event.note, /^Pod shop\/web: \[verify\] fail \(blocked\); image verification failed for /);
  assert.equal(denialEvents(requestOf(pod(image("signed"))), resultsOf("signed")), []);
});

test("what is let in though it did not pass is told of the resource; an unknown is a PolicyError", () => {
  const request = requestOf(pod(image("unsigned")));
  const [violation] = violationEvents(request, resultsOf("unsigned"));
  assert.equal([violation?.regarding.name, violation?.reason], ["web", "PolicyViolation"]);
  const { results } = decidedBy(lenient, request, outage()).decision;
  const [error] = violationEvents(request, results);
  assert.equal([error?.reason, error?.action], ["PolicyError", "Resource Passed"]);
  assert.match(error?.note ?? "", /^policy lenient\/verify error: .*\[unreachable\]/s);
});

test("a Pod without a name is told of by its controller, and where there is none by nobody", () => {
  const controller = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d9", uid: "u", controller: true };
  const request = requestOf(
    { ...pod("a"), metadata: { generateName: "web-5d9-", namespace: "shop", ownerReferences: [controller] } },
    { name: "" },
  );
  const finding = { policy: "p", code: "no-signature", message: "none" };
  const about = refutedEvents(request, finding)[0]?.regarding;
  assert.equal([about?.kind, about?.name, about?.namespace, about?.uid], ["ReplicaSet", "web-5d9", "shop", "u"]);
  const alone = requestOf({ ...pod("a"), metadata: { generateName: "web-", namespace: "shop" } }, { name: "" });
  assert.equal(refutedEvents(alone, finding), []);
});

test("texts that nobody has looked at make no Event, nor what it is known by, any longer", () => {
  const long = "a".repeat(100_000);
  const results = resultsOf("unsigned");
  const owner = (text: string) => ({ apiVersion: text, kind: text, name: text, uid: text, controller: true });
  for (const metadata of [
    { name: long, uid: long, namespace: "shop" },
    { name: "web", uid: long, namespace: "shop" },
    { name: "web", namespace: long },
    { name: long, namespace: "shop", ownerReferences: [owner(long)] },
    { name: "-", namespace: "shop", ownerReferences: [{ ...owner("web"), uid: long }] },
  ]) {
    const { name, namespace } = metadata;
    const request = requestOf({ ...pod(image("unsigned")), metadata }, { name, namespace });
    const message = "é".repeat(50_000);
    const found = [
      ...denialEvents(request, results),
      ...denialEvents(request, [{ ...results[0], status: "fail", message } as never]),
      ...violationEvents(request, [{ ...results[0], status: "fail", message } as never]),
      ...refutedEvents(request, { policy: "p", code: "wrong-key", message }),
    ];
    assert.ok(found.length >= 2);
    for (const facts of found) {
      assert.ok(eventKey(facts).length < 4000, String(eventKey(facts).length));
      assert.ok(JSON.stringify(facts).length < 4000);
    }
  }
});

test("an Event has what the API asks for, within its bounds", () => {
  const name = "a".repeat(253);
  const request = requestOf({ ...pod("a"), metadata: { name, namespace: "shop", uid: "id" } });
  const [facts] = refutedEvents(request, { policy: "p", code: "wrong-key", message: "é".repeat(2000) });
  assert.ok(facts);
  const event = toEvent(facts, now, "i".repeat(200));
  const { metadata, note, ...rest } = event as unknown as {
    metadata: { name: string; namespace: string };
    note: string;
  };
  assert.is([...note].length, 1024);
  // An API server takes a name of this form, and no prefix that ends with a dot.
  assert.match(metadata.name, /^a{200}\.[0-9a-f]{16}$/);
  const odd = { ...facts, regarding: { ...facts.regarding, name: "-System:Odd_Name." } };
  assert.match(String((toEvent(odd, now, "i").metadata as { name: string }).name), /^system-odd-name\.[0-9a-f]{16}$/);
  const later = toEvent(facts, new Date(now.getTime() + 1), "i").metadata as { name: string };
  assert.not.equal(later.name, metadata.name);
  assert.is(metadata.namespace, "shop");
  assert.equal(rest, {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    eventTime: now.toISOString().replace("Z", "000Z"),
    type: "Warning",
    reason: "PolicyViolation",
    action: "Resource Passed",
    regarding: { apiVersion: "v1", kind: "Pod", name, namespace: "shop", uid: "id" },
    reportingController: "sallyport.dev/admission",
    reportingInstance: "i".repeat(128),
  });
  const [ofPolicy] = denialEvents(request, resultsOf("unsigned"));
  assert.ok(ofPolicy);
  assert.is((toEvent(ofPolicy, now, "i").metadata as { namespace: string }).namespace, "default");
  assert.not(eventKey(facts) === eventKey(ofPolicy));
});

test.run();
