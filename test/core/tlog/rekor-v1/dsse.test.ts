import { suite } from "uvu";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import type { EntryLayout, LoggedSignature } from "../../../../core/tlog/log-entry.ts";
import { bindDsse } from "../../../../core/tlog/rekor-v1/dsse.ts";
import { throwsCode } from "../../../support/assert.ts";
import { patched } from "../../../support/patch.ts";
import { bodyOf, signedEnvelope, signedMessage } from "../../../lab/plain-signed.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/tlog/rekor-v1/dsse");
const layouts: readonly EntryLayout[] = ["bundle", "layer"];
const { logged } = signedEnvelope("certificate");
const spec = bodyOf("dsse 0.0.1", logged).spec as JsonObject;
const content = logged.content as LoggedSignature["content"] & { kind: "dsse" };

test("an entry records its own envelope", () => {
  for (const layout of layouts) bindDsse(spec, logged, layout, defaultLimits);
});

test("another payload, signature or verifier, a message, several signatures", () => {
  const other = signedEnvelope("certificate").logged;
  for (const layout of layouts) {
    throwsCode("bad-log-proof", () =>
      bindDsse(spec, { ...logged, content: { ...content, payload: encodeUtf8("{}") } }, layout, defaultLimits),
    );
    throwsCode("bad-log-proof", () => bindDsse(spec, { ...logged, signature: other.signature }, layout, defaultLimits));
    throwsCode("bad-log-proof", () => bindDsse(spec, { ...logged, verifier: other.verifier }, layout, defaultLimits));
    throwsCode("bad-log-proof", () => bindDsse(spec, signedMessage("certificate").logged, layout, defaultLimits));
    const [signature] = spec.signatures as JsonObject[];
    throwsCode("bad-log-proof", () =>
      bindDsse(
        patched(spec, "signatures", [signature as JsonObject, signature as JsonObject]),
        logged,
        layout,
        defaultLimits,
      ),
    );
    throwsCode("bad-log-proof", () => bindDsse(patched(spec, "signatures", []), logged, layout, defaultLimits));
    throwsCode("malformed", () => bindDsse(patched(spec, "signatures", null), logged, layout, defaultLimits));
    throwsCode("malformed", () => bindDsse(patched(spec, "payloadHash", undefined), logged, layout, defaultLimits));
    throwsCode("bad-log-proof", () =>
      bindDsse(patched(spec, "payloadHash/algorithm", "sha512"), logged, layout, defaultLimits),
    );
  }
});

test("in a layer the envelope is the one that was logged, byte for byte; in a bundle only its parts are kept", () => {
  const spaced: LoggedSignature = { ...logged, content: { ...content, envelopeBytes: encodeUtf8("{ }") } };
  throwsCode("bad-log-proof", () => bindDsse(spec, spaced, "layer", defaultLimits));
  bindDsse(spec, spaced, "bundle", defaultLimits);
  const { envelopeBytes: _, ...parts } = content;
  throwsCode("bad-log-proof", () => bindDsse(spec, { ...logged, content: parts }, "layer", defaultLimits));
  throwsCode("malformed", () => bindDsse(patched(spec, "envelopeHash", undefined), logged, "layer", defaultLimits));
});

test.run();
