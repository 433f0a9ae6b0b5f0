import { suite } from "uvu";
import { encodeBase64 } from "../../../../core/encoding/base64.ts";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import type { EntryLayout, LoggedSignature } from "../../../../core/tlog/log-entry.ts";
import { bindInToto001, bindInToto002 } from "../../../../core/tlog/rekor-v1/intoto.ts";
import { throwsCode } from "../../../support/assert.ts";
import { patched } from "../../../support/patch.ts";
import { bodyOf, signedEnvelope, signedMessage } from "../../../lab/plain-signed.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/tlog/rekor-v1/intoto");
const layouts: readonly EntryLayout[] = ["bundle", "layer"];
const { logged } = signedEnvelope("certificate");
const content = logged.content as LoggedSignature["content"] & { kind: "dsse" };
const older = bodyOf("intoto 0.0.1", logged).spec as JsonObject;
const newer = bodyOf("intoto 0.0.2", logged).spec as JsonObject;
const signatureAt = "content/envelope/signatures/0";

test("0.0.1: envelope and verifier, in a layer only", () => {
  bindInToto001(older, logged, "layer", defaultLimits);
  throwsCode("bad-log-proof", () => bindInToto001(older, logged, "bundle", defaultLimits));
  const other = signedEnvelope("certificate").logged;
  throwsCode("bad-log-proof", () =>
    bindInToto001(older, { ...logged, verifier: other.verifier }, "layer", defaultLimits),
  );
  throwsCode("bad-log-proof", () =>
    bindInToto001(
      older,
      { ...logged, content: { ...content, envelopeBytes: encodeUtf8("{}") } },
      "layer",
      defaultLimits,
    ),
  );
  throwsCode("bad-log-proof", () =>
    bindInToto001(older, { ...logged, content: { ...content, payload: encodeUtf8("{}") } }, "layer", defaultLimits),
  );
  throwsCode("bad-log-proof", () => bindInToto001(older, signedMessage("certificate").logged, "layer", defaultLimits));
  bindInToto001(patched(older, "content/payloadHash", undefined), logged, "layer", defaultLimits);
  throwsCode("malformed", () =>
    bindInToto001(patched(older, "content/hash", undefined), logged, "layer", defaultLimits),
  );
  throwsCode("malformed", () => bindInToto001(patched(older, "publicKey", undefined), logged, "layer", defaultLimits));
});

test("0.0.2: payload, payload type, signature and verifier; in a layer the envelope too", () => {
  for (const layout of layouts) {
    bindInToto002(newer, logged, layout, defaultLimits);
    const other = signedEnvelope("certificate").logged;
    throwsCode("bad-log-proof", () =>
      bindInToto002(newer, { ...logged, signature: other.signature }, layout, defaultLimits),
    );
    throwsCode("bad-log-proof", () =>
      bindInToto002(newer, { ...logged, verifier: other.verifier }, layout, defaultLimits),
    );
    throwsCode("bad-log-proof", () =>
      bindInToto002(newer, { ...logged, content: { ...content, payload: encodeUtf8("{}") } }, layout, defaultLimits),
    );
    throwsCode("bad-log-proof", () =>
      bindInToto002(
        newer,
        { ...logged, content: { ...content, payloadType: "application/json" } },
        layout,
        defaultLimits,
      ),
    );
    throwsCode("bad-log-proof", () => bindInToto002(newer, signedMessage("certificate").logged, layout, defaultLimits));
  }
  const spaced: LoggedSignature = { ...logged, content: { ...content, envelopeBytes: encodeUtf8("{ }") } };
  bindInToto002(newer, spaced, "bundle", defaultLimits);
  throwsCode("bad-log-proof", () => bindInToto002(newer, spaced, "layer", defaultLimits));
});

test("0.0.2: the signature is recorded in base64 of base64", () => {
  const once = patched(newer, `${signatureAt}/sig`, encodeBase64(logged.signature));
  throwsCode("malformed", () => bindInToto002(once, logged, "bundle", defaultLimits));
  throwsCode("malformed", () =>
    bindInToto002(patched(newer, `${signatureAt}/sig`, null), logged, "bundle", defaultLimits),
  );
});

test.run();
