/** What a verdict says about the environment. Source: docs/spec/command-line.md#environment. */
import { type VariableRow, variables } from "../environment.ts";
import type { CommandIO } from "../command.ts";
import { note } from "./say.ts";

/** The variables that the verdict depends on, for documents: nothing where there are none. */
export const usedVariables = ({ used }: Pick<CommandIO, "used">): { readonly environment?: readonly string[] } =>
  used.size === 0 ? {} : { environment: [...used].sort() };

/**
 * Names the variables that had a say in the verdict, but for those that only say where things are. Then those that are
 * set and have no effect here, though they could have narrowed what is accepted. `by`: what says who must have signed.
 */
export function tellVariables(by: "flags" | "policies", io: CommandIO): void {
  const table = Object.entries<VariableRow>(variables);
  const places = new Set(table.flatMap(([name, { isPlace }]) => (isPlace === true ? [name] : [])));
  const told = [...io.used].filter((name) => !places.has(name)).sort();
  if (told.length > 0) note(`this result depends on the environment: ${told.join(", ")}`, io);
  for (const [name, row] of table) {
    const reads = row.does === "decides" && !(row.flagsOnly === true && by === "policies");
    if (!reads && row.instead !== undefined && (io.env[name] ?? "") !== "")
      note(`${name} is set: ${row.instead.replaceAll("`", "")}`, io);
  }
}
