/**
 * The image lists of `-f`: files, folders and standard input. Source: docs/spec/image-lists.md#forms;
 * docs/spec/command-line.md#given-files.
 */
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Policy } from "../../core/kyverno/policy/policy.ts";
import type { ImageList } from "../../proxy/sync/lists/image-list.ts";
import { readImageList } from "../../proxy/sync/lists/read-image-list.ts";
import type { CommandIO } from "../command.ts";
import { counted } from "../render/count.ts";
import { type GivenPath, isDocument, readPaths } from "./files.ts";
import { shown } from "./given-file.ts";
import { formOfFile } from "./what-file.ts";

const isList = (name: string): boolean => isDocument(name) || /\.(?:txt|list)$/i.test(name);

/** A named file of a form that no list has: a key, a web page. @throws EngineError `invalid-usage` */
function refuseOtherForms({ files }: GivenPath, io: CommandIO): void {
  for (const { name, text, inFolder } of files) {
    const form = inFolder ? undefined : formOfFile(encodeUtf8(text.slice(0, io.limits.policyBytes)), io.limits);
    if (form === undefined || form.remedy === "other-file" || form.remedy === "several-documents") continue;
    throw new EngineError("invalid-usage", `-f ${shown(name)} is not a list of images: it is ${form.is}`, {
      subject: name,
      remedy: form.remedy,
    });
  }
}

/**
 * What the paths name. Folders are read to their depth: YAML, JSON, and lists that end with .txt or .list; a note
 * counts the files of other names.
 * @throws EngineError `invalid-usage` or `invalid-reference` with `FILE:LINE`.
 */
export function openImageList(paths: readonly string[], policies: readonly Policy[], io: CommandIO): ImageList {
  const others: string[] = [];
  const given = readPaths(paths, io, { isRead: isList, onOther: (path) => others.push(path) });
  for (const path of given) refuseOtherForms(path, io);
  try {
    const list = readImageList(
      given.flatMap(({ files }) => files),
      { policies, now: io.now(), limits: io.limits },
    );
    if (others.length === 0) return list;
    const names = `${others.slice(0, 3).join(", ")}${others.length > 3 ? ", …" : ""}`;
    return {
      ...list,
      notes: [...list.notes, `not read because of their names: ${counted(others.length, "file")} (${names})`],
    };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "over-limit") throw error;
    throw new EngineError("invalid-usage", error.message, { subject: error.subject, cause: error });
  }
}
