/**
 * YAML texts to read twice: from a grammar, from JSON, and real manifests made wrong. Most are read by everyone, since
 * what is refused compares nothing. The same seed and index give the same text.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "./mutate.ts";
import {
  blockLines,
  ends,
  headers,
  jsonScalars,
  jsonStrings,
  pieces,
  plainWords,
  quotedWords,
  tags,
} from "./yaml-words.ts";

/** Makes one text by the rules of YAML, now and then against them. */
class Grammar {
  readonly #random: Random;
  /** How seldom something odd stands; some texts are tame, so that both read them. */
  readonly #rare: number;
  #anchors: string[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.#rare = random.pick([12, 30, 100, 1000]);
  }

  #one(times: number): boolean {
    return this.#random.below(times) === 0;
  }

  #odd(): boolean {
    return this.#one(this.#rare);
  }

  stream(): string {
    const { pick } = this.#bound();
    let text = this.#odd() ? pick(["\ufeff", "%YAML 1.1\n---\n", "%YAML 1.2\n", "# c\n", "---\n", "...\n", "\n"]) : "";
    for (let count = 1 + this.#random.below(this.#one(4) ? 3 : 1); count > 0; count--) {
      this.#anchors = [];
      text += this.#document();
      if (count > 1)
        text += this.#odd()
          ? pick([
              "--- # c\n",
              "---\n---\n",
              "...\n---\n",
              "...\n",
              "---   \n",
              "---\t\n",
              "--- a\n",
              "---#c\n",
              "--- |\n",
            ])
          : "---\n";
    }
    if (this.#odd()) text = text.replace(/\n$/, "");
    if (this.#odd()) text = text.replaceAll("\n", "\r\n");
    return text;
  }

  #bound(): { pick: <T>(items: readonly T[]) => T } {
    return { pick: (items) => this.#random.pick(items) };
  }

  #document(): string {
    const kind = this.#random.below(12);
    if (kind === 0) return `${this.#flow(3, true)}\n`;
    if (kind === 1) return this.#list(3, "");
    return this.#map(3, "");
  }

  #scalar(): string {
    const kind = this.#random.below(10);
    if (kind < 4) return this.#random.pick(["a", "b", "image", "kind", "nginx:1.27"]);
    if (kind < 7) return this.#random.pick(plainWords);
    if (kind < 9) return this.#random.pick(quotedWords);
    return this.#anchors.length > 0 ? `*${this.#random.pick(this.#anchors)}` : "x";
  }

  #key(): string {
    if (this.#odd()) return `${this.#properties()}${this.#scalar()}`;
    const kind = this.#random.below(12);
    const number = this.#random.below(30);
    if (kind === 0) return this.#random.pick(['"', "'"]).replace(/./, (quote) => `${quote}k${number}${quote}`);
    if (kind === 1) return this.#random.pick(plainWords);
    return `${this.#random.pick(["p", "q", "r", "image"])}${number}`;
  }

  #properties(): string {
    let text = "";
    if (this.#odd()) text += `${this.#random.pick(tags)} `;
    if (this.#one(10)) {
      const name = this.#random.pick(this.#odd() ? ["é", "x.y", "x:y", "1", "-"] : ["x", "y", "z"]);
      text += `&${name} `;
      this.#anchors.push(name);
      if (this.#odd()) text += `${this.#random.pick(tags)} `;
    }
    return text;
  }

  #space(): string {
    if (!this.#one(8)) return this.#random.pick(["", " "]);
    return this.#random.pick(["\n      ", "\n", " # c\n      ", "\t", "\n\t", "  ", "\n\n ", "#c\n"]);
  }

  #flow(depth: number, collection = false): string {
    if (!collection && (depth <= 0 || this.#one(2))) return `${this.#properties()}${this.#scalar()}`;
    const items: string[] = [];
    const isMap = this.#one(2);
    for (let count = this.#random.below(4); count > 0; count--) {
      if (isMap) {
        const colon = this.#odd() ? this.#random.pick([":", " : ", " :", ":\n      ", " ", "::", ":\t"]) : ": ";
        const value = this.#odd() ? "" : this.#flow(depth - 1);
        const merge = this.#one(15) && this.#anchors.length > 0;
        if (merge) items.push(`<<${colon}*${this.#random.pick(this.#anchors)}`);
        else items.push(`${this.#odd() ? this.#random.pick(["? ", "?"]) : ""}${this.#key()}${colon}${value}`);
      } else items.push(this.#odd() ? `${this.#key()}: ${this.#flow(depth - 1)}` : this.#flow(depth - 1));
    }
    const inside = items.join(`${this.#space()},${this.#space()}`);
    const tail = this.#odd() ? this.#random.pick([",", ",,", ", "]) : "";
    const [open, close] = isMap ? ["{", "}"] : ["[", "]"];
    return `${this.#properties()}${open}${this.#space()}${inside}${tail}${this.#space()}${close}`;
  }

  #block(indent: string): string {
    const inner = indent + this.#random.pick(["  ", "  ", "  ", " ", "    ", this.#odd() ? "" : "  "]);
    let text = ` ${this.#odd() ? this.#properties() : ""}${this.#random.pick(headers)}\n`;
    for (let count = this.#random.below(5); count > 0; count--) {
      const line = this.#random.pick(blockLines);
      text += line === "" ? "\n" : `${this.#odd() ? `${inner} ` : inner}${line}\n`;
    }
    return text;
  }

  #folded(indent: string): string {
    const inner = indent + this.#random.pick(["  ", "  ", " ", "    ", this.#odd() ? "" : "  "]);
    const quote = this.#random.pick(["", "", '"', "'"]);
    let text = ` ${quote}${this.#random.pick(["a", "b c", "1", "- x"])}`;
    for (let count = 1 + this.#random.below(3); count > 0; count--) {
      const line = this.#random.pick([
        "b",
        "c d",
        "",
        "e ",
        "- f",
        "g:h",
        "x#y",
        "2",
        this.#odd() ? "# c" : "z",
        "i\t",
      ]);
      text += line === "" ? "\n" : `\n${inner}${this.#odd() ? "\t" : ""}${line}`;
    }
    return `${text}${quote}${this.#odd() ? this.#random.pick(ends) : ""}\n`;
  }

  /** What follows a colon or a hyphen, to the end of its line or lines. */
  #value(depth: number, indent: string): string {
    const kind = this.#random.below(12);
    if (kind === 0) return this.#block(indent);
    if (kind === 1) return this.#folded(indent);
    if (kind === 2) return this.#random.pick(["\n", "\n", " # c\n", " \n", this.#odd() ? " &x\n" : "\n"]);
    if (depth > 0 && kind > 6) {
      const inner = indent + this.#random.pick(["  ", "  ", "  ", " ", "    "]);
      const properties = this.#properties();
      const head = `${properties === "" ? "" : ` ${properties}`}${this.#odd() ? this.#random.pick(ends) : ""}`;
      if (this.#one(2)) return `${head.trimEnd()}\n${this.#map(depth - 1, inner)}`;
      return `${head.trimEnd()}\n${this.#list(depth - 1, this.#one(3) ? indent : inner)}`;
    }
    const separator = this.#odd() ? this.#random.pick(["\t", "  ", " \t", ""]) : " ";
    const value = this.#one(3) ? this.#flow(2) : `${this.#properties()}${this.#scalar()}`;
    return `${separator}${value}${this.#odd() ? this.#random.pick(ends) : ""}\n`;
  }

  #colon(): string {
    return this.#odd() ? this.#random.pick([" :", ":\t", "::"]) : ":";
  }

  #between(indent: string): string {
    return this.#odd() ? this.#random.pick(["\n", `${indent}# c\n`, "# c\n", " \n", "\t\n", "  # c\n"]) : "";
  }

  #map(depth: number, indent: string): string {
    let text = "";
    const merges = this.#anchors.length > 0 && this.#one(5);
    if (merges) {
      const alias = () => `*${this.#random.pick(this.#anchors)}`;
      const spelled = this.#odd() ? this.#random.pick(['"<<"', "'<<'", "!!merge <<", "? <<\n", "<< "]) : "<<";
      const value = this.#random.pick([alias(), alias(), `[${alias()}, ${alias()}]`, "{k: 1}", "", "x"]);
      text += `${indent}${spelled}: ${value}\n`;
    }
    for (let count = 1 + this.#random.below(3); count > 0; count--) {
      const here = this.#odd() ? indent + this.#random.pick([" ", "\t"]) : indent;
      if (this.#odd()) text += `${here}? ${this.#scalar()}\n${here}:${this.#value(depth, indent)}`;
      else text += `${here}${this.#key()}${this.#colon()}${this.#value(depth, indent)}`;
      text += this.#between(indent);
    }
    return text;
  }

  #list(depth: number, indent: string): string {
    let text = "";
    for (let count = 1 + this.#random.below(3); count > 0; count--) {
      const hyphen = `${indent}-${this.#odd() ? this.#random.pick(["  ", "\t", " - ", "   "]) : " "}`;
      if (this.#one(2)) {
        const inner = " ".repeat(hyphen.length);
        const rest = this.#map(depth - 1, inner);
        text += `${hyphen}${this.#odd() ? this.#properties() : ""}${rest.slice(inner.length)}`;
      } else text += `${indent}-${this.#value(depth - 1, indent)}`;
      text += this.#between(indent);
    }
    return text;
  }
}

