import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requestVariables } from "../../../../core/kyverno/rule/request-variables.ts";

const test = suite("core/kyverno/rule/request-variables");
const kind = { group: "apps", version: "v1", kind: "Deployment" };

test("what is not known is not there", () => {
  assert.equal(requestVariables({ operation: "CREATE", kind }), { request: { kind, operation: "CREATE" } });
});

test("everything that is known", () => {
  const object = { metadata: { name: "web" } };
  const variables = requestVariables({
    uid: "u",
    operation: "UPDATE",
    kind,
    subResource: "status",
    namespace: "n",
    name: "web",
    object,
    oldObject: object,
    dryRun: true,
    userInfo: { username: "system:serviceaccount:ci:builder", groups: ["g"] },
    roles: ["r"],
    clusterRoles: [],
  });
  assert.equal(variables, {
    request: {
      uid: "u",
      kind,
      operation: "UPDATE",
      subResource: "status",
      namespace: "n",
      name: "web",
      object,
      oldObject: object,
      dryRun: true,
      userInfo: { username: "system:serviceaccount:ci:builder", groups: ["g"] },
      roles: ["r"],
      clusterRoles: [],
    },
    serviceAccountName: "builder",
    serviceAccountNamespace: "ci",
  });
});

test("a user that is no service account has none, however long its name", () => {
  for (const username of ["", "ada", "system:serviceaccounts:ci:builder", "x".repeat(40), "system:serviceaccount:ci"]) {
    const { serviceAccountName, serviceAccountNamespace } = requestVariables({
      operation: "CREATE",
      kind,
      userInfo: { username },
    });
    assert.equal([serviceAccountName, serviceAccountNamespace], ["", ""], username);
  }
});

test.run();
