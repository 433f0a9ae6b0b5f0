/** What a verdict says about the environment. Source: docs/spec/command-line.md#environment. */
import { type VariableRow, variables } from "../environment.ts";
import type { CommandIO } from "../command.ts";
import { note } from "./say.ts";

/** The variables that the verdict depends on, for documents: nothing where there are none. */
export const usedVariables = ({ used }: Pick<CommandIO, "used">): { readonly environment?: readonly string[] } =>
  used.size === 0 ? {} : { environment: [...used].sort() };

/**
 * Says which variables the verdict depends on, and which were set to narrow it and could not. `by`: what says who must
 * have signed.
 */
export function tellVariables(by: "flags" | "policies", io: CommandIO): void {
  const { environment } = usedVariables(io);
  if (environment !== undefined) note(`from the environment: ${environment.join(", ")}`, io);
  for (const [name, row] of Object.entries<VariableRow>(variables)) {
    const reads = row.does === "decides" && !(row.flagsOnly === true && by === "policies");
    if (!reads && row.instead !== undefined && (io.env[name] ?? "") !== "")
      note(`${name} is set: ${row.instead.replaceAll("`", "")}`, io);
  }
}
