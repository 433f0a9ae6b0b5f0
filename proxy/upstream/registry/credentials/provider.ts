/**
 * Credentials from a cloud: who they are for, and where they are asked for. What a machine of the cloud is given
 * without a key is behind a link-local address: `machine.ts`.
 */
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { isObject } from "../../../../core/encoding/shape.ts";
import { EngineError } from "../../../../core/errors.ts";
import type { Limits } from "../../../../core/limits.ts";
import type { Files } from "../../config-files.ts";
import { type BoundedRequest, type Fetcher, shownUrl } from "../../fetch-bounded.ts";
import { readJsonAnswer } from "../../json-answer.ts";
import { codeOfStatus } from "../../outage.ts";
import { hostOf, isLoopback } from "../../proxy-choice.ts";
import type { Environment } from "../../proxy-choice.ts";
import type { Credential, CredentialSource, Target } from "./credential.ts";

export interface ProviderOptions {
  readonly env: Environment;
  readonly files: Files;
  readonly fetcher: Fetcher;
  readonly now: () => Date;
  readonly limits: Limits;
}

const answerBytes = 256 * 1024;
/** What is given for hours is asked for again long before its end. */
const keptMs = 30 * 60_000;

/**
 * The JSON of an answer.
 * @throws EngineError `access-denied` for 400, 401 and 403: the cloud knows no such key; the codes of an outage.
 */
export async function askCloud(
  request: Omit<BoundedRequest, "maxBytes">,
  { fetcher, limits }: Pick<ProviderOptions, "fetcher" | "limits">,
  who: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, JsonValue>>> {
  const subject = shownUrl(request.url);
  if (request.url.protocol !== "https:" && !isLoopback(hostOf(request.url)))
    throw new EngineError("access-denied", "secrets are sent by https only", { subject });
  const answer = await fetcher.fetch({ ...request, maxBytes: answerBytes }, signal);
  // What it says of the request may repeat a secret of the request.
  if (answer.status !== 200)
    throw new EngineError(
      answer.status === 400 ? "access-denied" : codeOfStatus(answer.status),
      `HTTP ${answer.status}, asked as ${who}`,
      { subject },
    );
  const json = readJsonAnswer(answer, limits);
  if (!isObject(json)) throw new EngineError("upstream-error", "its answer is not a JSON object", { subject });
  return json;
}

/** A text of an answer. @throws EngineError `upstream-error`. */
export function textIn(answer: Readonly<Record<string, JsonValue>>, name: string, url: URL): string {
  const value = Object.hasOwn(answer, name) ? answer[name] : undefined;
  if (typeof value === "string" && value !== "") return value;
  throw new EngineError("upstream-error", `its answer has no ${name}`, { subject: shownUrl(url) });
}

/** A form as a body. */
export const formRequest = (url: URL, form: Readonly<Record<string, string>>): Omit<BoundedRequest, "maxBytes"> => ({
  method: "POST",
  url,
  headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
  body: new URLSearchParams(form).toString(),
});

/** What was asked for once is kept for half an hour, by what `keyOf` says of a target; `undefined`: not its host. */
export function keptCredentials(
  keyOf: (target: Target) => string | undefined,
  ask: (key: string, signal: AbortSignal) => Promise<Credential | undefined>,
  now: () => Date,
): CredentialSource {
  const kept = new Map<string, { readonly until: number; readonly asking: Promise<Credential | undefined> }>();
  return {
    async find(target, signal) {
      const key = keyOf(target);
      if (key === undefined) return undefined;
      const held = kept.get(key);
      if (held !== undefined && now().getTime() < held.until) return held.asking;
      const asking = ask(key, signal);
      kept.set(key, { until: now().getTime() + keptMs, asking });
      try {
        return await asking;
      } catch (error) {
        kept.delete(key);
        throw error;
      }
    },
  };
}

/** A file with a secret, that a setting names. @throws EngineError `access-denied`. */
export function readSecretFile(files: Files, path: string): Uint8Array | undefined {
  try {
    return files.read(path);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("access-denied", `credentials cannot be read: ${error.message}`, {
      subject: path,
      cause: error,
    });
  }
}

/** The one line of such a file. @throws EngineError `access-denied` where there is none. */
export function readTokenFile(files: Files, path: string, setting: string): string {
  const bytes = readSecretFile(files, path);
  if (bytes === undefined)
    throw new EngineError("access-denied", `the file that ${setting} names is not there`, { subject: path });
  const text = Buffer.from(bytes).toString("latin1").trim();
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new EngineError("access-denied", `the file of ${setting} holds no token`, { subject: path });
}

/** A variable that is set. */
export const setIn = (env: Environment, name: string): string | undefined => env[name] || undefined;

/** An address that a variable names in place of a cloud's own. @throws EngineError `access-denied`. */
export function addressIn(env: Environment, names: readonly string[], otherwise: string): URL {
  const name = names.find((one) => setIn(env, one) !== undefined);
  const text = name === undefined ? otherwise : (env[name] ?? "");
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text);
  throw new EngineError("access-denied", "expected https://HOST", { subject: name });
}
