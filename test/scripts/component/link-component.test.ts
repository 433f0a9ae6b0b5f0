import { suite } from "uvu";
import * as assert from "uvu/assert";
import { linkComponent } from "../../../scripts/component/link-component.ts";

const test = suite("scripts/component/link-component");
const engine = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, 7, 1, 0);
const module = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** Each section's number and content. */
function sectionsOf(bytes: Uint8Array): readonly (readonly [id: number, content: string])[] {
  const sections: (readonly [number, string])[] = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++] as number;
    let [size, shift] = [0, 0];
    for (let more = true; more; shift += 7) {
      const byte = bytes[at++] as number;
      size |= (byte & 0x7f) << shift;
      more = byte > 0x7f;
    }
    sections.push([id, Buffer.from(bytes.subarray(at, at + size)).toString("latin1")]);
    at += size;
  }
  return sections;
}

const linked = linkComponent(
  engine,
  "a:b/kernel@1.2.3",
  [
    { name: "turn", module, export: "turned", parameters: ["text", "by"], result: "string" },
    { name: "is-one", module, export: "isOne", parameters: ["text"], result: "bool" },
  ],
  ["init", "load"],
);

test("modules, their instances and exports, types, functions, the engine, its exports: and no imports", () => {
  const sections = sectionsOf(linked);
  assert.equal(
    sections.map(([id]) => id),
    [1, 1, 2, 6, 7, 8, 4, 5, 6, 11],
  );
  assert.is(sections[0]?.[1], Buffer.from(module).toString("latin1"));
  assert.is(sections[6]?.[1], Buffer.from(engine).toString("latin1"));
  const aliases = sections[3]?.[1] ?? "";
  for (const name of ["turned", "isOne"]) assert.ok(aliases.includes(name), name);
  assert.is(aliases.split("cabi_realloc").length - 1, 2);
  assert.is(aliases.split("memory").length - 1, 2);
});

test("a function over texts gives a text or says yes or no", () => {
  const [, types] = sectionsOf(linked)[4] ?? [];
  assert.is(types, "\x02\x40\x02\x04text\x73\x02by\x73\x00\x73\x40\x01\x04text\x73\x00\x7f");
});

test("the engine is given the kernel, and what it exports is exported", () => {
  const sections = sectionsOf(linked);
  assert.is(
    sections[7]?.[1],
    "\x02\x01\x02\x00\x04turn\x01\x00\x00\x06is-one\x01\x01\x00\x00\x01\x10a:b/kernel@1.2.3\x05\x00",
  );
  assert.is(sections[9]?.[1], "\x02\x00\x04init\x01\x02\x00\x00\x04load\x01\x03\x00");
});

test.run();
