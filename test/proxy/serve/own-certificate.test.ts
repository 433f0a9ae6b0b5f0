import { X509Certificate } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Keep, makeServerCertificate } from "../../../proxy/serve/own-certificate.ts";
import { rejectsCode } from "../../support/assert.ts";

const test = suite("proxy/serve/own-certificate");
const day = 86_400_000;
const start = new Date("2026-11-30T00:00:00Z");
const after = (days: number): Date => new Date(start.getTime() + days * day);

function memory(): Keep & { readonly files: Map<string, string> } {
  const files = new Map<string, string>();
  return {
    files,
    read: (name) => files.get(name),
    create: (name, text) => {
      if (files.has(name)) return false;
      files.set(name, text);
      return true;
    },
    publish: (name, text) => void files.set(name, text),
  };
}

const published = ({ files }: ReturnType<typeof memory>): readonly X509Certificate[] =>
  (files.get("ca.pem")?.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));

test("a certificate for these names, by an authority that is kept and published", async () => {
  const keep = memory();
  const made = await makeServerCertificate(["proxy.corp", "10.0.0.7", "::1", "proxy.corp"], keep, start);
  const leaf = new X509Certificate(made.certificate);
  const [authority, ...more] = published(keep);
  assert.is(more.length, 0);
  assert.ok(authority?.ca && leaf.verify(authority.publicKey) && leaf.checkIssued(authority));
  assert.is(leaf.checkHost("proxy.corp"), "proxy.corp");
  assert.ok(leaf.checkIP("10.0.0.7") !== undefined && leaf.checkIP("::1") !== undefined);
  assert.is(leaf.checkHost("other.corp"), undefined);
  assert.not.ok(leaf.ca);
  assert.is(Date.parse(leaf.validTo), made.expires.getTime());
  assert.ok(made.renew < made.expires);
  assert.equal([...keep.files.keys()], ["authority-1.pem", "ca.pem"]);
  assert.not.match(keep.files.get("ca.pem") ?? "", /PRIVATE/);
});

test("one that was made before stays until it is due, or its authority is gone", async () => {
  const keep = memory();
  const first = await makeServerCertificate(["a"], keep, start);
  assert.is(await makeServerCertificate(["a"], keep, after(1), first), first);
  const due = new Date(first.renew.getTime());
  assert.is.not(await makeServerCertificate(["a"], keep, due, first), first);
  const other = await makeServerCertificate(["a"], memory(), after(1), first);
  assert.is.not(other, first);
});

test("the authority stays; a new one is handed out a year before it signs; then the old one goes", async () => {
  const keep = memory();
  const issuers = new Set<string>();
  const seen: (readonly [day: number, published: number, signedBy: number])[] = [];
  for (const at of [0, 1000, 1300, 1350, 1600, 1690]) {
    const { certificate } = await makeServerCertificate(["a"], keep, after(at));
    const leaf = new X509Certificate(certificate);
    const all = published(keep);
    const by = all.find((authority) => leaf.verify(authority.publicKey));
    assert.ok(by !== undefined && Date.parse(by.validTo) >= Date.parse(leaf.validTo), `day ${at}`);
    issuers.add(by?.fingerprint256 ?? "");
    seen.push([at, all.length, issuers.size]);
  }
  assert.equal(seen, [
    [0, 1, 1],
    [1000, 1, 1],
    [1300, 1, 1],
    [1350, 2, 1],
    [1600, 2, 1],
    [1690, 1, 2],
  ]);
});

test("an authority that cannot be read is never replaced in silence", async () => {
  const keep = memory();
  await makeServerCertificate(["a"], keep, start);
  const whole = keep.files.get("authority-1.pem") ?? "";
  const other = memory();
  await makeServerCertificate(["a"], other, start);
  const foreignKey = whole.replace(
    /-----BEGIN PRIVATE[\s\S]*/,
    /-----BEGIN PRIVATE[\s\S]*/.exec(other.files.get("authority-1.pem") ?? "")?.[0] ?? "",
  );
  for (const text of ["", "x", whole.slice(0, 200), foreignKey]) {
    keep.files.set("authority-1.pem", text);
    const error = await rejectsCode("invalid-config", () => makeServerCertificate(["a"], keep, start));
    assert.is(error.subject, "authority-1.pem");
  }
});

test("two that start at once end with one authority", async () => {
  const keep = memory();
  const [one, two] = await Promise.all([
    makeServerCertificate(["a"], keep, start),
    makeServerCertificate(["a"], keep, start),
  ]);
  const [authority] = published(keep);
  for (const { certificate } of [one, two])
    assert.ok(authority !== undefined && new X509Certificate(certificate).verify(authority.publicKey));
});

test.run();
