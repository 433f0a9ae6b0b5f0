/**
 * YAML and JSON files read as Kubernetes reads them, with a position for every JSON pointer. Source: YAML 1.1 as
 * sigs.k8s.io/yaml turns it into JSON.
 */
import { EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { PolicyValue, Position } from "./policy.ts";
import { readDocument } from "./yaml-block.ts";
import { YamlFault } from "./yaml-fault.ts";
import { yamlHint } from "./yaml-hint.ts";
import { type AliasCount, NodeReader } from "./yaml-node.ts";
import { Places } from "./yaml-place.ts";
import { type DocumentRange, documentRanges, requireEqualLines } from "./yaml-stream.ts";

export interface YamlDocument {
  readonly value: PolicyValue;
  /** Position of the value at a JSON pointer, or of its nearest ancestor. */
  readonly position: (pointer: string) => Position;
  /** The same, but of the key that holds the value where there is one. */
  readonly keyPosition: (pointer: string) => Position;
}

export interface YamlProblem extends Position {
  readonly code: "malformed" | "over-limit";
  readonly message: string;
}

export interface YamlFile {
  /** Documents that parse and are not empty. */
  readonly documents: readonly YamlDocument[];
  /** At most one for each document: what follows a syntax error is noise. */
  readonly problems: readonly YamlProblem[];
}

export interface YamlOptions {
  /** Characters of the file. Default: `policyBytes`. */
  readonly maxBytes?: number;
  readonly limits: Limits;
}

/** All documents of a file, with what is wrong in the others. Nothing of the text makes it throw. */
export function readYaml(text: string, file: string, options: YamlOptions): YamlFile {
  const reading = new FileReading(text, file, options.limits);
  const maxBytes = options.maxBytes ?? options.limits.policyBytes;
  if (text.length > maxBytes)
    reading.report("over-limit", `the file has ${text.length} characters, more than ${maxBytes}`, 0);
  else reading.run();
  return reading;
}

class FileReading implements YamlFile {
  readonly documents: YamlDocument[] = [];
  readonly problems: YamlProblem[] = [];
  readonly #text: string;
  readonly #file: string;
  readonly #limits: Limits;
  readonly #aliased: AliasCount = { values: 0 };
  /** Where each line begins. */
  readonly #lineStarts: number[] = [0];
  #lines: readonly string[] | undefined;

  constructor(text: string, file: string, limits: Limits) {
    // As in kubectl: a text block at the end of a file ends with a line, like any other.
    this.#text = text.endsWith("\n") ? text : `${text}\n`;
    this.#file = file;
    this.#limits = limits;
  }

  report(code: YamlProblem["code"], message: string, offset: number, isLost = false): void {
    const position = this.#position(offset);
    if (isLost) this.#lines ??= this.#text.split(/\r\n|\r|\n/);
    const hint = isLost ? yamlHint(this.#lines ?? [], position.line) : undefined;
    this.problems.push({ code, message: hint === undefined ? message : `${message}; ${hint}`, ...position });
  }

  run(): void {
    for (let at = this.#text.indexOf("\n"); at >= 0; at = this.#text.indexOf("\n", at + 1))
      this.#lineStarts.push(at + 1);
    // What a stream's lines are must be certain before anything of it is believed.
    let ranges: readonly DocumentRange[] = [];
    this.#reporting(() => {
      requireEqualLines(this.#text);
      ranges = documentRanges(this.#text);
    });
    for (const range of ranges) {
      if (this.documents.length + this.problems.length >= this.#limits.documentsPerFile) {
        this.report("over-limit", `the file has more than ${this.#limits.documentsPerFile} documents`, range.start);
        return;
      }
      this.#reporting(() => this.#read(range));
    }
  }

  #reporting(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof YamlFault)) throw error;
      this.report(error.code === "over-limit" ? "over-limit" : "malformed", error.message, error.offset, error.isLost);
    }
  }

  #position(offset: number): Position {
    let [low, high] = [0, this.#lineStarts.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { file: this.#file, line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  #read({ start, end, isIgnored }: DocumentRange): void {
    const root = readDocument(this.#text, start, end, this.#limits.jsonDepth);
    if (root === undefined) return;
    if (isIgnored) throw new YamlFault("malformed", 'behind "..." kubectl reads nothing; write "---"', root.offset);
    const reader = new NodeReader(this.#limits, this.#aliased);
    const { value } = reader.read(root);
    const places = new Places(root, reader);
    this.documents.push({
      value,
      position: remembered((pointer) => this.#position(places.at(pointer)[0].offset)),
      keyPosition: (pointer) => {
        const [node, key] = places.at(pointer);
        return this.#position((key ?? node).offset);
      },
    });
  }
}

/** Each decision names the same places of a policy again. */
const maxRemembered = 10_000;

function remembered(find: (pointer: string) => Position): (pointer: string) => Position {
  const held = new Map<string, Position>();
  return (pointer) => {
    const known = held.get(pointer);
    if (known !== undefined) return known;
    const position = find(pointer);
    if (held.size < maxRemembered) held.set(pointer, position);
    return position;
  };
}

/**
 * The documents of a file that must be whole.
 * @throws EngineError `malformed` or `over-limit` with `FILE:LINE:COLUMN` as its subject.
 */
export function parseYaml(text: string, file: string, options: YamlOptions): readonly YamlDocument[] {
  const { documents, problems } = readYaml(text, file, options);
  const problem = problems[0];
  if (problem !== undefined)
    throw new EngineError(problem.code, problem.message, { subject: `${file}:${problem.line}:${problem.column}` });
  return documents;
}
