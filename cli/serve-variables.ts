/** The variables of serve's settings: made from their one description, for `sallyport env` and the page. */
import { namedSettings } from "../proxy/serve/setting.ts";
import { settings } from "../proxy/serve/settings.ts";
import { type VariableRow, variables } from "./environment.ts";

const expects: Readonly<Record<string, string>> = {
  text: "text",
  path: "path",
  paths: "paths, with commas",
  texts: "texts, with commas",
  items: "addresses, with commas",
  flag: "true or false",
  whole: "number",
  span: "span of time, such as 5m",
  size: "size, such as 64MiB",
};

/** Those that no other command reads. */
export const serveVariables: Readonly<Record<string, VariableRow>> = Object.fromEntries(
  [...namedSettings(settings)]
    .filter(({ variable }) => !Object.hasOwn(variables, variable))
    .map(({ setting, flag, variable }) => [
      variable,
      {
        what: `${setting.what}; --${flag} wins over it`,
        expects:
          "values" in setting && setting.values !== undefined
            ? setting.values.join(", ")
            : (expects[setting.kind] ?? ""),
        does: "serves",
      },
    ]),
);
