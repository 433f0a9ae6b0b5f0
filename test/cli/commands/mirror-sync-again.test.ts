import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { newKey } from "../../lab/keys.ts";
import { reading, tamper } from "../../support/temporary-mirror.ts";
import { policyFor } from "../demo-policy.ts";
import { addSigned, key, reportOf, repository, statuses, withLab } from "./sync-lab.ts";

const test = suite("cli/commands/mirror-sync, again");

test("what the list of tags shows to be absent is not asked for; where it is refused each tag is", () =>
  withLab(async (lab) => {
    for (const tag of ["1", "2", "3"]) addSigned(lab, tag);
    const tagged = (asked: readonly string[]): readonly string[] => asked.filter((line) => /\/sha256-/.test(line));
    const words = ["1", "2", "3"].map(lab.here);
    await lab.sync(...words);
    lab.registry.asked();
    await lab.sync(...words);
    const asked = lab.registry.asked();
    assert.is(asked.filter((line) => line.endsWith("/tags/list")).length, 1);
    assert.ok(tagged(asked).every((line) => line.endsWith(".sig")) && tagged(asked).length === 3, asked.join("\n"));
    lab.registry.meddle = (path, _, response) => {
      if (!path.endsWith("/tags/list")) return false;
      response.writeHead(403).end();
      return true;
    };
    const refused = await lab.sync(...words, "-o", "json");
    assert.equal([refused.exit, ...statuses(refused)], [0, "exists", "exists", "exists"]);
    const each = lab.registry.asked();
    assert.is(each.filter((line) => line.endsWith("/tags/list")).length, 1);
    // Of three images and their signatures: three tags and the fallback tag of each.
    assert.is(new Set(tagged(each)).size, 24);
  }));

test("--refresh asks only for what is older: an image that is young costs nothing, an older one everything", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    assert.is((await lab.sync(lab.here("1"))).exit, 0);
    addSigned(lab, "2");
    lab.registry.asked();
    const words = [lab.here("1"), lab.here("2"), "-o", "json"];
    assert.equal(statuses(await lab.sync(...words, "--refresh", "1h")), ["exists", "copied"]);
    const asked = lab.registry.asked();
    assert.ok(asked.length > 0 && !asked.some((line) => line.includes("/manifests/1")), asked.join("\n"));
    // A push that it does not see, and that a sync without it does.
    lab.registry.addImage(repository, "1", "another image");
    const [young, drifted] = [await lab.sync(...words, "--refresh", "1h"), await lab.sync(...words)];
    assert.equal([reportOf(young).summary.drifted, statuses(young)[0]], [0, "exists"]);
    assert.equal([reportOf(drifted).summary.drifted, statuses(drifted)[0]], [1, "copied"]);
    // Of a minute ago, and so too old.
    lab.registry.asked();
    await lab.sync(...words, "--refresh", "1s");
    assert.ok(lab.registry.asked().length > 0);
    assert.match((await lab.sync(...words, "--refresh", "soon")).err, /invalid-usage: --refresh takes a span/);
  }));

test("a second sync sees every change: policy, distrust, tag, new signature, one that is gone, damage", () =>
  withLab(async (lab) => {
    const digest = addSigned(lab, "1");
    const unsigned = lab.registry.addImage(repository, "2", "not signed yet");
    const words = [lab.here("1"), lab.here("2"), "-o", "json"];
    const seen = (run: Awaited<ReturnType<typeof lab.run>>) =>
      reportOf(run).images.map(({ status, coverage }) => `${status} ${String(coverage.decision)}`);
    assert.equal(seen(await lab.sync(...words)), ["copied pass", "copied fail"]);
    assert.equal(seen(await lab.sync(...words)), ["exists pass", "exists fail"]);
    const other = policyFor(newKey().pem, { images: `${lab.registry.host}/*` });
    const sync = ["mirror", "sync", "--store", lab.store, "--policies", "policy.yaml", ...words];
    assert.equal(seen(await lab.run(sync, { "policy.yaml": other })), ["exists fail", "exists fail"]);
    const distrust = `distrust:\n- { digest: "${digest}", reason: stolen, date: 2026-11-01 }\n`;
    const distrusted = await lab.run([...sync, "--distrust", "distrust.yaml"], { "distrust.yaml": distrust });
    assert.equal(seen(distrusted), ["exists fail", "exists fail"]);
    lab.registry.sign(repository, unsigned, key);
    assert.equal(seen(await lab.sync(...words)), ["exists pass", "resumed pass"]);
    const signature = `/manifests/${digest.replace(":", "-")}.sig`;
    lab.registry.meddle = (path, _, response) => {
      if (!path.endsWith(signature)) return false;
      response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
      return true;
    };
    assert.equal(seen(await lab.sync(...words)), ["exists fail", "exists pass"]);
    lab.registry.meddle = () => false;
    assert.equal(seen(await lab.sync(...words)), ["exists pass", "exists pass"]);
    addSigned(lab, "2");
    assert.equal(seen(await lab.sync(...words)), ["exists pass", "copied pass"]);
    const ofFirst = `kind IN ('tag', 'referrers') AND subject LIKE '%${digest.slice("sha256:".length)}%'`;
    tamper(lab.store, `UPDATE answer SET at = '2020-01-01T00:00:00Z' WHERE ${ofFirst}`);
    reading(lab.store, (mirror) => assert.ok(mirror.inspect(nodeVerifier).damage.length > 3));
    assert.equal(seen(await lab.sync(...words)), ["exists pass", "exists pass"]);
    reading(lab.store, (mirror) => assert.equal(mirror.inspect(nodeVerifier).damage, []));
    tamper(
      lab.store,
      "UPDATE blob SET bytes = x'7b7d' WHERE digest IN (SELECT digest FROM answer WHERE kind = 'blob')",
    );
    const damaged = await lab.sync(...words);
    assert.equal([damaged.exit === 0, /mirror-corrupt/.test(damaged.out)], [false, true]);
  }));

