import { suite } from "uvu";
import * as assert from "uvu/assert";
import { aliasesOf } from "../../../cli/serve/aliases-of.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("cli/serve/aliases-of");

test("each text is one alias", () => {
  assert.equal(aliasesOf({ aliases: ["ghcr.io/org = mirror.corp/org"] }), [
    { logical: "ghcr.io/org", physical: "mirror.corp/org", from: "aliases" },
  ]);
  assert.equal(aliasesOf({ aliases: [] }), []);
  throwsCode("invalid-config", () => aliasesOf({ aliases: ["ghcr.io"] }));
});

test.run();
