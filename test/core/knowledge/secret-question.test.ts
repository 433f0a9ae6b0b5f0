/** Which answers may hold what is secret. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readsSecrets } from "../../../core/knowledge/secret-question.ts";

const test = suite("core/knowledge/secret-question");

test("answers that may hold what is secret", () => {
  const raw = (path: string) => readsSecrets({ kind: "cluster", verb: "raw", apiVersion: "", resource: "", path });
  for (const path of [
    "/api/v1/namespaces/a/secrets/b",
    "/api/v1/secrets",
    "/api/v1/secrets?limit=1",
    "/api/v1/Secrets/b",
    "/api/v1/namespaces/a/%73ecret%73/b",
    "/api/v1/namespaces/a/%E0%A4%A/b",
  ])
    assert.ok(raw(path), path);
  for (const path of ["/api/v1/configmaps", "/api/v1/namespaces/a/configmaps/secrets-of", "/apis/x/v1/secretstores"])
    assert.not.ok(raw(path), path);
  for (const verb of ["get", "list"] as const) {
    assert.ok(readsSecrets({ kind: "cluster", verb, apiVersion: "v1", resource: "secrets", name: "b" }));
    assert.not.ok(readsSecrets({ kind: "cluster", verb, apiVersion: "v1", resource: "configmaps", name: "b" }));
  }
  assert.not.ok(readsSecrets({ kind: "key", reference: "k8s://a/secrets" }));
});

test.run();
