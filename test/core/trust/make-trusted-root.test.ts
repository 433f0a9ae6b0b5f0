import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodePem } from "../../../core/encoding/pem.ts";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { type LogService, makeTrustedRoot, type TrustedServices } from "../../../core/trust/make-trusted-root.ts";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { makeKey } from "../../lab/keys.ts";
import { Seed } from "../../lab/seed.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/trust/make-trusted-root");
const seed = new Seed("make");
const none: TrustedServices = { fulcio: [], rekor: [], ctfe: [], tsa: [] };
const start = new Date("2024-01-01T00:00:00Z");
const make = (services: Partial<TrustedServices>) =>
  parseTrustedRoot(JSON.stringify(makeTrustedRoot({ ...none, ...services }, defaultLimits)), defaultLimits);
const log = (key: string, more: Partial<LogService> = {}): LogService => ({
  url: "https://log.corp",
  key,
  validFor: { start },
  ...more,
});

test("each type of key is listed under its own name and comes back", () => {
  for (const type of ["p256", "p384", "p521", "rsa2048", "rsa3072", "ed25519"] as const) {
    const key = makeKey(seed, "log", type);
    const { tlogs } = make({ rekor: [log(key.pem)] });
    assert.equal(
      [tlogs[0]?.publicKey.fingerprint, tlogs[0]?.logId],
      [key.publicKey.fingerprint, key.publicKey.fingerprint],
      type,
    );
  }
});

test("the id of a named Ed25519 log is that of its notes, as cosign makes it; other keys have no such id", () => {
  const pem =
    "-----BEGIN PUBLIC KEY-----\n" +
    "MCowBQYDK2VwAyEAyV8JPQ6VRsmavaC0LwBHcEU0ShFG3nWGH7RcfuLrLEg=\n" +
    "-----END PUBLIC KEY-----\n";
  const idOf = (key: string) =>
    Buffer.from(make({ rekor: [log(key, { origin: "log2.example/log" })] }).tlogs[0]?.logId ?? "", "hex").toString(
      "base64",
    );
  assert.is(idOf(pem), "/65hMtne55aGhhu2DNw8iKHk7jYHdx2vFkR4OCClmfU=");
  const { pem: other, publicKey } = makeKey(seed, "log");
  assert.is(Buffer.from(idOf(other), "base64").toString("hex"), publicKey.fingerprint);
});

// biome-ignore lint/suspicious/noExplicitAny: a document of the test's own fixtures
const fixture: any = JSON.parse(decodeUtf8(fixtureBytes("trust/trusted-root.json")));
const certificates = (name: string): readonly string[] =>
  fixture[name][0].certChain.certificates.map(({ rawBytes }: { rawBytes: string }) =>
    encodePem("CERTIFICATE", rawBytes),
  );
const fulcio = certificates("certificateAuthorities");
const tsa = certificates("timestampAuthorities");

test("authorities with their chains; the root's own beginning where none is given", () => {
  const end = new Date("2099-01-01T00:00:00Z");
  const root = make({
    fulcio: [{ url: "https://fulcio.corp", chain: fulcio.join(""), validFor: { end } }],
    tsa: [{ url: "https://tsa.corp", chain: tsa.join(""), validFor: { start } }],
  });
  const [authority] = root.certificateAuthorities;
  assert.equal(authority?.validFor, { start: authority?.anchor.notBefore, end });
  assert.equal(
    [root.timestampAuthorities[0]?.validFor, root.timestampAuthorities[0]?.leaf === undefined],
    [{ start }, false],
  );
});

test("chains that would verify nothing, or too much, are refused", () => {
  const authority = (chain: string) => [{ url: "https://x", chain, validFor: {} }];
  for (const chain of ["", tsa.join("")]) throwsCode("malformed", () => make({ fulcio: authority(chain) }));
  for (const chain of ["", fulcio.join(""), tsa[0] ?? "", `${tsa[0]}${tsa[0]}`])
    throwsCode("malformed", () => make({ tsa: authority(chain) }));
  for (const key of ["", fulcio[0] ?? "", makeKey(seed, "a").pem + makeKey(seed, "b").pem])
    throwsCode("malformed", () => make({ ctfe: [log(key)] }));
});

test.run();
