/** Signatures between authorities, verified once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { isSignedBy, prepareAuthority } from "../../../core/x509/authority.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { newKey } from "../../lab/keys.ts";
import { plainAuthority, plainCertificate } from "../../lab/plain-certificate.ts";

const test = suite("core/x509/authority");
const root = plainAuthority("root");
const middle = plainAuthority("middle", { issuer: root });

test("who signed whom", () => {
  assert.ok(isSignedBy(middle.certificate, root.certificate, nodeVerifier));
  assert.not.ok(isSignedBy(root.certificate, middle.certificate, nodeVerifier));
  assert.not.ok(isSignedBy(plainCertificate({ issuer: { ...root, key: newKey() } }), root.certificate, nodeVerifier));
});

test("pairs that could be are looked at, also the ones that do not hold", () => {
  const impostor = plainAuthority("root");
  const { knownSignatures, anchors, intermediates } = prepareAuthority(
    [root.certificate, impostor.certificate],
    [middle.certificate],
    nodeVerifier,
    defaultLimits,
  );
  assert.is(knownSignatures.get(middle.certificate)?.get(root.certificate), true);
  assert.is(knownSignatures.get(middle.certificate)?.get(impostor.certificate), false);
  assert.is(anchors.length, 2);
  assert.equal(intermediates, [middle.certificate]);
});

test("the budget leaves the rest to the request", () => {
  const { knownSignatures } = prepareAuthority([root.certificate], [middle.certificate], nodeVerifier, {
    ...defaultLimits,
    chainSignatureChecks: 0,
  });
  assert.is(knownSignatures.get(middle.certificate)?.size, 0);
});

test.run();
