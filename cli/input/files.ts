/** Policies, exceptions and resources from the files and folders of the command line. */
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { PolicyWarning } from "../../core/kyverno/policy/policy.ts";
import { toJson } from "../../core/kyverno/policy/policy-value.ts";
import { loadPolicies, type PolicyProblem } from "../../core/kyverno/policy/read-policy.ts";
import { parseYaml } from "../../core/kyverno/policy/yaml.ts";
import type { CommandIO } from "../command.ts";
import { defaultLimits } from "../../core/limits.ts";

export interface TextFile {
  readonly name: string;
  readonly text: string;
}

const isDocument = (name: string): boolean => /\.(?:ya?ml|json)$/i.test(name);

/**
 * Every YAML and JSON file of these paths; folders are read to their depth, `-` is standard input.
 * @throws EngineError `invalid-usage`.
 */
export function readTextFiles(paths: readonly string[], io: CommandIO): readonly TextFile[] {
  return paths.flatMap((path): readonly TextFile[] => {
    const folder = path.replace(/(?<=.)\/+$/, "");
    if (path !== "-" && io.pathKind(folder) === "folder") {
      const names = io.listFolder(folder).map((name) => `${folder}/${name}`);
      return readTextFiles(
        names.filter((name) => isDocument(name) || io.pathKind(name) === "folder"),
        io,
      );
    }
    return [{ name: path, text: decodeUtf8(io.readFile(path)) }];
  });
}

/** `policy.yaml:22:9: message`, with the policy's name where it is known. */
export const problemText = ({
  file,
  line,
  column,
  message,
  policy,
}: Pick<PolicyProblem, "file" | "line" | "column" | "message" | "policy">): string =>
  `${file}:${line}:${column}: ${policy === undefined ? "" : `${policy}: `}${message}`;

/** What is unwise in policies, on stderr, each thing once: `told` has what was said before. */
export function tellWarnings(
  { warnings }: { readonly warnings: readonly PolicyWarning[] },
  io: CommandIO,
  told: Set<string> = new Set(),
): void {
  for (const text of warnings.map(problemText)) {
    if (!told.has(text)) io.err(`Warning: ${text}\n`);
    told.add(text);
  }
}

/**
 * The policies and exceptions of these paths, and what is wrong with the others.
 * @throws EngineError `invalid-usage` when there is nothing to read.
 */
export function readPolicies(paths: readonly string[], io: CommandIO): ReturnType<typeof loadPolicies> {
  const files = readTextFiles(paths, io);
  if (files.length === 0)
    throw new EngineError("invalid-usage", "no policy file is here", { subject: paths.join(", ") });
  return loadPolicies(files);
}

/**
 * The documents of a file as JSON.
 * @throws EngineError `invalid-usage` with line and column where one does not parse.
 */
export function readDocuments(file: TextFile): readonly JsonValue[] {
  try {
    return parseYaml(file.text, file.name, { limits: defaultLimits }).map(({ value }) => toJson(value));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("invalid-usage", `not a document: ${error.message}`, { subject: error.subject ?? file.name });
  }
}

/** Resources, with lists taken apart. @throws EngineError `invalid-usage` for a document that is no resource. */
export function readResources(paths: readonly string[], io: CommandIO): readonly JsonObject[] {
  return readTextFiles(paths, io).flatMap((file) =>
    readDocuments(file).flatMap((document) => toResources(document, file.name)),
  );
}

function toResources(document: JsonValue, file: string): readonly JsonObject[] {
  if (!isObject(document) || typeof document.kind !== "string" || typeof document.apiVersion !== "string")
    throw new EngineError("invalid-usage", "a document without apiVersion and kind is no resource", { subject: file });
  if (!document.kind.endsWith("List") || !Array.isArray(document.items)) return [document];
  return (document.items as readonly JsonValue[]).flatMap((item) => toResources(item, file));
}