/** JSON, as indented, compact or odd as it comes. */
function json(random: Random, depth: number, gap: string): string {
  const text = () => `"${random.pick(jsonStrings)}"`;
  if (depth <= 0 || random.below(3) === 0) return random.below(2) === 0 ? text() : random.pick(jsonScalars);
  const isMap = random.below(3) > 0 || depth === 4;
  const colon = random.pick([":", ": ", ": ", " : ", ":\n "]);
  const items = Array.from({ length: random.below(4) }, (_, index) =>
    isMap
      ? `${random.below(6) === 0 ? text() : `"k${index}"`}${colon}${json(random, depth - 1, gap)}`
      : json(random, depth - 1, gap),
  );
  const inside = items.join(`,${gap}`);
  return isMap ? `{${gap}${inside}${gap}}` : `[${inside}]`;
}

const manifests = [
  "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n  - name: c\n    image: good:1\n",
  "apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {a: \"1\", b: 'two'}}\nspec:\n  containers:\n" +
    '    - {name: c, image: "good:1", args: ["--a=b", -c, on]}\n',
  '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"c","image":"good:1"}]}}\n',
  '{\n\t"apiVersion": "v1",\n\t"kind": "List",\n\t"items": [\n\t\t{"kind": "Pod", "apiVersion": "v1"}\n\t]\n}\n',
  "a: &x {image: good}\nb: *x\nc:\n  <<: *x\n  other: z\nd:\n  <<: [*x, {q: 1}]\n",
  "---\nkind: A\n---\nkind: B\nimage: |\n  line\n  more\n...\n---\nkind: C\n",
  "kind: A\ntext: >-\n  folded\n   more\n\n  end\nimage: evil\n",
  "kind: A\nimage: \"a\\u0041\\x41\n  b\"\nother: 'it''s\n  two'\nz: plain\n  more\n",
  "data:\n  ca.crt: |\n    -----BEGIN CERTIFICATE-----\n    MIIB\n    -----END CERTIFICATE-----\n  script: |+\n" +
    "    #!/bin/sh\n\n      if x; then\n    fi\n\n  n: 0644\n  t: yes # c\nlist:\n- a\n- - b\n  - c\n-\n  d: e\n",
] as const;

