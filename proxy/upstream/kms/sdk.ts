/**
 * The SDKs of the vendors: not part of this program, loaded when a reference first needs one. What their calls throw
 * becomes a coded error.
 */
import { EngineError, type ErrorCode } from "../../../core/errors.ts";
import { isRecord } from "../../../core/encoding/shape.ts";
import { outage } from "../outage.ts";

/** The version of each that is tried with this program; package.json has the same. */
export const sdkVersions = {
  "@aws-sdk/client-kms": "3.1164.0",
  "@azure/identity": "4.13.0",
  "@azure/keyvault-keys": "4.10.2",
  "@google-cloud/kms": "5.7.0",
} as const;

export type SdkName = keyof typeof sdkVersions;

/** Imports a package by its name. */
export type LoadSdk = (name: SdkName) => Promise<unknown>;

/**
 * The module `name`, one of `together`, which are installed by one line.
 * @throws EngineError `no-key` that names this line.
 */
export async function loadSdk<Sdk>(load: LoadSdk, name: SdkName, together: readonly SdkName[] = [name]): Promise<Sdk> {
  try {
    return (await load(name)) as Sdk;
  } catch (error) {
    const code = codeOf(error);
    const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    const packages = together.map((one) => `${one}@${sdkVersions[one]}`).join(" ");
    throw new EngineError(
      "no-key",
      `this key is read with a package that ${missing ? "is not installed" : "cannot be loaded"}: ` +
        `\`npm install ${packages}\`, in the folder where sallyport is installed (with -g if it is)`,
      { subject: name, cause: error },
    );
  }
}

const codeOf = (error: unknown): unknown => (isRecord(error) ? error.code : undefined);

export interface SdkErrors {
  /** The code for an error of the SDK; `undefined` where it is not one that it documents. */
  readonly codeOf: (error: Readonly<Record<string, unknown>>) => ErrorCode | undefined;
  /** Where the credentials are from. */
  readonly credentials: string;
}

/**
 * The result of a call to an SDK.
 * @throws EngineError with the code that the vendor's error stands for.
 */
export async function callSdk<Result>(
  subject: string,
  { codeOf: known, credentials }: SdkErrors,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof EngineError || !(error instanceof Error)) throw error;
    const code = known(error as unknown as Readonly<Record<string, unknown>>) ?? networkCode(error, subject);
    const who = code === "access-denied" ? ` (with ${credentials})` : "";
    throw new EngineError(code, `${firstLine(error)}${who}`, { subject, cause: error });
  }
}

/** SDKs wrap what the network did. What neither they nor it explain is a failed answer all the same. */
function networkCode(error: Error, subject: string): ErrorCode {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    try {
      return outage(cause, subject).code;
    } catch (other) {
      if (other !== cause) throw other;
    }
  }
  return "upstream-error";
}

const longestText = 300;

/** Vendors explain at length. */
function firstLine({ name, message }: Error): string {
  const [line = ""] = message.trim().split(/[\r\n]/);
  const text = line.length > longestText ? `${line.slice(0, longestText)}…` : line;
  return name === "Error" || text.startsWith(name) ? text || name : `${name}: ${text}`;
}
