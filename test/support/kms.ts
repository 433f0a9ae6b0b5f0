/** Keys and an SDK of the tests' own, for the services that keep keys. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { LoadSdk } from "../../proxy/upstream/kms/sdk.ts";

export const ecKey = (namedCurve = "P-256"): KeyObject => generateKeyPairSync("ec", { namedCurve }).publicKey;
export const rsaKey = (modulusLength = 2048): KeyObject => generateKeyPairSync("rsa", { modulusLength }).publicKey;
export const ed25519Key = (): KeyObject => generateKeyPairSync("ed25519").publicKey;

export const pemOf = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }) as string;
export const derOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: "spki", format: "der" }));

/** Modules by their names; what is not named is not installed. */
export const loadFrom =
  (modules: Readonly<Record<string, unknown>>): LoadSdk =>
  (name) =>
    Object.hasOwn(modules, name)
      ? Promise.resolve(modules[name])
      : Promise.reject(Object.assign(new Error(`Cannot find package '${name}'`), { code: "ERR_MODULE_NOT_FOUND" }));
