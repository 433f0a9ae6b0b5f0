import { suite } from "uvu";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { bindRekord } from "../../../../core/tlog/rekor-v1/rekord.ts";
import { throwsCode } from "../../../support/assert.ts";
import { patched } from "../../../support/patch.ts";
import { bodyOf, signedMessage } from "../../../lab/plain-signed.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/tlog/rekor-v1/rekord");
const { logged } = signedMessage();
const spec = bodyOf("rekord 0.0.1", logged).spec as JsonObject;

test("a layer's signature in the format of X.509 keys", () => {
  bindRekord(spec, logged, "layer", defaultLimits);
  throwsCode("bad-log-proof", () => bindRekord(spec, signedMessage().logged, "layer", defaultLimits));
});

test("not in bundles, and no other format", () => {
  throwsCode("bad-log-proof", () => bindRekord(spec, logged, "bundle", defaultLimits));
  throwsCode("bad-log-proof", () =>
    bindRekord(patched(spec, "signature/format", "pgp"), logged, "layer", defaultLimits),
  );
  throwsCode("malformed", () =>
    bindRekord(patched(spec, "signature/format", undefined), logged, "layer", defaultLimits),
  );
});

test.run();
