/**
 * What an engine is made of, as one JSON document: the files of policies and exceptions and which of them count,
 * settings, distrust, and bounds. Records and capsules keep it, so that another host makes the same engine of it.
 * Source: docs/spec/record.md#input.
 *
 *     {"exceptions":[],"files":[{"name":"check.yaml","text":"apiVersion: kyverno.io/v1\n…"}],
 *      "policies":[[0,0,"check"]],"settings":{"trustRoot":"public-good"}}
 */
import { isDigest } from "../crypto/digest.ts";
import { decodeBase64, encodeBase64 } from "../encoding/base64.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import {
  own,
  pointer,
  readArray,
  readInteger,
  readObject,
  readString,
  readStringMap,
  refuseUnknownKeys,
} from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Alias } from "../oci/aliases.ts";
import type { Askable } from "../kyverno/policy/askable.ts";
import type { PolicyException } from "../kyverno/policy/exceptions.ts";
import type { Policy, PolicyFile, PolicySource } from "../kyverno/policy/policy.ts";
import { loadPolicies } from "../kyverno/policy/read-policy.ts";
import type { ReferenceOptions } from "../oci/reference.ts";
import type { AgeBudget } from "../trust/age-budget.ts";
import { trustModes } from "../trust/freshness.ts";
import type { TrustSettings } from "../trust/tuf-verifier.ts";
import type { EngineOptions, EngineSettings } from "./engine.ts";
import { distrustJson, readDistrustRows } from "./state-document.ts";

/** All but what belongs to the host. */
export type EngineInput = Omit<EngineOptions, "crypto" | "sawCheckpoint">;

/** @throws EngineError `unsupported` for a policy that was not read from a file. */
export function encodeEngineDocument(input: EngineInput): JsonObject {
  const { policies, exceptions = [], settings = {}, distrust = [], limits = {} } = input;
  const files = new FileList();
  const chosen = { policies: files.placesOf(policies), exceptions: files.placesOf(exceptions) };
  return {
    files: files.files.map(({ name, text, inFolder }) => ({ name, text, ...(inFolder === true ? { inFolder } : {}) })),
    ...chosen,
    settings: encodeSettings(settings),
    ...(distrust.length === 0 ? {} : { distrust: distrust.map(distrustJson) }),
    ...(Object.keys(limits).length === 0 ? {} : { limits: defined(limits) }),
  };
}

/** Each file once, in the order in which it is first needed. */
class FileList {
  readonly files: PolicyFile[] = [];
  readonly #byFile = new Map<PolicyFile, number>();

  placesOf(list: readonly { readonly name: string; readonly source?: PolicySource }[]): readonly JsonValue[] {
    return list.map(({ name, source }) => {
      if (source === undefined)
        throw new EngineError("unsupported", "a policy that was not read from a file cannot be kept", {
          subject: name,
        });
      return [this.#indexOf(source.file), source.index, name];
    });
  }

  #indexOf(file: PolicyFile): number {
    const held = this.#byFile.get(file) ?? this.files.findIndex((one) => isSameFile(one, file));
    const index = held === -1 ? this.files.push(file) - 1 : held;
    this.#byFile.set(file, index);
    return index;
  }
}

const isSameFile = (one: PolicyFile, other: PolicyFile): boolean =>
  one.name === other.name && one.text === other.text && (one.inFolder === true) === (other.inFolder === true);

function encodeSettings({ references, aliases, trust, ...plain }: EngineSettings): JsonObject {
  return {
    ...defined(plain),
    ...(references === undefined ? {} : { references: defined(references) }),
    ...(aliases === undefined || aliases.length === 0 ? {} : { aliases: aliases.map((alias) => defined(alias)) }),
    ...(trust === undefined ? {} : { trust: encodeTrust(trust) }),
  };
}

/** The members that have a value. */
const defined = (object: object): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;

const encodeTrust = ({ initialRoots, maxTrustAge, maxMirrorAge, maxCheckpointAge, ...plain }: TrustSettings) => ({
  ...defined(plain),
  ...(initialRoots === undefined
    ? {}
    : {
        initialRoots: Object.fromEntries(
          Object.entries(initialRoots).map(([name, root]) => [name, encodeBase64(root)]),
        ),
      }),
  ...encodeBudget("maxTrustAge", maxTrustAge),
  ...encodeBudget("maxMirrorAge", maxMirrorAge),
  ...encodeBudget("maxCheckpointAge", maxCheckpointAge),
});

/** What never warns or denies has no number: JSON cannot write infinity. */
const encodeBudget = (name: string, budget: AgeBudget | undefined): JsonObject =>
  budget === undefined
    ? {}
    : {
        [name]: Object.fromEntries(
          Object.entries(budget).flatMap(([side, ms]) =>
            ms === undefined ? [] : [[side, Number.isFinite(ms) ? ms : "never"]],
          ),
        ),
      };

