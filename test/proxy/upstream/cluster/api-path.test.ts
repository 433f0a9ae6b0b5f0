import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClusterQuestion } from "../../../../core/knowledge/question.ts";
import { questionPath, rawPath, resourcePath } from "../../../../proxy/upstream/cluster/api-path.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("proxy/upstream/cluster/api-path");

test("resources with and without a group, a namespace and a name", () => {
  const path = (apiVersion: string, resource: string, namespace?: string, name?: string) =>
    resourcePath({ apiVersion, resource, namespace, name });
  assert.is(path("v1", "namespaces", undefined, "apps"), "/api/v1/namespaces/apps");
  assert.is(path("v1", "configmaps", "apps", "keys.x"), "/api/v1/namespaces/apps/configmaps/keys.x");
  assert.is(path("apps/v1", "deployments", "apps"), "/apis/apps/v1/namespaces/apps/deployments");
  assert.is(
    path("rbac.authorization.k8s.io/v1", "clusterroles", undefined, "system:node"),
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
  );
  for (const wrong of ["..", ".", "", "a/b", "a%2fb", "a?b", "a#b", "a b", "-a", "á", "a\n"]) {
    throwsCode("malformed", () => path("v1", "secrets", "apps", wrong));
    throwsCode("malformed", () => path("v1", "secrets", wrong, "a"));
    throwsCode("malformed", () => path("v1", wrong));
    if (wrong !== "a/b") throwsCode("malformed", () => path(wrong, "secrets"));
  }
  throwsCode("malformed", () => path("a/b/c", "secrets"));
});

test("paths of policies stay where they point to, and end", () => {
  for (const path of [
    "/api/v1/pods",
    "/version",
    "/api/v1/pods?labelSelector=a%3Db&limit=1",
    "/apis/a/v1/x?watch=false",
  ])
    assert.is(rawPath(path), path);
  for (const path of [
    "",
    "/",
    "api/v1",
    "//other.example/x",
    "https://other.example/x",
    "/api/v1/namespaces/../secrets",
    "/api/v1/./secrets",
    "/api/v1/%2e%2E/secrets",
    "/api/v1/a%2fb",
    "/api/v1/a%5Cb",
    "/api\\v1",
    "/api/v1/a b",
    "/api/v1/a\nb",
    "/api/v1/á",
    "/api/v1#x",
    "/api/v1/pods?watch=true",
    "/api/v1/pods?a=b&watch=1",
    "/api/v1/namespaces/a/pods/b/log?follow=true",
  ])
    throwsCode("malformed", () => rawPath(path));
});

test("questions", () => {
  const ask = (more: Partial<ClusterQuestion>) =>
    questionPath({ kind: "cluster", verb: "get", apiVersion: "v1", resource: "configmaps", ...more });
  assert.is(ask({ namespace: "apps", name: "keys" }), "/api/v1/namespaces/apps/configmaps/keys");
  assert.is(ask({ verb: "list", namespace: "apps", name: "keys" }), "/api/v1/namespaces/apps/configmaps");
  assert.is(ask({ verb: "raw", path: "/version" }), "/version");
  throwsCode("malformed", () => ask({}));
  throwsCode("malformed", () => ask({ verb: "raw" }));
});

test.run();
