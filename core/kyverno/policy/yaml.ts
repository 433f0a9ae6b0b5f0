/**
 * YAML and JSON files read as Kubernetes reads them, with a position for every JSON pointer. Source: YAML 1.1 as
 * sigs.k8s.io/yaml turns it into JSON.
 */
import { Composer, type Document, isScalar, LineCounter, type Node, Parser } from "yaml";
import { EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { PolicyValue, Position } from "./policy.ts";
import { boundedTokens, tooDeepAt } from "./yaml-depth.ts";
import { yamlHint } from "./yaml-hint.ts";
import { NodeReader, startOf, YamlFault } from "./yaml-node.ts";
import { placeOf } from "./yaml-place.ts";

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

/** What YAML does not allow in a stream: control characters, noncharacters, lone surrogates. */
const forbidden = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

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
  readonly #lines = new LineCounter();

  constructor(text: string, file: string, limits: Limits) {
    this.#text = text;
    this.#file = file;
    this.#limits = limits;
  }

  report(code: YamlProblem["code"], message: string, offset: number): void {
    const position = this.#position(offset);
    const hint = code === "malformed" ? yamlHint(this.#text, position.line) : undefined;
    this.problems.push({ code, message: hint === undefined ? message : `${message}; ${hint}`, ...position });
  }

  run(): void {
    const { jsonDepth, documentsPerFile } = this.#limits;
    const parser = new Parser(this.#lines.addNewLine);
    // The failsafe schema leaves every scalar as text; what it stands for is decided in yaml-scalar.ts.
    const composer = new Composer({
      prettyErrors: false,
      uniqueKeys: false,
      schema: "failsafe",
      version: "1.1",
      logLevel: "silent",
    });
    this.#lines.addNewLine(0);
    const illegal = forbidden.exec(this.#text);
    for (const token of boundedTokens(parser, this.#text, jsonDepth)) {
      if (typeof token === "number") {
        this.report("over-limit", `the document is nested deeper than ${jsonDepth} levels`, token);
        return;
      }
      const deep = tooDeepAt(token, jsonDepth);
      if (deep !== undefined) {
        this.report("over-limit", `the document is nested deeper than ${jsonDepth} levels`, deep);
        return;
      }
      if (this.documents.length + this.problems.length >= documentsPerFile) {
        this.report("over-limit", `the file has more than ${documentsPerFile} documents`, token.offset);
        return;
      }
      this.#take(composer.next(token));
    }
    this.#take(composer.end(false, this.#text.length));
    if (illegal !== null && this.problems.length === 0)
      this.report(
        "malformed",
        `the character U+${(illegal[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")} is ` +
          "not allowed",
        illegal.index,
      );
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #take(found: Iterable<Document>): void {
    for (const document of found) {
      const error = document.errors[0];
      const root = document.contents as Node | null;
      if (error !== undefined)
        this.report("malformed", error.message.charAt(0).toLowerCase() + error.message.slice(1), error.pos[0]);
      else if (root !== null && !(isScalar(root) && root.type === "PLAIN" && root.source === "")) this.#read(root);
    }
  }

  #read(root: Node): void {
    const reader = new NodeReader(this.#limits);
    try {
      const { value } = reader.read(root);
      this.documents.push({
        value,
        position: remembered((pointer) => this.#position(startOf(placeOf(root, pointer, reader)[0]))),
        keyPosition: (pointer) => {
          const [node, key] = placeOf(root, pointer, reader);
          return this.#position(startOf(key ?? node));
        },
      });
    } catch (error) {
      if (!(error instanceof YamlFault)) throw error;
      this.report(error.code === "over-limit" ? "over-limit" : "malformed", error.message, error.offset);
    }
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
