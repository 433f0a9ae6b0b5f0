/** `explain d-…`: a decision that another replica remembers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instanceLetters, newDecisionId } from "../../../proxy/state/decision-id.ts";
import { kubeconfigOf, serveApi, statusBody } from "../../support/api-server.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/input/find-replica");

const names = ["sallyport-5d9-abc", "sallyport-5d9-x2x"] as const;
const id = newDecisionId(instanceLetters(names[1]));

async function inCluster(
  stubs: Parameters<typeof serveApi>[0],
  act: (explain: (...words: readonly string[]) => ReturnType<typeof runCli>) => Promise<void>,
): Promise<void> {
  const served = await serveApi(stubs);
  try {
    const files = { "admin.conf": kubeconfigOf(served.url) };
    await act((...words) => runCli(["explain", ...words, "--kubeconfig", "admin.conf"], { files }));
  } finally {
    await served.close();
  }
}

const podList = (...of: readonly string[]) => ({
  kind: "PodList",
  apiVersion: "v1",
  items: of.map((name) => ({ metadata: { name, namespace: "gate" } })),
});
/** Stubs go by paths without a query. */
const path = "/api/v1/pods";

test("the replica that gave an id is named, with the command that reads it there", () =>
  inCluster({ [path]: podList(...names) }, async (explain) => {
    for (const more of [[], ["--store", tempFolder()]]) {
      const { exit, err } = await explain(id, "--cluster", ...more);
      assert.is(exit, 2);
      const [what, fix] = err.trimEnd().split("\n");
      assert.is(what, `error invalid-usage: the replica gate/${names[1]} gave the id ${id}`);
      assert.is(fix, `  fix:  ask there: kubectl exec -n gate ${names[1]} -- sallyport explain ${id}`);
      assert.not(err.includes(names[0]));
    }
  }));

test("a replica that is gone, and an API server that refuses, are said", async () => {
  await inCluster({ [path]: podList(names[0]) }, async (explain) => {
    const { exit, err } = await explain(id, "--cluster");
    assert.is(exit, 2);
    assert.match(err, /may have been replaced/);
  });
  const refuses = { [path]: () => ({ status: 403, body: statusBody(403, "Forbidden", "no") }) };
  await inCluster(refuses, async (explain) => {
    const { exit, err } = await explain(id, "--cluster");
    assert.not.equal(exit, 0);
    assert.match(err, /access-denied/);
  });
});

test("without --cluster nobody is asked", async () => {
  const none = await runCli(["explain", id, "--store", tempFolder()]);
  assert.is(none.exit, 2);
  assert.match(none.err, /--cluster says whose/);
  assert.is((await runCli(["explain", id])).exit, 2);
});

test.run();
