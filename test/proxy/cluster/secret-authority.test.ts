import { X509Certificate } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readSecretAuthorities, withSecret } from "../../../proxy/cluster/secret-authority.ts";
import { makeServerCertificate } from "../../../proxy/serve/own-certificate.ts";
import { openStub } from "../../support/api-server.ts";
import { rejectsCode } from "../../support/assert.ts";
import { serveCluster } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/secret-authority");

const { signal } = new AbortController();
const start = new Date("2026-11-30T12:00:00Z");
const day = 86_400_000;
const certificates = (pem: string): readonly X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );

test("instances that begin at once share one authority, and every certificate is known by it", async () => {
  const served = await serveCluster({ secrets: "Secret" });
  const clusters = [openStub(served), openStub(served), openStub(served)];
  try {
    const made = await Promise.all(
      clusters.map((cluster) =>
        withSecret(cluster, "sallyport", (keep) => makeServerCertificate(["gate.svc"], keep, start), signal),
      ),
    );
    const [cluster] = clusters;
    if (cluster === undefined) throw new Error("there are three");
    const all = certificates((await readSecretAuthorities(cluster, "sallyport", signal)) ?? "");
    assert.is(all.length, 1);
    for (const { certificate } of made) {
      const [leaf] = certificates(certificate);
      assert.ok(leaf?.checkIssued(all[0] as X509Certificate) && leaf.verify((all[0] as X509Certificate).publicKey));
      assert.is(leaf?.checkHost("gate.svc"), "gate.svc");
    }
    assert.is(served.all("secrets").length, 1);
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.close()));
    await served.close();
  }
});

test("a new authority is handed out a year before it signs: no certificate is ever unknown", async () => {
  const served = await serveCluster({ secrets: "Secret" });
  const cluster = openStub(served);
  const at = (days: number) =>
    withSecret(
      cluster,
      "sallyport",
      (keep) => makeServerCertificate(["gate.svc"], keep, new Date(start.getTime() + days * day)),
      signal,
    );
  const known = async () => certificates((await readSecretAuthorities(cluster, "sallyport", signal)) ?? "");
  try {
    assert.is(await readSecretAuthorities(cluster, "sallyport", signal), undefined);
    await at(0);
    const [first] = await known();
    const late = await at(4 * 365);
    const both = await known();
    assert.is(both.length, 2);
    assert.ok(certificates(late.certificate)[0]?.checkIssued(first as X509Certificate), "the old one still signs");
    const later = await at(5 * 365 - 100);
    const after = await known();
    const issuer = after.find((one) => certificates(later.certificate)[0]?.checkIssued(one));
    assert.ok(issuer !== undefined);
    assert.ok(
      both.some(({ raw }) => raw.equals((issuer as X509Certificate).raw)),
      "it was handed out before",
    );
  } finally {
    await cluster.close();
    await served.close();
  }
});

test("who may not read the Secret is told so; one that others write for ever is given up", async () => {
  const served = await serveCluster({ secrets: "Secret" });
  const cluster = openStub(served);
  const make = () => withSecret(cluster, "a", (keep) => makeServerCertificate(["x"], keep, start), signal);
  try {
    served.instead = () => ({ status: 403, body: {} });
    await rejectsCode("access-denied", make);
    served.instead = (method) =>
      method === "POST" ? { status: 409, body: { kind: "Status", code: 409, message: "already exists" } } : undefined;
    await rejectsCode("upstream-error", make);
  } finally {
    await cluster.close();
    await served.close();
  }
});

test.run();
