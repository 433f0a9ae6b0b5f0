import { suite } from "uvu";
import * as assert from "uvu/assert";
import { variables } from "../../cli/environment.ts";
import { serveVariables } from "../../cli/serve-variables.ts";
import { namedSettings } from "../../proxy/serve/setting.ts";
import { settings } from "../../proxy/serve/settings.ts";

const test = suite("cli/serve-variables");

test("each setting has one variable and one flag; those of other commands are in their table", () => {
  const named = [...namedSettings(settings)];
  const names = named.map(({ variable }) => variable);
  assert.is(new Set(names).size, names.length);
  assert.is(new Set(named.map(({ flag }) => flag)).size, names.length);
  for (const name of names) {
    assert.match(name, /^SALLYPORT_[A-Z_]+$/);
    assert.ok(Object.hasOwn(variables, name) !== Object.hasOwn(serveVariables, name), name);
  }
  for (const name of ["SALLYPORT_STORE", "SALLYPORT_MODE", "SALLYPORT_TRUSTED_ROOT", "SALLYPORT_MAX_BUNDLE_SIZE"])
    assert.ok(names.includes(name), name);
  for (const { what, expects } of Object.values(serveVariables)) assert.ok(what !== "" && expects !== "");
});

test.run();
