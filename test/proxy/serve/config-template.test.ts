import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { configTemplate } from "../../../proxy/serve/config-template.ts";
import { readConfig } from "../../../proxy/serve/read-config.ts";

const test = suite("proxy/serve/config-template");
const read = (text: string) =>
  readConfig({ file: { name: "c.yaml", text }, flags: {}, env: {}, limits: defaultLimits });

test("the file to begin with loads, says nothing but the defaults, and fits a screen", () => {
  const text = configTemplate();
  const { faults, warnings, shown } = read(text);
  assert.equal([...faults, ...warnings], []);
  assert.equal([...new Set(shown.map(({ from }) => from))], ["default"]);
  for (const line of text.split("\n")) assert.ok(line.length <= 120, line);
});

test("with one # less on each line it says the defaults itself, and each setting is in it", () => {
  const [head = "", body = ""] = configTemplate().split(/(?<=^kind: .*\n)/m);
  const text = head + body.replaceAll(/^# /gm, "");
  const { faults, shown } = read(text);
  assert.equal(faults, []);
  const said = shown.filter(({ from }) => from !== "default").map(({ name }) => name);
  for (const name of [
    "mode",
    "listeners[0].auth.by",
    "upstreams[0].host",
    "proxy.layers.size",
    "limits.drain",
    "log.level",
  ])
    assert.ok(said.includes(name), name);
  const values = (of: typeof shown) => new Map(of.map(({ name, value }) => [name, JSON.stringify(value)]));
  const [uncommented, defaults] = [values(shown), values(read(configTemplate()).shown)];
  for (const [name, value] of defaults) assert.is(uncommented.get(name), value, name);
});

test.run();
