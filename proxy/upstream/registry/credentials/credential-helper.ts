/**
 * Programs that keep credentials: `docker-credential-NAME get`. Source:
 * https://github.com/docker/docker-credential-helpers.
 *
 *     stdin:  https://index.docker.io/v1/
 *     stdout: {"ServerURL":"https://index.docker.io/v1/","Username":"bot","Secret":"…"}
 */
import { parseJson } from "../../../../core/encoding/json.ts";
import { isObject } from "../../../../core/encoding/shape.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { EngineError } from "../../../../core/errors.ts";
import type { Limits } from "../../../../core/limits.ts";
import type { Environment } from "../../proxy-choice.ts";
import { runProgram } from "../../run-program.ts";
import { type Credential, passwordOrToken, whoHas } from "./credential.ts";

/**
 * What a helper has for a host; `undefined`: nothing.
 * @throws EngineError `access-denied` when the helper fails, `timed-out`.
 */
export type CredentialHelper = (name: string, host: string, signal: AbortSignal) => Promise<Credential | undefined>;

/** Helpers are found by PATH of `env`. */
export const credentialHelper =
  (env: Environment, limits: Limits): CredentialHelper =>
  async (name, host, signal) => {
    const program = `docker-credential-${name}`;
    const fault = (why: string): EngineError => new EngineError("access-denied", why, { subject: program });
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw fault("is not the name of a credential helper");
    const server = host === "docker.io" ? "https://index.docker.io/v1/" : host;
    const { stdout, failure } = await runProgram(program, ["get"], env, signal, server);
    if (failure !== undefined) {
      if (/credentials not found/i.test(stdout)) return undefined;
      if (signal.aborted || failure === "ETIMEDOUT")
        throw new EngineError("timed-out", "the credential helper did not answer in time", { subject: program });
      throw fault(helperWords(program, failure));
    }
    return readOutput(stdout, program, limits);
  };

function helperWords(program: string, code: unknown): string {
  if (code === "ENOENT")
    return `the credential helper ${program}, which credsStore or credHelpers names, is not on the PATH`;
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return `the credential helper ${program} wrote too much`;
  return `the credential helper ${program} failed (${String(code)})`;
}

/** What it wrote holds a secret: no message shows it. */
function readOutput(stdout: string, program: string, limits: Limits): Credential | undefined {
  const fault = (): EngineError =>
    new EngineError("access-denied", "the credential helper's answer cannot be read", { subject: program });
  let answer: unknown;
  try {
    answer = parseJson(encodeUtf8(stdout), { limits });
  } catch (error) {
    if (error instanceof EngineError) throw fault();
    throw error;
  }
  if (!isObject(answer as never)) throw fault();
  const { Username: username, Secret: password } = answer as Readonly<Record<string, unknown>>;
  if (typeof username !== "string" || typeof password !== "string") throw fault();
  if (username === "" && password === "") return undefined;
  const secret = passwordOrToken(username, password);
  return { secret, who: whoHas(secret, program) };
}
