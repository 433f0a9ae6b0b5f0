import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ownedBy, whoAsks } from "../../../proxy/cluster/own-account.ts";
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
  const served = await serveCluster({ secrets: "Secret" });
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
    assert.equal(ownedBy(asking, "gate"), { ownerReferences: [owner] });
    assert.equal(ownedBy(asking, "shop"), {});
    for (const namespace of ["gate", "shop"])
      await withSecret(cluster, namespace, (keep) => Promise.resolve(keep.create("ca.pem", "text")), signal);
    assert.equal(served.find("secrets", "sallyport-authority", "gate")?.metadata.ownerReferences, [owner]);
    assert.is(served.find("secrets", "sallyport-authority", "shop")?.metadata.ownerReferences, undefined);
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
      assert.equal(ownedBy(asking, "gate"), {});
    }
  }));

test.run();