test("what is said again is as of then, and ends no claim; what is new does", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const words = [lab.here("1"), "--complete"];
    await lab.sync(...words);
    const again = await lab.sync(...words, "--events");
    assert.not.match(again.out + again.err, /claim-ended/);
    lab.registry.asked();
    // Said first two minutes ago, and again a minute ago.
    assert.is((await lab.sync(lab.here("1"), "--refresh", "90s")).exit, 0);
    assert.equal(lab.registry.asked(), []);
    lab.registry.sign(repository, lab.registry.addImage(repository, "1", "content of 1"), newKey());
    const told = await lab.sync(lab.here("1"), "--events");
    assert.match(told.out + told.err, /claim-ended/);
  }));

test("a layer that broke off is resumed by the next sync, which says so, and fetches the rest alone", () =>
  withLab(async (lab) => {
    const content = "a layer of some length";
    lab.registry.addImage(repository, "1", content);
    const digest = digestOf(encodeUtf8(content));
    const ranges: (string | undefined)[] = [];
    let breaks = true;
    lab.registry.meddle = (path, request, response) => {
      if (!path.endsWith(digest)) return false;
      ranges.push(request.headers.range);
      if (breaks) {
        response.writeHead(200, { "content-length": content.length });
        response.write(content.slice(0, 8), () => response.destroy());
      } else {
        response.writeHead(206, { "content-range": `bytes 8-${content.length - 1}/${content.length}` });
        response.end(content.slice(8));
      }
      return true;
    };
    const words = [lab.here("1"), "--with-layers", "-o", "json"];
    assert.equal(statuses(await lab.sync(...words)), ["failed"]);
    breaks = false;
    const resumed = await lab.sync(...words);
    assert.equal(statuses(resumed), ["resumed"], resumed.err);
    assert.equal([reportOf(resumed).images[0]?.bytes, ranges.at(-1)], [content.length - 8, "bytes=8-"]);
    assert.equal(statuses(await lab.sync(...words)), ["exists"]);
  }));

test("values for variables say what is asked for, of all policies and of the rules of one", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const context = "      context: [{ name: keys, configMap: { name: keys, namespace: kyverno } }]\n";
    const policy = policyFor(key.pem, { images: `${lab.registry.host}/*` })
      .replace("      verifyImages:", `${context}      verifyImages:`)
      .replace(/publicKeys: \|-\n[\s\S]*-----END PUBLIC KEY-----/, 'publicKeys: "{{ keys.data.release }}"');
    const values = (release: string): string =>
      "apiVersion: cli.kyverno.io/v1alpha1\nkind: Values\npolicies:\n- name: check-images\n  rules:\n" +
      `  - {name: signed, values: {keys.data.release: ${JSON.stringify(release)}}}\n`;
    const run = async (files: Readonly<Record<string, string>>, ...words: readonly string[]) => {
      const sync = ["mirror", "sync", "--store", lab.store, "--policies", "policy.yaml", lab.here("1"), ...words];
      return lab.run([...sync, "-o", "json"], { "policy.yaml": policy, ...files });
    };
    const decisionOf = (ran: Awaited<ReturnType<typeof run>>) => reportOf(ran).images[0]?.coverage.decision;
    assert.is(decisionOf(await run({})), "unknown");
    const words = ["--values-file", "values.yaml"];
    assert.is(decisionOf(await run({ "values.yaml": values(key.pem) }, ...words)), "pass");
    assert.is(decisionOf(await run({ "values.yaml": values(newKey().pem) }, ...words)), "fail");
    const misspelt = values(key.pem).replace("check-images", "check-image");
    assert.match((await run({ "values.yaml": misspelt }, ...words)).out, /did you mean \\"check-images\\"/);
    const set = await lab.run(["mirror", "sync", "--store", lab.store, lab.here("1"), "--set", "a=b"]);
    assert.match(set.err, /invalid-usage: --set is for policies/);
  }));

test("what only an Audit policy refuses is reported, not denied, unless an override enforces somewhere", () =>
  withLab(async (lab) => {
    lab.registry.addImage(repository, "1", "nobody signed this");
    const audit = policyFor(key.pem, { images: `${lab.registry.host}/*`, action: "Audit" });
    const overrides = "spec:\n  validationFailureActionOverrides: [{action: Enforce, namespaces: [prod]}]";
    const words = ["mirror", "sync", "--store", lab.store, "--policies", "policy.yaml", "--require-covered"];
    const run = (policy: string, ...more: readonly string[]) =>
      lab.run([...words, lab.here("1"), ...more], { "policy.yaml": policy });
    const said = reportOf(await run(audit, "-o", "json"));
    const { decision, covered, reasons } = said.images[0]?.coverage ?? {};
    assert.equal([said.exitCode, decision, covered], [0, "audit", true]);
    assert.equal(
      (reasons as readonly { readonly action: string }[]).map(({ action }) => action),
      ["Audit"],
    );
    const shown = await run(audit);
    assert.match(shown.out, /audit +no-signature/);
    assert.match(shown.out, "reported, not denied: check-images.signed: ");
    const enforced = reportOf(await run(audit.replace("spec:", overrides), "-o", "json"));
    assert.equal([enforced.exitCode, enforced.images[0]?.coverage.decision], [1, "fail"]);
  }));

test.run();
