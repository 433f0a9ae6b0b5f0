import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type HeldRoles, RoleBindings } from "../../../proxy/cluster/role-bindings.ts";
import { throwsCode } from "../../support/assert.ts";
import { openStub } from "../../support/api-server.ts";
import { type ClusterServer, serveCluster } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/role-bindings");
const kinds = { rolebindings: "RoleBinding", clusterrolebindings: "ClusterRoleBinding" };
const apiVersion = "rbac.authorization.k8s.io/v1";

const binding = (name: string, namespace: string | undefined, role: string, subjects: readonly object[]): object => ({
  apiVersion,
  kind: namespace === undefined ? "ClusterRoleBinding" : "RoleBinding",
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { kind: role.split("/")[0], name: role.split("/")[1] },
  subjects,
});
const user = (name: string) => ({ kind: "User", name });
const group = (name: string) => ({ kind: "Group", name });
const account = (name: string, namespace?: string) => ({
  kind: "ServiceAccount",
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

async function withBindings(
  begin: (served: ClusterServer) => void,
  act: (bindings: RoleBindings, served: ClusterServer) => Promise<void>,
  resources: Readonly<Record<string, string>> = kinds,
): Promise<void> {
  const served = await serveCluster(resources);
  begin(served);
  const cluster = openStub(served);
  const bindings = new RoleBindings({
    cluster,
    failed: (error) => assert.unreachable(String(error)),
    sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
  });
  try {
    await act(bindings, served);
  } finally {
    await bindings.close();
    await cluster.close();
    await served.close();
  }
}

/** Asks until it is as it should be. */
async function until(ask: () => HeldRoles, wanted: HeldRoles): Promise<void> {
  let last: unknown;
  for (let times = 0; times < 1000; times++) {
    try {
      last = ask();
      if (JSON.stringify(last) === JSON.stringify(wanted)) return;
    } catch (error) {
      last = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.equal(last, wanted);
}

test("roles are those of bindings to the user, its groups and its service account, as Kyverno names them", () =>
  withBindings(
    (served) => {
      served.put("rolebindings", binding("a", "shop", "Role/editor", [user("alice"), group("dev")]));
      served.put("rolebindings", binding("b", "shop", "ClusterRole/view", [account("ci"), group("dev")]));
      served.put("rolebindings", binding("c", "bank", "Role/teller", [user("bob")]));
      served.put("clusterrolebindings", binding("d", undefined, "ClusterRole/cluster-admin", [user("alice")]));
      // A binding of a cluster cannot bind a role.
      served.put("clusterrolebindings", binding("e", undefined, "Role/odd", [user("alice")]));
      served.put("clusterrolebindings", binding("f", undefined, "ClusterRole/edit", [account("ci", "bank")]));
    },
    async (bindings) => {
      bindings.want();
      bindings.want();
      await until(() => bindings.rolesOf({ username: "alice" }), {
        roles: ["shop:editor"],
        clusterRoles: ["cluster-admin"],
      });
      assert.equal(bindings.rolesOf({ username: "carol", groups: ["ops", "dev"] }), {
        roles: ["shop:editor"],
        clusterRoles: ["view"],
      });
      assert.equal(bindings.rolesOf({ username: "system:serviceaccount:shop:ci" }).clusterRoles, ["view"]);
      assert.equal(bindings.rolesOf({ username: "system:serviceaccount:bank:ci" }).clusterRoles, ["edit"]);
      assert.equal(bindings.rolesOf({ username: "dev" }), { roles: [], clusterRoles: [] }, "a user is no group");
      assert.equal(bindings.rolesOf({}), { roles: [], clusterRoles: [] });
    },
  ));

test("a binding that is made or removed counts from then on; without the server the last ones stay", () =>
  withBindings(
    () => undefined,
    async (bindings, served) => {
      bindings.want();
      await until(() => bindings.rolesOf({ username: "alice" }), { roles: [], clusterRoles: [] });
      served.put("rolebindings", binding("a", "shop", "Role/editor", [user("alice")]));
      await until(() => bindings.rolesOf({ username: "alice" }), { roles: ["shop:editor"], clusterRoles: [] });
      served.instead = () => "cut";
      served.cut();
      assert.equal(bindings.rolesOf({ username: "alice" }).roles, ["shop:editor"]);
      served.instead = undefined;
      served.remove("rolebindings", "a", "shop");
      await until(() => bindings.rolesOf({ username: "alice" }), { roles: [], clusterRoles: [] });
    },
  ));

test("bindings that were never read are no empty list: why is said", () =>
  withBindings(
    (served) => {
      served.instead = (_, path) =>
        path.endsWith("/clusterrolebindings")
          ? { status: 403, body: { kind: "Status", code: 403, message: "forbidden" } }
          : undefined;
    },
    async (bindings) => {
      bindings.want();
      throwsCode("unreachable", () => bindings.rolesOf({ username: "alice" }));
      for (let times = 0; times < 1000; times++) {
        try {
          bindings.rolesOf({ username: "alice" });
        } catch (error) {
          if ((error as { code?: string }).code === "access-denied") return;
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      throwsCode("access-denied", () => bindings.rolesOf({ username: "alice" }));
    },
  ));

test.run();
