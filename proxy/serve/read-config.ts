/**
 * Reading a configuration: flags win over variables, variables over the file, the file over defaults. All faults are
 * found at once, each with its place. Source: docs/spec/command-line.md#configuration.
 */
import { dirname, isAbsolute, join } from "node:path";
import { findSize, findSpan, sizeText, spanText } from "../../core/encoding/units.ts";
import { pointer } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { toFieldPath } from "../../core/kyverno/policy/field-path.ts";
import { Findings } from "../../core/kyverno/policy/findings.ts";
import type { PolicyMap, PolicyValue, Position } from "../../core/kyverno/policy/policy.ts";
import { isList, isMap, withoutNulls } from "../../core/kyverno/policy/policy-value.ts";
import { fitShape, type Shape } from "../../core/kyverno/policy/schema.ts";
import { readYaml, type YamlDocument } from "../../core/kyverno/policy/yaml.ts";
import type { Limits } from "../../core/limits.ts";
import { checkConfig, type Judge } from "./config-rules.ts";
import { type Items, type Leaf, type Named, namedSettings, type Setting } from "./setting.ts";
import { apiVersion, type Config, configKind, settings } from "./settings.ts";

/** By the names of flags, without dashes; lists are those of repeated flags. */
export type GivenFlags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface ConfigInput {
  readonly file?: { readonly name: string; readonly text: string } | undefined;
  readonly flags: GivenFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits: Limits;
}

export interface ConfigFault {
  /** `FILE:LINE:COLUMN`, a flag or a variable. */
  readonly place: string;
  readonly message: string;
}

/** One setting, as `config view` shows it. */
export interface ShownSetting {
  /** `proxy.layers.size`, `listeners[0].address`. */
  readonly name: string;
  readonly value: string | number | boolean | readonly string[];
  /** `--log-level`, `SALLYPORT_MODE`, `FILE:LINE`, `default`. */
  readonly from: string;
}

export interface ReadConfig {
  /** Absent where there are faults. */
  readonly config: Config | undefined;
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly ConfigFault[];
  readonly shown: readonly ShownSetting[];
  /** Files and folders that somebody names. */
  readonly paths: readonly NamedPath[];
}

export interface NamedPath {
  /** `listeners[0].auth.file`. */
  readonly name: string;
  readonly path: string;
  /** `FILE:LINE`, a flag or a variable. */
  readonly place: string;
}

const shapes: Readonly<Record<Exclude<Leaf["kind"], "text" | "texts" | "whole">, Shape>> = {
  path: { kind: "text" },
  paths: { kind: "list", of: { kind: "text" } },
  flag: { kind: "flag" },
  span: { kind: "text" },
  size: { kind: "text" },
};

function shapeOf(setting: Setting): Shape {
  switch (setting.kind) {
    case "group":
      return {
        kind: "map",
        fields: Object.fromEntries(Object.entries(setting.fields).map(([name, field]) => [name, shapeOf(field)])),
        required: Object.entries(setting.fields).flatMap(([name, field]) => ("required" in field ? [name] : [])),
      };
    case "items":
      return { kind: "list", of: shapeOf(setting.of) };
    case "text":
      return { kind: "text", ...(setting.values === undefined ? {} : { values: setting.values }) };
    case "texts":
      return {
        kind: "list",
        of: { kind: "text", ...(setting.values === undefined ? {} : { values: setting.values }) },
      };
    case "whole":
      return { kind: "integer", least: setting.least, most: setting.most };
    default:
      return shapes[setting.kind];
  }
}

const head = {
  apiVersion: { kind: "text", values: [apiVersion] },
  kind: { kind: "text", values: [configKind] },
} as const;

/** Spans and sizes are texts with a form of their own. */
function checkForms(setting: Setting, value: PolicyValue | undefined, at: string, findings: Findings): void {
  if (value === undefined || value === null) return;
  if (setting.kind === "group") {
    if (isMap(value))
      for (const [name, field] of Object.entries(setting.fields))
        checkForms(field, value[name], pointer(at, name), findings);
  } else if (setting.kind === "items") {
    if (isList(value))
      for (const [index, item] of value.entries()) checkForms(setting.of, item, pointer(at, index), findings);
  } else if ((setting.kind === "span" || setting.kind === "size") && typeof value === "string") {
    const { kind, least, most } = setting;
    const found = kind === "span" ? findSpan(value) : findSize(value);
    const example = kind === "span" ? "a span of time such as 30s, 5m or 1d12h" : "a size such as 64MiB";
    if (found === undefined) findings.refuse(at, `expected ${example}, found ${JSON.stringify(value)}`);
    else if (found < least || found > most) {
      const written = kind === "span" ? spanText : sizeText;
      findings.refuse(at, `expected ${written(least)} to ${written(most)}, found ${value}`);
    }
  } else if (value === "") findings.refuse(at, "is empty; leave it out");
}

