/**
 * The configuration of `serve` for the commands that decide: what it says of the store, the mode and trust counts as
 * if the variable of that setting said it, where neither a flag nor the variable does. Source:
 * docs/spec/command-line.md#configuration.
 */
import type { CommandIO } from "./command.ts";
import type { VariableName } from "./environment.ts";

/** Settings, and the variables that commands read in their place. */
const shared: readonly (readonly [name: string, variable: VariableName])[] = [
  ["store", "SALLYPORT_STORE"],
  ["mode", "SALLYPORT_MODE"],
  ["aliases", "SALLYPORT_ALIAS"],
  ["trust.trustedRoot", "SALLYPORT_TRUSTED_ROOT"],
  ["trust.tufRoot", "SALLYPORT_TUF_ROOT"],
  ["trust.tufRootRaw", "SALLYPORT_TUF_ROOT_RAW"],
  ["trust.tufMirror", "SALLYPORT_TUF_MIRROR"],
  ["trust.mode", "SALLYPORT_TRUST_MODE"],
  ["trust.maxAge", "SALLYPORT_MAX_TRUST_AGE"],
  ["trust.warnAge", "SALLYPORT_WARN_TRUST_AGE"],
  ["freshness.maxMirrorAge", "SALLYPORT_MAX_MIRROR_AGE"],
  ["freshness.warnMirrorAge", "SALLYPORT_WARN_MIRROR_AGE"],
  ["freshness.maxCheckpointAge", "SALLYPORT_MAX_CHECKPOINT_AGE"],
  ["freshness.warnCheckpointAge", "SALLYPORT_WARN_CHECKPOINT_AGE"],
  ["trust.digest", "SALLYPORT_TRUST_DIGEST"],
  ["trust.crypto", "SALLYPORT_CRYPTO"],
  ["limits.maxBundleSize", "SALLYPORT_MAX_BUNDLE_SIZE"],
];

/** In messages: the configuration file that set the values, not the variables that carry them. */
class UsedThroughFile extends Set<string> {
  readonly #names: ReadonlySet<string>;
  readonly #told: Set<string>;
  readonly #file: string;

  constructor(told: Set<string>, names: ReadonlySet<string>, file: string) {
    super();
    this.#told = told;
    this.#names = names;
    this.#file = file;
    for (const name of told) super.add(name);
  }

  override add(name: string): this {
    const shown = this.#names.has(name) ? this.#file : name;
    this.#told.add(shown);
    return super.add(shown);
  }
}

/**
 * The world with the settings of a file: the given one, else that which `SALLYPORT_CONFIG` names.
 * @throws EngineError `invalid-usage`, `invalid-config`.
 */
export async function configuredWorld(io: CommandIO, given?: string): Promise<CommandIO> {
  const path = given ?? (io.env.SALLYPORT_CONFIG || undefined);
  if (path === undefined) return io;
  const { loadConfig } = await import("./input/config-file.ts");
  const { requireConfig } = await import("../proxy/serve/read-config.ts");
  const read = loadConfig(path, io);
  requireConfig(read);
  const said = new Map(
    read.shown.filter(({ from }) => from !== "default").map(({ name, value }) => [name, String(value)]),
  );
  const added = shared.flatMap(([name, variable]) => {
    const value = said.get(name);
    return value === undefined || io.env[variable] ? [] : [[variable, value] as const];
  });
  const file = given === undefined ? "SALLYPORT_CONFIG" : "--config";
  const names = new Set<string>(added.map(([variable]) => variable));
  return { ...io, env: { ...io.env, ...Object.fromEntries(added) }, used: new UsedThroughFile(io.used, names, file) };
}
