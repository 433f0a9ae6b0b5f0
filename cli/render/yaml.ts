/** YAML for machines: the tree of `json.ts`. */
import { stringify } from "yaml";
import { plain } from "./json.ts";

/** Long lines are not folded; what stands in two places is written twice. */
export const toYamlText = (value: unknown): string =>
  stringify(plain(value), { lineWidth: 0, aliasDuplicateObjects: false });
