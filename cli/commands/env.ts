/** `sallyport env`: the environment variables and their values, as `cosign env` shows them. */
import { type Command, Option } from "commander";
import type { CommandIO, Shell } from "../command.ts";
import { flagVariable, flagVariables, type VariableRow, variables } from "../environment.ts";
import { cosignFlags } from "../input/other-flags.ts";
import { serveVariables } from "../serve-variables.ts";
import { outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { fitLine } from "../render/say.ts";
import { type Style, styleOf } from "../render/style.ts";

interface EnvOptions {
  readonly showDescriptions: boolean;
  readonly showSensitiveValues?: boolean;
  readonly output: "text" | "json" | "yaml";
}

interface Shown extends VariableRow {
  readonly name: string;
  readonly value: string;
}

/** Of a URL, whatever stands before the host is masked, so that no odd password shows a part of itself. */
function masked(value: string, { secret }: VariableRow): string {
  if (secret === undefined || value === "") return value;
  return secret === "user" ? value.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, "$1***@") : "***";
}

/** The table, and behind it the variables of flags that are set. */
function rowsOf({ env }: CommandIO, options: EnvOptions): readonly Shown[] {
  const shown = (name: string, row: VariableRow): Shown => {
    const value = env[name] ?? "";
    return { ...row, name, value: options.showSensitiveValues === true ? value : masked(value, row) };
  };
  const table = Object.entries<VariableRow>({ ...variables, ...serveVariables }).map(([name, row]) => shown(name, row));
  const flags = cosignFlags.filter((long) => (env[flagVariable(long)] ?? "") !== "");
  return [
    ...table,
    ...flags.map((long) =>
      shown(flagVariable(long), {
        what: `${long} of verify and verify-attestation, where it is not given`,
        expects: flagVariables.expects,
        does: "decides",
        ...(/password|token/.test(long) ? { secret: true } : {}),
      }),
    ),
  ];
}

function renderRow({ name, what, expects, value }: Shown, style: Style, describes: boolean): string {
  const lines = [`# ${name}: ${what}`, `# Expects: ${expects}`].flatMap((line) =>
    fitLine(style.text(line), style.width),
  );
  const comment = lines.map((line) => `${line.startsWith("#") ? line : `# ${line}`}\n`).join("");
  return `${describes ? comment : ""}${name}=${style.text(value)}\n`;
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .option("--show-descriptions", "say what each variable is", true)
    .addOption(new Option("--no-show-descriptions", "names and values only"))
    .option("--show-sensitive-values", "show passwords and tokens too")
    .addOption(outputOption())
    .action((options: EnvOptions) => {
      const rows = rowsOf(io, options);
      if (isDocumentFormat(options.output)) {
        const entries = rows.map(({ name, what, expects, does, value }) => ({ name, value, does, what, expects }));
        io.out(renderDocument("Environment", { variables: entries }, options.output));
      } else {
        const style = styleOf(io);
        io.out(rows.map((row) => renderRow(row, style, options.showDescriptions)).join(""));
      }
      finish(0);
    });
}
