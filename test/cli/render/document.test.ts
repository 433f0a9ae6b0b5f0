import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isDocumentFormat, renderDocument } from "../../../cli/render/document.ts";

const test = suite("cli/render/document");

test("one family: apiVersion and kind lead, in JSON and YAML", () => {
  assert.is(
    renderDocument("Version", { version: "1", gone: undefined }, "json"),
    '{\n  "apiVersion": "sallyport.dev/v1",\n  "kind": "Version",\n  "version": "1"\n}\n',
  );
  assert.is(
    renderDocument("Version", { version: "1.2.3" }, "yaml"),
    'apiVersion: sallyport.dev/v1\nkind: Version\nversion: "1.2.3"\n',
  );
  assert.equal(["json", "yaml", "text", undefined].map(isDocumentFormat), [true, true, false, false]);
});

test.run();
