/** What the context of a rule reads of a registry, when that registry is gone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { openLayoutSource } from "../../../proxy/archive/open-source.ts";
import { serveKnowledge } from "../../support/knowledge-registry.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { podFor, policyFor } from "../demo-policy.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/input/open-online-context");
const fixtures = fileURLToPath(new URL("../../fixtures/documentation", import.meta.url));
const name = "kyverno/test-verify-image";
const key = readFileSync(join(fixtures, "trust", "release.pub"), "utf8");

test("by a tag that may have moved it is unknown under Fail, and used under Ignore, as an image's tag is", async () => {
  const layout = openLayout(await openLayoutSource(join(fixtures, "layout"), defaultLimits), {
    limits: defaultLimits,
    complete: "host",
  });
  const server = await serveKnowledge(layout, (path) => `ghcr.io/${path}`, {});
  const { host } = new URL(server.url);
  const image = await fetch(`http://${host}/v2/${name}/manifests/signed`);
  const digest = digestOf(new Uint8Array(await image.arrayBuffer()));
  const reads =
    `      context: [{ name: data, imageRegistry: { reference: "${host}/${name}:signed" } }]\n` +
    '      preconditions: { all: [{ key: "{{ data.identifier }}", operator: Equals, value: signed }] }\n';
  const words = ["apply", "policy.yaml", "-r", "pod.yaml", "--online", "--timeout", "30s"];
  const store = join(temporaryFolder(), "mirror");
  const run = (failurePolicy: "Fail" | "Ignore", minutes: number, more = reads) =>
    runCli([...words, "--store", store], {
      files: {
        "policy.yaml": policyFor(key, { images: `${host}/*`, failurePolicy }).replace(
          "      verifyImages:",
          `${more}      verifyImages:`,
        ),
        "pod.yaml": podFor("a", `${host}/${name}@${digest}`),
      },
      env: {},
      now: new Date(Date.now() + minutes * 60_000).toISOString(),
    });
  try {
    for (const policy of ["Fail", "Ignore"] as const) {
      const { exit, err } = await run(policy, 0);
      assert.is(exit, 0, err);
    }
  } finally {
    await server.close();
  }
  const [fail, ignore] = [await run("Fail", 17), await run("Ignore", 17)];
  assert.equal([fail.exit === 0, ignore.exit], [false, 0], `${fail.out}${ignore.err}`);
  assert.match(`${ignore.err}${ignore.out}`, "may have moved");
  assert.is((await run("Fail", 17, "")).exit, 0, "by digest, and without that context");
});

test.run();
