/** What commands print for people, as lines of a server's log. */
import type { Log } from "../../proxy/log.ts";
import type { CommandIO } from "../command.ts";

/** The same world, in which a warning or a note is one line of the log, and nobody watches progress. */
export const logEar = (io: CommandIO, log: Log): CommandIO => ({
  ...io,
  err: (text) => {
    const line = text.trim();
    if (line.startsWith("note: ")) log.info(line.slice("note: ".length));
    else log.warn(line.replace(/^warning: /, ""));
  },
  width: { ...io.width, err: Number.POSITIVE_INFINITY },
  host: { ...io.host, isTerminal: false },
});
