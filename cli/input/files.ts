/**
 * Files and folders of the command line, as real repositories have them. Source:
 * docs/spec/kyverno.md#files-and-folders.
 */
import { EngineError } from "../../core/errors.ts";
import type { PolicyWarning, Position } from "../../core/kyverno/policy/policy.ts";
import type { PolicyProblem } from "../../core/kyverno/policy/read-policy.ts";
import { parseYaml, type YamlDocument } from "../../core/kyverno/policy/yaml.ts";
import type { CommandIO } from "../command.ts";
import { readGivenText } from "./given-file.ts";
import type { Limits } from "../../core/limits.ts";
import { say, warn } from "../render/say.ts";

export interface TextFile {
  readonly name: string;
  readonly text: string;
  /** Found in a folder, not named: there, documents that are not Kubernetes objects are skipped. */
  readonly inFolder: boolean;
}

/** What one argument names: a file, or what is found in a folder. */
export interface GivenPath {
  readonly path: string;
  readonly files: readonly TextFile[];
}

/** The paths of flags that may be repeated and hold lists: `-r a,b -r c`. */
export const splitLists = (...flags: readonly (readonly string[] | undefined)[]): readonly string[] =>
  flags.flatMap((flag) => flag ?? []).flatMap((list) => list.split(","));

export const isDocument = (name: string): boolean => /\.(?:ya?ml|json)$/i.test(name);

/** Which files of a folder are read, and who hears of the others. */
export interface FolderReading {
  readonly isRead: (name: string) => boolean;
  readonly onOther?: (path: string) => void;
}

const documentsOnly: FolderReading = { isRead: isDocument };

/**
 * The files of a folder that are read, to its depth. Hidden entries are skipped.
 * @throws EngineError `invalid-usage`, also for a link out of `root`, and a pipe or device in place of a file.
 */
function readFolder(folder: string, root: string, io: CommandIO, reading: FolderReading): readonly TextFile[] {
  return io.listFolder(folder).flatMap((entry): readonly TextFile[] => {
    if (entry.startsWith(".")) return [];
    const name = folder.endsWith("/") ? `${folder}${entry}` : `${folder}/${entry}`;
    const kind = io.entryKind(root, name);
    if (kind === "folder") return readFolder(name, root, io, reading);
    if (kind === "none") return [];
    if (reading.isRead(entry)) return [{ name, text: readGivenText(name, io), inFolder: true }];
    reading.onOther?.(name);
    return [];
  });
}

/** What each path names; `-` is standard input. Of folders, YAML and JSON. @throws EngineError `invalid-usage` */
export const readPaths = (
  paths: readonly string[],
  io: CommandIO,
  reading: FolderReading = documentsOnly,
): readonly GivenPath[] =>
  paths.map((path) => {
    const folder = path.replace(/(?<=.)\/+$/, "");
    return path !== "-" && io.pathKind(folder) === "folder"
      ? { path, files: readFolder(folder, folder, io, reading) }
      : { path, files: [{ name: path, text: readGivenText(path, io), inFolder: false }] };
  });

/** `policy.yaml:22:9`. */
export const placeText = ({ file, line, column }: Position): string => `${file}:${line}:${column}`;

/** `policy.yaml:22:9: message`, with the policy's name where it is known. */
export const problemText = ({
  message,
  policy,
  ...place
}: Pick<PolicyProblem, "file" | "line" | "column" | "message" | "policy">): string =>
  `${placeText(place)}: ${policy === undefined ? "" : `${policy}: `}${message}`;

/** Prints warnings about policies on stderr, each once: `told` has those printed before. */
export function tellWarnings(
  { warnings }: { readonly warnings: readonly PolicyWarning[] },
  io: CommandIO,
  told: Set<string> = new Set(),
): void {
  for (const text of warnings.map(problemText)) {
    if (!told.has(text)) warn(text, io);
    told.add(text);
  }
}

const named = 3;

/** Prints one line that counts the skipped documents and names the first places. */
export function reportSkippedDocuments(what: string, places: readonly Position[], io: CommandIO): void {
  if (places.length === 0) return;
  const files = [...new Set(places.map(({ file }) => file))];
  const more = files.length > named ? `, and ${files.length - named} files more` : "";
  say(`skipped: ${places.length} ${what}: ${files.slice(0, named).join(", ")}${more}`, io);
}

/** The documents of a file, with their places. @throws EngineError `invalid-usage` where one does not parse. */
export function parseDocuments(file: Pick<TextFile, "name" | "text">, limits: Limits): readonly YamlDocument[] {
  try {
    return parseYaml(file.text, file.name, { limits });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("invalid-usage", `not a document: ${error.message}`, { subject: error.subject ?? file.name });
  }
}
