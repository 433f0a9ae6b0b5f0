/**
 * How settings are described. From one description come the check of a configuration, its JSON Schema, the commented
 * file of `config init`, the flags and the variables. Source: docs/spec/command-line.md#configuration.
 */

interface About {
  /** One line for people, which is also the help of the flag. */
  readonly what: string;
  /** A value for the commented file, where there is no default. */
  readonly example?: string;
  /** Its value is never shown. */
  readonly secret?: true;
  /** The flag's name without dashes, where it is not made of the setting's place. */
  readonly flag?: string;
  /** Another spelling of the flag. */
  readonly otherFlag?: string;
  /** The variable, where it is not made of the flag's name. */
  readonly variable?: string;
}

export interface Text extends About {
  readonly kind: "text";
  readonly fallback?: string;
  readonly values?: readonly string[];
  /** A map that lacks it is refused. */
  readonly required?: true;
}
/** A file or folder. In a configuration it is relative to the folder of the configuration. */
export interface Path extends About {
  readonly kind: "path";
  readonly fallback?: string;
  readonly required?: true;
}
export interface Texts extends About {
  readonly kind: "texts";
  readonly values?: readonly string[];
}
export interface Paths extends About {
  readonly kind: "paths";
}
export interface Flag extends About {
  readonly kind: "flag";
  readonly fallback: boolean;
}
export interface Whole extends About {
  readonly kind: "whole";
  readonly least: number;
  readonly most: number;
  readonly fallback: number;
}
/** `30s`, `5m`, `1d12h`: milliseconds. */
export interface Span extends About {
  readonly kind: "span";
  /** Absent: there is no bound. */
  readonly fallback?: string;
  /** In milliseconds. */
  readonly least: number;
  readonly most: number;
}
/** `64MiB`: bytes. */
export interface Size extends About {
  readonly kind: "size";
  readonly fallback: string;
  readonly least: number;
  readonly most: number;
}
export type Leaf = Text | Path | Texts | Paths | Flag | Whole | Span | Size;
export interface Group {
  readonly kind: "group";
  readonly what: string;
  readonly fields: Readonly<Record<string, Setting>>;
}
/** A list of maps. */
export interface Items {
  readonly kind: "items";
  readonly what: string;
  readonly of: Group;
  /** The list where none is given. */
  readonly fallback: readonly Readonly<Record<string, string>>[];
  /** A flag and a variable that name the items by one of their fields alone, in place of those of the file. */
  readonly flag?: string;
  readonly variable?: string;
  readonly by: string;
}
export type Setting = Leaf | Group | Items;

type Given<S> = S extends { readonly fallback: string } | { readonly required: true } ? never : undefined;

/** The type of a setting's value once it is read. */
export type ValueOf<S> = S extends { readonly kind: "group"; readonly fields: infer F }
  ? { readonly [K in keyof F]: ValueOf<F[K]> }
  : S extends { readonly kind: "items"; readonly of: infer O }
    ? readonly ValueOf<O>[]
    : S extends { readonly kind: "texts"; readonly values: readonly (infer V)[] }
      ? readonly V[]
      : S extends { readonly kind: "texts" | "paths" }
        ? readonly string[]
        : S extends { readonly kind: "flag" }
          ? boolean
          : S extends { readonly kind: "whole" | "span" | "size" }
            ? number | (S extends { readonly kind: "span" } ? Given<S> : never)
            : S extends { readonly kind: "text"; readonly values: readonly (infer V)[] }
              ? V | Given<S>
              : string | Given<S>;

const dashed = (name: string): string =>
  name.replaceAll(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before}-${after}`).toLowerCase();

/** A setting that a flag and a variable can say: its place, and their names. */
export interface Named {
  readonly path: readonly string[];
  readonly setting: Leaf | Items;
  /** Without dashes. */
  readonly flag: string;
  readonly variable: string;
}

/** Every setting that has one value for the whole configuration, in order. */
export function* namedSettings(group: Group, path: readonly string[] = []): Generator<Named> {
  for (const [name, setting] of Object.entries(group.fields)) {
    const here = [...path, name];
    if (setting.kind === "group") yield* namedSettings(setting, here);
    else {
      const flag = setting.flag ?? here.map(dashed).join("-");
      const variable = setting.variable ?? `SALLYPORT_${flag.replaceAll("-", "_").toUpperCase()}`;
      yield { path: here, setting, flag, variable };
    }
  }
}
