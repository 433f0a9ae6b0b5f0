/** The settings of an entry: the same words in lines and in YAML. Source: docs/spec/image-lists.md#settings. */
import { EngineError } from "../../../core/errors.ts";
import type { ListedTags, ListSettings } from "./image-list.ts";

export const settingNames: readonly string[] = ["tags", "expect", "refresh", "children"];

/** @throws EngineError `malformed`: `name` says what a wrong value is a value of. */
export function readSetting(name: string, value: string): ListSettings {
  const refuse = (wanted: string): never => {
    throw new EngineError("malformed", `${name} is ${wanted}, not ${JSON.stringify(value.slice(0, 64))}`);
  };
  if (name === "expect") return value === "unsigned" ? { expect: "unsigned" } : refuse("unsigned, or is left out");
  if (name === "refresh") return value === "never" ? { refresh: "never" } : refuse("never, or is left out");
  if (name === "children")
    return value === "true" || value === "false" ? { children: value === "true" } : refuse("true or false");
  throw new EngineError(
    "malformed",
    `unknown setting ${JSON.stringify(name.slice(0, 64))}; there are ${settingNames.join(", ")}`,
  );
}

/** `all`, a range of versions if the text has a sign of one, else a pattern. */
export const tagsOf = (text: string): ListedTags["tags"] =>
  text === "all" ? "all" : /[<>=^~|\s]/.test(text) ? { range: text } : { glob: text };
