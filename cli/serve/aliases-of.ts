/** The aliases of a configuration, as the engine takes them. */
import { type Alias, parseAlias } from "../../core/oci/aliases.ts";
import type { Config } from "../../proxy/serve/settings.ts";

/** @throws EngineError `invalid-config` */
export const aliasesOf = ({ aliases }: Pick<Config, "aliases">): readonly Alias[] =>
  aliases.map((text) => parseAlias(text, "aliases"));
