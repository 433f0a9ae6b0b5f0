import { suite } from "uvu";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { bindRekord } from "../../../../core/tlog/rekor-v1/rekord.ts";
import { throwsCode } from "../../../support/assert.ts";
import { patched } from "../../../support/patch.ts";
import { bodies, signedMessage } from "../entry-bodies.ts";

const test = suite("core/tlog/rekor-v1/rekord");
const { logged } = signedMessage();
const spec = bodies.rekord(logged).spec as JsonObject;

test("a layer's signature in the format of X.509 keys", () => {
  bindRekord(spec, logged, "layer");
  throwsCode("bad-log-proof", () => bindRekord(spec, signedMessage().logged, "layer"));
});

test("not in bundles, and no other format", () => {
  throwsCode("bad-log-proof", () => bindRekord(spec, logged, "bundle"));
  throwsCode("bad-log-proof", () => bindRekord(patched(spec, "signature/format", "pgp"), logged, "layer"));
  throwsCode("malformed", () => bindRekord(patched(spec, "signature/format", undefined), logged, "layer"));
});

test.run();