/** A flag's or variable's text as the file would have it. */
function valueOfText(setting: Leaf | Items, given: string | boolean | readonly string[]): PolicyValue {
  const texts = (Array.isArray(given) ? given : [String(given)]).flatMap((text: string) => text.split(","));
  if (setting.kind === "items") return texts.map((text) => ({ [setting.by]: text.trim() }));
  if (setting.kind === "texts" || setting.kind === "paths") return texts.map((text) => text.trim());
  const text = String(given);
  if (setting.kind === "flag") return text === "true" ? true : text === "false" ? false : text;
  if (setting.kind === "whole") return /^\d{1,15}$/.test(text) ? BigInt(text) : text;
  return text;
}

interface Override {
  readonly value: PolicyValue;
  readonly from: string;
}

class Reading {
  readonly faults: ConfigFault[] = [];
  readonly warnings: ConfigFault[] = [];
  readonly shown: ShownSetting[] = [];
  readonly paths: NamedPath[] = [];
  readonly #input: ConfigInput;
  readonly #overrides = new Map<string, Override>();
  /** Of the file, after its shape was checked. */
  #file: PolicyMap = {};
  #place: (at: string) => Position | undefined = () => undefined;

  constructor(input: ConfigInput) {
    this.#input = input;
    this.#readFile();
    for (const named of namedSettings(settings)) this.#override(named);
  }

  #readFile(): void {
    const { file, limits } = this.#input;
    if (file === undefined) return;
    const { documents, problems } = readYaml(file.text, file.name, { limits });
    for (const { line, column, message } of problems)
      this.faults.push({ place: `${file.name}:${line}:${column}`, message });
    const [document, ...more] = documents;
    if (problems.length > 0) return;
    if (document === undefined || more.length > 0)
      this.faults.push({ place: file.name, message: `expected one document, found ${documents.length}` });
    else this.#fit(document);
  }

  #fit({ value, keyPosition }: YamlDocument): void {
    const findings = new Findings();
    const { fields } = settings;
    const shape: Shape = {
      kind: "map",
      fields: { ...head, ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, shapeOf(field)])) },
      required: ["apiVersion", "kind"],
    };
    const fitted = fitShape(withoutNulls(value), shape, "", findings);
    if (fitted !== undefined && isMap(fitted)) this.#file = fitted;
    checkForms(settings, this.#file, "", findings);
    for (const { message, ...place } of findings.problems(keyPosition, undefined))
      this.faults.push({ place: textOf(place), message });
    this.#place = keyPosition;
  }

  #override({ path, setting, flag, variable }: Named): void {
    const { flags, env } = this.#input;
    const ofFlag = flags[flag];
    const ofVariable = env[variable] || undefined;
    const given = ofFlag ?? ofVariable;
    if (given === undefined) return;
    const from = ofFlag === undefined ? variable : `--${flag}`;
    const findings = new Findings();
    const value = valueOfText(setting, given);
    const fitted = fitShape(value, shapeOf(setting), "", findings);
    if (fitted !== undefined) checkForms(setting, fitted, "", findings);
    const problems = findings.problems(() => ({ file: "", line: 0, column: 0 }), undefined);
    for (const { message } of problems)
      this.faults.push({ place: from, message: message.replace(/^[^:]*: /, "").replace("; quote it", "") });
    if (problems.length === 0 && fitted !== undefined) this.#overrides.set(pathText(path), { value: fitted, from });
  }

  get file(): PolicyMap {
    return this.#file;
  }

  #from(at: string): string {
    const place = this.#place(at);
    return place === undefined ? "default" : `${place.file}:${place.line}`;
  }

  /** Where a person looks for a setting: what won, else the file. */
  placeOf(at: string): string {
    for (let here = at; here !== ""; here = here.slice(0, here.lastIndexOf("/"))) {
      const override = this.#overrides.get(here);
      if (override !== undefined) return override.from;
    }
    const place = this.#place(at);
    return place === undefined ? toFieldPath(at) : textOf(place);
  }

  /** Of settings at the top. */
  isSaid(at: string): boolean {
    return this.#overrides.has(at) || Object.hasOwn(this.#file, at.slice(1));
  }

  /** The value of a setting. `origin`: the flag or variable that says it, or the file. */
  value(setting: Setting, raw: PolicyValue | undefined, at: string, name: string, origin = inFile): unknown {
    const override = origin === inFile ? this.#overrides.get(at) : undefined;
    if (override !== undefined) return this.value(setting, override.value, at, name, override.from);
    if (setting.kind === "group") {
      const fields = raw !== undefined && isMap(raw) ? raw : {};
      const below = Object.entries(setting.fields).map(([key, field]) => [
        key,
        this.value(field, fields[key], pointer(at, key), name === "" ? key : `${name}.${key}`, origin),
      ]);
      return Object.fromEntries(below);
    }
    if (setting.kind === "items") {
      const list = raw !== undefined && isList(raw) ? raw : setting.fallback;
      const from = raw === undefined ? "default" : origin;
      return list.map((item, index) => this.value(setting.of, item, pointer(at, index), `${name}[${index}]`, from));
    }
    const isSaid = raw !== undefined && raw !== null;
    return this.#leaf(setting, raw, name, isSaid ? (origin === inFile ? this.#from(at) : origin) : "default");
  }

  #leaf(setting: Leaf, raw: PolicyValue | undefined, name: string, from: string): unknown {
    const found = raw === undefined || raw === null ? fallbackOf(setting) : raw;
    const value = this.#resolved(setting, found, from);
    if (value !== undefined && !(Array.isArray(value) && value.length === 0 && from === "default"))
      this.shown.push({
        name,
        value: setting.secret === true ? "***" : (value as ShownSetting["value"]),
        from,
      });
    if (from !== "default" && (setting.kind === "path" || setting.kind === "paths"))
      for (const path of [value].flat()) if (typeof path === "string") this.paths.push({ name, path, place: from });
    if (typeof value !== "string") return value;
    return setting.kind === "span" ? findSpan(value) : setting.kind === "size" ? findSize(value) : value;
  }

  /** Paths of the file are relative to its folder. */
  #resolved(setting: Leaf, value: PolicyValue | undefined, from: string): unknown {
    if (typeof value === "bigint") return Number(value);
    if (setting.kind !== "path" && setting.kind !== "paths") return value;
    const folder = from.includes(":") ? dirname(this.#input.file?.name ?? "") : "";
    const resolve = (path: unknown): unknown =>
      typeof path !== "string" || folder === "" || isAbsolute(path) ? path : join(folder, path);
    return Array.isArray(value) ? value.map(resolve) : resolve(value);
  }
}