const malformed = (message: string, subject: string): EngineError => new EngineError("malformed", message, { subject });

const documentKeys: ReadonlySet<string> = new Set([
  ...["files", "policies", "exceptions", "settings", "distrust", "limits"],
]);

/**
 * The input of an engine, whose policies are read again from their files. The document may come from anybody: `bounds`
 * bound how much of it is read, whatever bounds it names for its engine.
 * @throws EngineError `malformed` with a JSON pointer below `at`, `over-limit`.
 */
export function readEngineDocument(
  json: JsonValue | undefined,
  at: string,
  bounds: Limits,
): EngineInput & { readonly limits: Limits } {
  const object = readObject(json, at);
  refuseUnknownKeys(object, documentKeys, at);
  const limits = readLimits(own(object, "limits"), pointer(at, "limits"), bounds);
  const files = listAt(object, "files", at, (value, here) => readFile(value, here));
  if (files.length > bounds.recordedFiles)
    throw new EngineError("over-limit", `${files.length} files, at most ${bounds.recordedFiles} are read`, {
      subject: pointer(at, "files"),
    });
  // Each file alone: what is chosen is counted in its file.
  const loaded = files.map((file) => loadPolicies([file], { limits }));
  const chosen = <T extends Policy | PolicyException>(kind: "policies" | "exceptions"): readonly T[] =>
    listAt(object, kind, at, (value, here) => {
      const [file, index, name] = readArray(value, here);
      const found = loaded[readInteger(file, pointer(here, 0))]?.[kind][readInteger(index, pointer(here, 1))];
      if (found === undefined) throw malformed("nothing of this kind is at this place of the files", here);
      // Where one before it does not load here, another one is at its place.
      if (found.name !== name) throw malformed(`${found.name} is at this place of the files, which says another`, here);
      return found as T;
    });
  const distrust = own(object, "distrust");
  return {
    policies: chosen<Policy>("policies"),
    exceptions: chosen<PolicyException>("exceptions"),
    settings: readSettings(own(object, "settings"), pointer(at, "settings")),
    ...(distrust === undefined ? {} : { distrust: readDistrustRows(distrust, pointer(at, "distrust")) }),
    limits,
  };
}

const listAt = <T>(object: JsonObject, key: string, at: string, read: (value: JsonValue, at: string) => T) =>
  readArray(own(object, key), pointer(at, key)).map((value, index) => read(value, pointer(pointer(at, key), index)));

/** Whoever wrote the document must not make its reader work more than the reader allows. */
function readLimits(json: JsonValue | undefined, at: string, bounds: Limits): Limits {
  if (json === undefined) return bounds;
  const limits: Record<string, number> = { ...bounds };
  for (const [name, value] of Object.entries(readObject(json, at))) {
    const here = pointer(at, name);
    const bound = readInteger(value, here);
    const most = own(limits as JsonObject, name);
    if (typeof most !== "number") throw malformed("not a bound of this program", here);
    if (bound < 0) throw malformed("a bound below 0", here);
    if (bound > most)
      throw new EngineError("over-limit", `it was decided with ${name} ${bound}, here ${most} is allowed`, {
        subject: here,
        ...(name === "bundleBytes" || name === "blobBytes" || name === "jsonBytes" ? { remedy: "raised-bound" } : {}),
      });
    limits[name] = bound;
  }
  return { ...bounds, ...limits };
}

const fileKeys: ReadonlySet<string> = new Set(["name", "text", "inFolder"]);

function readFile(json: JsonValue, at: string): PolicyFile {
  const object = readObject(json, at);
  refuseUnknownKeys(object, fileKeys, at);
  const file = {
    name: readString(object.name, pointer(at, "name")),
    text: readString(object.text, pointer(at, "text")),
  };
  const inFolder = own(object, "inFolder");
  if (inFolder === undefined) return file;
  if (inFolder !== true) throw malformed("not true", pointer(at, "inFolder"));
  return { ...file, inFolder };
}

const settingKeys: ReadonlySet<string> = new Set([
  ...["references", "aliases", "trustRoot", "trust", "absentNamespaceLabels", "askable"],
]);

function readSettings(json: JsonValue | undefined, at: string): EngineSettings {
  const object = readObject(json, at);
  refuseUnknownKeys(object, settingKeys, at);
  const labels = textAt(object, "absentNamespaceLabels", at);
  if (labels !== undefined && labels !== "ask" && labels !== "none")
    throw malformed("neither ask nor none", pointer(at, "absentNamespaceLabels"));
  const trustRoot = textAt(object, "trustRoot", at);
  const references = own(object, "references");
  const trust = own(object, "trust");
  const askable = own(object, "askable");
  return {
    ...(askable === undefined ? {} : { askable: readAskable(askable, pointer(at, "askable")) }),
    ...(references === undefined ? {} : { references: readReferences(references, pointer(at, "references")) }),
    ...(own(object, "aliases") === undefined ? {} : { aliases: listAt(object, "aliases", at, readAlias) }),
    ...(trustRoot === undefined ? {} : { trustRoot }),
    ...(trust === undefined ? {} : { trust: readTrust(trust, pointer(at, "trust")) }),
    ...(labels === undefined ? {} : { absentNamespaceLabels: labels }),
  };
}

