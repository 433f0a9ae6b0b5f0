/**
 * CPU seconds of a process: user and system time, which the load of a machine hardly changes, as it does a clock.
 */
import { readFileSync } from "node:fs";

/** Fields 16 and 17 of `/proc/self/stat`: user and system time of the children that ended, in ticks of 10 ms. */
export function childSeconds(stat: string): number {
  // The second field is the name of the program in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** CPU seconds of this process so far and, where the system says so, of the children that it waited for. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (
    (user + system) / 1e6 + (process.platform === "linux" ? childSeconds(readFileSync("/proc/self/stat", "utf8")) : 0)
  );
}
