/** A leaf below an authority below a root, and the request for its path, to be changed. */
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import type { Certificate } from "../../../core/x509/certificate.ts";
import { toNameText } from "../../../core/x509/name.ts";
import { type PathRequest, verifyPath } from "../../../core/x509/path.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { basicConstraints, keyUsage } from "../../lab/extensions.ts";
import { newKey } from "../../lab/keys.ts";
import {
  leafExtensions,
  noon,
  plainAuthority,
  plainCertificate,
  type PlainIssuer,
  type PlainOptions,
} from "../../lab/plain-certificate.ts";
import { throwsCode } from "../../support/assert.ts";

export const timeStamping = "1.3.6.1.5.5.7.3.8";
export const any = "2.5.29.37.0";
export const ca = [basicConstraints(true), keyUsage("keyCertSign")];

export const root = plainAuthority("root");
export const middle = plainAuthority("middle", { issuer: root });
export const leafKey = newKey();
export const leafOf = (issuer: PlainIssuer, options: PlainOptions = {}): Certificate =>
  plainCertificate({ subject: "", key: leafKey, issuer, extensions: leafExtensions, ...options });
export const leaf = leafOf(middle);

export const request = (overrides: Partial<PathRequest> = {}): PathRequest => ({
  leaf,
  anchors: [root.certificate],
  intermediates: [middle.certificate],
  at: noon,
  usage: "code-signing",
  verifier: nodeVerifier,
  limits: defaultLimits,
  requireLeafUsage: true,
  ...overrides,
});
export const pathOf = (overrides: Partial<PathRequest> = {}): string[] =>
  verifyPath(request(overrides)).map((certificate) =>
    certificate === leaf ? "leaf" : toNameText(certificate.subject, defaultLimits),
  );
export const through = (
  intermediate: PlainIssuer,
  options: PlainOptions = {},
  anchor: PlainIssuer = root,
): Partial<PathRequest> => ({
  leaf: leafOf(intermediate, options),
  anchors: [anchor.certificate],
  intermediates: [intermediate.certificate],
});

/** Tests that a changed request is refused or accepted. */
export const pathTests = (test: Test) => ({
  refuses: (
    what: string,
    overrides: () => Partial<PathRequest>,
    code: Parameters<typeof throwsCode>[0] = "untrusted-certificate",
  ): void =>
    test(`refused: ${what}`, () => {
      const error = throwsCode(code, () => verifyPath(request(overrides())));
      assert.ok(error.subject);
    }),
  accepts: (what: string, overrides: () => Partial<PathRequest>, length?: number): void =>
    test(`accepted: ${what}`, () => {
      const path = verifyPath(request(overrides()));
      if (length !== undefined) assert.is(path.length, length);
    }),
});