const fallbackOf = (setting: Leaf): PolicyValue | undefined =>
  "fallback" in setting
    ? typeof setting.fallback === "number"
      ? BigInt(setting.fallback)
      : setting.fallback
    : setting.kind === "texts" || setting.kind === "paths"
      ? []
      : undefined;

/** Said by the file, or by nothing. */
const inFile = "";

const textOf = ({ file, line, column }: Position): string => `${file}:${line}:${column}`;
const pathText = (path: readonly string[]): string => path.reduce((at, name) => pointer(at, name), "");

export function readConfig(input: ConfigInput): ReadConfig {
  const reading = new Reading(input);
  const config = reading.value(settings, reading.file, "", "") as Config;
  if (reading.faults.length === 0) {
    const judge: Judge = {
      refuse: (at, message) => void reading.faults.push({ place: reading.placeOf(at), message: sentence(at, message) }),
      isSaid: (at) => reading.isSaid(at),
      warn: (at, message) => void reading.warnings.push({ place: reading.placeOf(at), message: sentence(at, message) }),
    };
    checkConfig(config, judge, input.limits);
  }
  const { faults, warnings, shown, paths } = reading;
  return { config: faults.length === 0 ? config : undefined, faults, warnings, shown, paths };
}

const sentence = (at: string, message: string): string => `${toFieldPath(at)}: ${message}`;

/** @throws EngineError `invalid-config` with the first fault, and the others in its sentence. */
export function requireConfig({ config, faults }: ReadConfig): Config {
  const [first, ...more] = faults;
  if (config !== undefined && first === undefined) return config;
  const others = more.map(({ place, message }) => `${place}: ${message}`).join("; ");
  throw new EngineError(
    "invalid-config",
    `${first?.message ?? "the configuration is wrong"}${more.length === 0 ? "" : `; ${more.length} more: ${others}`}`,
    { subject: first?.place },
  );
}

/** The paths of a configuration that are read again when they change. */
export function filesOf(config: Config): readonly string[] {
  const files = [
    config.trust.trustedRoot,
    config.trust.tufRoot,
    ...config.trust.distrust,
    ...config.policies.folders,
    ...config.policies.objects,
    ...config.snapshot.keys,
    ...config.listeners.flatMap(({ tls, auth }) => [tls.certificate, tls.key, auth.file]),
    ...config.upstreams.flatMap(({ ca, clientCertificate, clientKey }) => [ca, clientCertificate, clientKey]),
  ];
  return [...new Set(files.flatMap((file) => file ?? []))];
}
