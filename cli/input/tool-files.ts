/** Files of other tools, as the parts that read them ask for them. */
import type { Files } from "../../proxy/upstream/config-files.ts";
import type { CommandIO } from "../command.ts";

/** Configuration of other tools, which need not be there. A folder, pipe or device in a file's place is refused. */
export const filesOf = (io: CommandIO): Files => ({
  read: (path) => (io.pathKind(path) === "none" ? undefined : io.readFile(path)),
  list: (folder) => (io.pathKind(folder) === "folder" ? io.listFolder(folder) : []),
});