function textAt(object: JsonObject, key: string, at: string): string | undefined {
  const value = own(object, key);
  return value === undefined ? undefined : readString(value, pointer(at, key));
}

function readReferences(json: JsonValue, at: string): ReferenceOptions {
  const object = readObject(json, at);
  refuseUnknownKeys(object, new Set(["defaultRegistry", "enableDefaultRegistryMutation"]), at);
  const defaultRegistry = textAt(object, "defaultRegistry", at);
  const mutates = own(object, "enableDefaultRegistryMutation");
  if (mutates !== undefined && typeof mutates !== "boolean")
    throw malformed("neither true nor false", pointer(at, "enableDefaultRegistryMutation"));
  return {
    ...(defaultRegistry === undefined ? {} : { defaultRegistry }),
    ...(mutates === undefined ? {} : { enableDefaultRegistryMutation: mutates }),
  };
}

function readAlias(json: JsonValue, at: string): Alias {
  const object = readObject(json, at);
  refuseUnknownKeys(object, new Set(["logical", "physical", "from"]), at);
  const from = textAt(object, "from", at);
  return {
    logical: readString(object.logical, pointer(at, "logical")),
    physical: readString(object.physical, pointer(at, "physical")),
    ...(from === undefined ? {} : { from }),
  };
}

function readAskable(json: JsonValue, at: string): Askable {
  const object = readObject(json, at);
  const { secretsOnly } = object;
  refuseUnknownKeys(object, new Set(["ofCluster", "ofNamespaces", "secretsOnly"]), at);
  if (typeof secretsOnly !== "boolean") throw malformed("neither true nor false", pointer(at, "secretsOnly"));
  return {
    ofCluster: listAt(object, "ofCluster", at, readString),
    ofNamespaces: listAt(object, "ofNamespaces", at, readString),
    secretsOnly,
  };
}

const trustKeys: ReadonlySet<string> = new Set([
  ...["initialRoots", "mode", "maxTrustAge", "maxMirrorAge", "maxCheckpointAge", "pins"],
]);

function readTrust(json: JsonValue, at: string): TrustSettings {
  const object = readObject(json, at);
  refuseUnknownKeys(object, trustKeys, at);
  const mode = textAt(object, "mode", at);
  const known = trustModes.find((one) => one === mode);
  if (mode !== undefined && known === undefined) throw malformed("not a mode of trust", pointer(at, "mode"));
  const roots = own(object, "initialRoots");
  const pins = own(object, "pins");
  const mapAt = <T>(value: JsonValue, key: string, read: (text: string, at: string) => T): Record<string, T> =>
    Object.fromEntries(
      Object.entries(readStringMap(value, pointer(at, key))).map(([name, text]) => [
        name,
        read(text, pointer(pointer(at, key), name)),
      ]),
    );
  return {
    ...(known === undefined ? {} : { mode: known }),
    ...(roots === undefined ? {} : { initialRoots: mapAt(roots, "initialRoots", bytesOf) }),
    ...(pins === undefined
      ? {}
      : {
          pins: mapAt(pins, "pins", (text, here) => {
            if (!isDigest(text)) throw malformed("not a digest", here);
            return text;
          }),
        }),
    ...budgetAt(object, "maxTrustAge", at),
    ...budgetAt(object, "maxMirrorAge", at),
    ...budgetAt(object, "maxCheckpointAge", at),
  };
}

function bytesOf(text: string, at: string): Uint8Array {
  try {
    return decodeBase64(text);
  } catch (error) {
    throw new EngineError("malformed", "not base64", { subject: at, cause: error });
  }
}

type Budgets = Pick<TrustSettings, "maxTrustAge" | "maxMirrorAge" | "maxCheckpointAge">;

function budgetAt(object: JsonObject, key: keyof Budgets, at: string): Budgets {
  const value = own(object, key);
  if (value === undefined) return {};
  const here = pointer(at, key);
  const budget = readObject(value, here);
  refuseUnknownKeys(budget, new Set(["warn", "deny"]), here);
  const sides = Object.entries(budget).map(([side, ms]): [string, number] => [
    side,
    ms === "never" ? Number.POSITIVE_INFINITY : readSpan(ms, pointer(here, side)),
  ]);
  return { [key]: Object.fromEntries(sides) };
}

function readSpan(value: JsonValue, at: string): number {
  if (typeof value !== "number" || value < 0) throw malformed("not a number of milliseconds", at);
  return value;
}
