import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ClusterFiles, parsePath } from "../../../cli/input/cluster-files.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("cli/input/cluster-files");
const configMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "keys", namespace: "ops" },
  data: { a: "b" },
};
const secret = (data: JsonObject) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "cosign", namespace: "ops" },
  ...data,
});
const answer = (question: Question, ...resources: readonly JsonObject[]) => {
  const found = new ClusterFiles(
    resources,
    [
      { path: "/api/v1/version", status: 200, body: { v: 1 } },
      { path: "/gone", status: 404, body: null },
    ],
    new Date(0),
  ).answer(question);
  return found?.state === "present" ? found.value : found?.state;
};
const get = (changes: object = {}): Question =>
  ({
    kind: "cluster",
    verb: "get",
    apiVersion: "v1",
    resource: "configmaps",
    namespace: "ops",
    name: "keys",
    ...changes,
  }) as Question;
const raw = (path: string): Question => ({ kind: "cluster", verb: "raw", apiVersion: "", resource: "", path });

test("paths of the API server", () => {
  assert.equal(parsePath("/api/v1/namespaces/ops/configmaps/keys"), {
    verb: "get",
    apiVersion: "v1",
    resource: "configmaps",
    namespace: "ops",
    name: "keys",
  });
  assert.equal(parsePath("/apis/apps/v1/namespaces/ops/deployments?limit=5"), {
    verb: "list",
    apiVersion: "apps/v1",
    resource: "deployments",
    namespace: "ops",
  });
  assert.equal(parsePath("/api/v1/namespaces/ops"), {
    verb: "get",
    apiVersion: "v1",
    resource: "namespaces",
    name: "ops",
  });
  assert.equal(parsePath("/api/v1/namespaces"), { verb: "list", apiVersion: "v1", resource: "namespaces" });
  for (const path of ["", "/healthz", "/api/v1", "/apis/apps", "/api/v1/namespaces/ops/pods/web/log"])
    assert.is(parsePath(path), undefined, path);
});

test("get, list and raw paths; what is not there stays open", () => {
  assert.equal(answer(get(), configMap), configMap);
  assert.is(answer(get({ namespace: "other" }), configMap), undefined);
  assert.is(answer(get({ name: "none" }), configMap), undefined);
  assert.equal(answer(get({ verb: "list", name: undefined }), configMap), {
    apiVersion: "v1",
    kind: "ConfigMapList",
    items: [configMap],
  });
  assert.equal(answer(raw("/api/v1/namespaces/ops/configmaps/keys"), configMap), configMap);
  assert.equal(
    [answer(raw("/api/v1/version")), answer(raw("/gone")), answer(raw("/other"))],
    [{ v: 1 }, "absent", undefined],
  );
  assert.is(answer({ kind: "tag", repository: "r", tag: "t" }, configMap), undefined);
});

test("a global context entry is found in each of its versions", () => {
  const asked = { apiVersion: "kyverno.io/v2alpha1", resource: "globalcontextentries", namespace: undefined };
  for (const apiVersion of ["kyverno.io/v2alpha1", "kyverno.io/v2beta1", "kyverno.io/v2", "kyverno.io/v1", "v2"]) {
    const entry = { apiVersion, kind: "GlobalContextEntry", metadata: { name: "keys" } };
    assert.equal(answer(get(asked), entry), apiVersion.startsWith("kyverno.io/v2") ? entry : undefined, apiVersion);
  }
});

test("a key from a Secret's member cosign.pub", () => {
  const key: Question = { kind: "key", reference: "k8s://ops/cosign" };
  assert.is(answer(key, secret({ data: { "cosign.pub": "cGVt" } })), "pem");
  assert.is(answer(key, secret({ stringData: { "cosign.pub": "plain" } })), "plain");
  assert.is(answer(key), undefined);
  assert.is(answer({ kind: "key", reference: "awskms:///x" }, secret({ data: { "cosign.pub": "cGVt" } })), undefined);
  for (const data of [{}, { data: { other: "cGVt" } }, { data: { "cosign.pub": "*" } }])
    throwsCode("no-key", () => answer(key, secret(data)));
});

test.run();
