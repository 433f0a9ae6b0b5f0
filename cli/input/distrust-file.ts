/** Distrust lists of the command line. Source: docs/spec/offline.md#distrust. */
import { EngineError } from "../../core/errors.ts";
import type { DistrustRow } from "../../core/knowledge/knowledge.ts";
import { toJson } from "../../core/kyverno/policy/policy-value.ts";
import { parseYaml, type YamlDocument } from "../../core/kyverno/policy/yaml.ts";
import { readDistrust } from "../../core/trust/distrust.ts";
import type { CommandIO } from "../command.ts";
import { readGivenText } from "./given-file.ts";

/**
 * The rows of a file. It is read strictly: skipping an unreadable row would trust what it names.
 * @throws EngineError `invalid-usage` with the place in the file.
 */
export function readDistrustFile(path: string, io: Pick<CommandIO, "readFile" | "limits">): readonly DistrustRow[] {
  const refuse = (error: unknown, place: (subject: string | undefined) => string): never => {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("invalid-usage", `not a distrust list: ${error.message}`, {
      subject: place(error.subject),
      cause: error,
    });
  };
  const document = readOne(path, io, refuse);
  try {
    return readDistrust(toJson(document.value));
  } catch (error) {
    return refuse(error, (pointer = "/") => {
      const { line, column } = document.position(pointer === "/" ? "" : pointer);
      return `${path}:${line}:${column}`;
    });
  }
}

/**
 * What the files of `--distrust` name; what a mirror distrusts is in its knowledge.
 * @throws as {@link readDistrustFile}.
 */
export const readDistrustFiles = (
  paths: readonly string[] = [],
  io: Pick<CommandIO, "readFile" | "limits">,
): readonly DistrustRow[] => paths.flatMap((path) => readDistrustFile(path, io));

function readOne(
  path: string,
  io: Pick<CommandIO, "readFile" | "limits">,
  refuse: (error: unknown, place: (subject: string | undefined) => string) => never,
): YamlDocument {
  const text = readGivenText(path, io);
  let documents: readonly YamlDocument[];
  try {
    documents = parseYaml(text, path, { limits: io.limits });
  } catch (error) {
    return refuse(error, (subject) => subject ?? path);
  }
  const [document, ...more] = documents;
  if (document === undefined || more.length > 0)
    throw new EngineError("invalid-usage", `not a distrust list: ${documents.length} documents, expected one`, {
      subject: path,
    });
  return document;
}
