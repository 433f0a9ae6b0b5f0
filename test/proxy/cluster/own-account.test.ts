import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ownersIn, whoAsks } from "../../../proxy/cluster/own-account.ts";
import { withSecret } from "../../../proxy/cluster/secret-authority.ts";
import { openStub } from "../../support/api-server.ts";
import { type ClusterServer, serveCluster } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/own-account");
const { signal } = new AbortController();

const says =
  (status: number, userInfo: object): ClusterServer["instead"] =>
  (_, path) =>
    path.endsWith("selfsubjectreviews")
      ? { status, body: { kind: "SelfSubjectReview", status: { userInfo } } }
      : undefined;

async function withServer(act: (served: ClusterServer, cluster: ReturnType<typeof openStub>) => Promise<void>) {
  const served = await serveCluster({ secrets: "Secret", rolebindings: "RoleBinding" });
  const cluster = openStub(served);
  try {
    await act(served, cluster);
  } finally {
    await cluster.close();
    await served.close();
  }
}

const account = { username: "system:serviceaccount:gate:sallyport", uid: "u-1" };
const owner = { apiVersion: "v1", kind: "ServiceAccount", name: "sallyport", uid: "u-1" };

test("a service account owns what is made in its namespace, and nothing elsewhere", () =>
  withServer(async (served, cluster) => {
    served.instead = says(201, account);
    const asking = await whoAsks(cluster, signal);
    assert.is(asking.name, account.username);
    assert.equal(ownersIn("gate", asking), [owner]);
    assert.equal(ownersIn("shop", asking), []);
    for (const namespace of ["gate", "shop"])
      await withSecret(cluster, namespace, (keep) => Promise.resolve(keep.create("ca.pem", "text")), signal);
    assert.equal(served.find("secrets", "sallyport-authority", "gate")?.metadata.ownerReferences, [owner]);
    assert.is(served.find("secrets", "sallyport-authority", "shop")?.metadata.ownerReferences, undefined);
  }));

/** What a cluster's collector does: an object goes once none of its owners is there; the others' names are left out. */
function collect(served: ClusterServer, accounts: readonly string[]): void {
  const there = new Set([...accounts, ...served.all("rolebindings").map(({ metadata }) => metadata.uid)]);
  for (const secret of served.all("secrets")) {
    const owners = (secret.metadata.ownerReferences ?? []) as readonly { readonly uid: string }[];
    const left = owners.filter(({ uid }) => there.has(uid));
    const { name = "", namespace } = secret.metadata;
    if (owners.length > 0 && left.length === 0) served.remove("secrets", name, namespace);
    else served.put("secrets", { ...secret, metadata: { ...secret.metadata, ownerReferences: left } });
  }
}

test("the authority outlives a service account that is made again, and goes with the installation", () =>
  withServer(async (served, cluster) => {
    const binding = (name: string, chart: string, subject: string) =>
      served.put("rolebindings", {
        metadata: { namespace: "gate", name, labels: { "helm.sh/chart": chart } },
        subjects: [{ kind: "ServiceAccount", name: subject, namespace: "gate" }],
      });
    const own = binding("sallyport-cluster", "sallyport-1.0.0", "sallyport");
    binding("of-others", "tools-1.0.0", "sallyport");
    binding("other-cluster", "sallyport-1.0.0", "other");
    const find = () => served.find("secrets", "sallyport-authority", "gate");
    const owners = () =>
      ((find()?.metadata.ownerReferences ?? []) as readonly { readonly uid: string }[]).map(({ uid }) => uid);
    const use = () =>
      withSecret(cluster, "gate", (keep) => Promise.resolve(keep.create("ca.pem", "authority")), signal);
    served.instead = says(201, account);
    await use();
    assert.equal(owners(), ["u-1", own.metadata.uid]);
    const before = find()?.data;
    // It was deleted, and another one of its name was made.
    collect(served, []);
    assert.equal(find()?.data, before);
    served.instead = says(201, { ...account, uid: "u-2" });
    await use();
    assert.equal([...owners()].sort(), ["u-2", own.metadata.uid].sort());
    assert.equal(find()?.data, before);
    const { resourceVersion } = find()?.metadata ?? {};
    await use();
    assert.is(find()?.metadata.resourceVersion, resourceVersion, "nothing is written again");
    // One that an earlier version left, which the account alone owns.
    served.put("secrets", {
      ...find(),
      metadata: { ...find()?.metadata, ownerReferences: [{ ...owner, uid: "u-1" }] },
    });
    await use();
    assert.equal([...owners()].sort(), ["u-2", own.metadata.uid].sort());
    served.remove("rolebindings", "sallyport-cluster", "gate");
    collect(served, ["u-2"]);
    assert.equal(find()?.data, before);
    collect(served, []);
    assert.is(find(), undefined);
  }));

test("an owner that may not be written is told, and the authority is used all the same", () =>
  withServer(async (served, cluster) => {
    served.instead = says(201, { username: "alice" });
    const use = (told: string[]) =>
      withSecret(
        cluster,
        "gate",
        (keep) => Promise.resolve(keep.create("ca.pem", "text")),
        signal,
        ({ code }) => told.push(code),
      );
    assert.ok(await use([]));
    served.instead = (method, path) =>
      method === "PUT"
        ? { status: 403, body: { kind: "Status", code: 403, message: "no" } }
        : says(201, account)?.(method, path);
    const told: string[] = [];
    assert.not(await use(told));
    assert.equal(told, ["access-denied"]);
  }));

test("users, accounts whose id is not said, and servers that do not say it own nothing", () =>
  withServer(async (served, cluster) => {
    for (const [status, userInfo, name] of [
      [201, { username: "alice", uid: "u-2" }, "alice"],
      [201, { username: account.username }, account.username],
      [404, {}, ""],
      [403, account, ""],
    ] as const) {
      served.instead = says(status, userInfo);
      const asking = await whoAsks(cluster, signal);
      assert.is(asking.name, name);
      assert.equal(ownersIn("gate", asking), []);
    }
  }));

test.run();
