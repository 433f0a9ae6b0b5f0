import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { publicGoodRoot, publicGoodTrustedRoot } from "../../../core/trust/public-good.ts";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { publicGoodModule } from "../../../scripts/public-good.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/trust/public-good");

test("the module is what its script makes of the package", () => {
  const squeezed = (text: string) => text.replace(/\s/g, "").replaceAll(",]", "]").replaceAll(",)", ")");
  const written = readFileSync(new URL("../../../core/trust/public-good.ts", import.meta.url), "utf8");
  assert.is(squeezed(written), squeezed(publicGoodModule()));
});

test("a TUF root, and a trusted root with every kind of authority", () => {
  const root = JSON.parse(decodeUtf8(publicGoodRoot()));
  assert.equal([root.signed._type, root.signed.version > 10], ["root", true]);
  const trusted = parseTrustedRoot(publicGoodTrustedRoot(), defaultLimits);
  for (const list of [trusted.tlogs, trusted.ctlogs, trusted.certificateAuthorities, trusted.timestampAuthorities])
    assert.ok(list.length > 0);
});

test.run();
