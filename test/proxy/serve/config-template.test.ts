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

/** The template with the first "# " away from line `index`, and from the groups that it is in. */
function uncommented(lines: readonly string[], index: number): string {
  const chosen = new Set([index]);
  const indentOf = (line: string): number => /^# ( *)/.exec(line)?.[1]?.length ?? 0;
  let indent = indentOf(lines[index] ?? "");
  for (let at = index - 1; at >= 0 && indent > 0; at--) {
    const line = lines[at] ?? "";
    if (!/^# +(?:\w+:|-)$/.test(line) || indentOf(line) >= indent) continue;
    chosen.add(at);
    indent = indentOf(line);
  }
  return lines.map((line, at) => (chosen.has(at) ? line.slice(2) : line)).join("\n");
}

test("as it says: the first # of a line and of its groups away, and the setting is said, with its default", () => {
  const lines = configTemplate().split("\n");
  const defaults = new Map(read(configTemplate()).shown.map(({ name, value }) => [name, JSON.stringify(value)]));
  const said = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (!/^# +\w+: ./.test(line)) continue;
    const { faults, shown } = read(uncommented(lines, index));
    const own = shown.filter(({ from }) => from === `c.yaml:${index + 1}`);
    assert.is(own.length, 1, `${line}: ${faults.map(({ message }) => message).join("; ")}`);
    for (const { name, value } of own) {
      said.add(name);
      if (defaults.has(name)) assert.is(JSON.stringify(value), defaults.get(name), name);
    }
  }
  for (const name of ["mode", "store", "trust.trustedRoot", "listeners[0].auth.by", "upstreams[0].credentials.token"])
    assert.ok(said.has(name), name);
  assert.ok(said.size > 50, String(said.size));
});

test.run();