/** Real manifests of the vectors, where they are at hand, beside those above. */
export function manifestSeeds(): readonly string[] {
  const folder = process.env.SALLYPORT_VECTORS;
  const below = folder === undefined ? "" : join(folder, "kyverno-policies");
  if (!existsSync(below)) return manifests;
  const real = readdirSync(below, { recursive: true })
    .map(String)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => readFileSync(join(below, name), "utf8"))
    .filter((text) => text.length < 3000);
  return [...manifests, ...real];
}

function changed(text: string, random: Random, seeds: readonly string[]): string {
  const at = random.below(text.length + 1);
  const lines = text.split("\n");
  const line = random.below(lines.length);
  switch (random.below(8)) {
    case 0: {
      const other = random.pick(seeds);
      const from = random.below(other.length);
      return text.slice(0, at) + other.slice(from, from + 30) + text.slice(at);
    }
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random.below(6));
    case 2:
      lines.splice(random.below(lines.length), 0, lines[line] ?? "");
      return lines.join("\n");
    case 3:
      lines[line] = " ".repeat(random.below(6)) + (lines[line] ?? "").trimStart();
      return lines.join("\n");
    case 4:
      lines[line] = (lines[line] ?? "") + random.pick(ends);
      return lines.join("\n");
    case 5: {
      const value = random.below(2) === 0 ? random.pick(plainWords) : random.pick(quotedWords);
      lines[line] = (lines[line] ?? "").replace(/: .*$/, `: ${value}`);
      return lines.join("\n");
    }
    default:
      return text.slice(0, at) + random.pick(pieces) + text.slice(at);
  }
}

/** The text of an index. */
export function yamlTextAt(index: number, seed: number, seeds: readonly string[]): string {
  const random = new Random(Math.imul(seed, 0x01000193) ^ index);
  const kind = random.below(10);
  let text: string;
  let changes = 0;
  if (kind < 5) text = new Grammar(random).stream();
  else if (kind === 5) {
    text = `${json(random, 4, random.pick(["", " ", "\n  ", "\n\t"]))}\n`;
    changes = random.below(2);
  } else {
    text = random.pick(seeds);
    changes = random.below(4);
  }
  for (; changes > 0; changes--) text = changed(text, random, seeds);
  return text;
}
