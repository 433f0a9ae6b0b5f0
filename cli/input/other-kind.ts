/**
 * Where a command is given what another one reads: what it is, and which one that is. Source:
 * docs/spec/command-line.md#given-files.
 */
import { EngineError, type Remedy } from "../../core/errors.ts";
import type { CommandIO } from "../command.ts";
import { shown, type Wanted } from "./given-file.ts";
import { type FileForm, formOfFile, formOfFolder } from "./what-file.ts";

type Reads = Pick<CommandIO, "pathKind" | "listFolder" | "limits">;

/** The beginning of a file is enough: what is named may be as large as a disk. */
type ReadStart = (path: string) => Uint8Array;

/** `undefined` where nothing is known of it, and for a stream, which is read once. */
function findForm(path: string, io: Reads, start: ReadStart): FileForm | undefined {
  try {
    switch (path === "-" ? "none" : io.pathKind(path)) {
      case "folder":
        return formOfFolder(io.listFolder(path));
      case "file":
        return formOfFile(start(path), io.limits);
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** Codes by which a reader refuses a file of another kind. */
const unread: ReadonlySet<string> = new Set(["archive-corrupt", "invalid-usage", "unsupported", "no-trust"]);

const tarKinds: ReadonlySet<Remedy> = new Set(["layout", "own-archive", "capsule"]);

/** What to throw in place of an error about `paths`: it says of what other kind one of them is, or is the same. */
export function asOtherKind(
  error: unknown,
  paths: readonly string[],
  { what, form }: Wanted,
  { io, start }: { readonly io: Reads; readonly start: ReadStart },
): unknown {
  if (!(error instanceof EngineError) || !unread.has(error.code)) return error;
  for (const path of paths) {
    const found = findForm(path, io, start);
    if (found === undefined || found.remedy === form) continue;
    // A tar archive of no known kind may be a damaged one of the kind that is wanted: its reader says what it lacks.
    if (found.remedy === "archive" && form !== undefined && tarKinds.has(form)) continue;
    return new EngineError("invalid-usage", `${shown(path)} is not ${what}: it is ${found.is}`, {
      subject: path,
      remedy: found.remedy,
    });
  }
  return error;
}
