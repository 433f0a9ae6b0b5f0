/**
 * As whom the API server is asked: a token, a client certificate, a password, a program that gives one of them.
 * Nobody is impersonated. Source: Kubernetes' documentation of authentication.
 */
import { isRecord } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { type Files, readNamedText, shownPath } from "../config-files.ts";
import { basicAuthorization } from "../fetch-bounded.ts";
import type { Environment } from "../proxy-choice.ts";
import type { RunProgram } from "../run-program.ts";
import { runPlugin } from "./exec-plugin.ts";
import { type ClusterAccess, contentOf, type NamedEntry, pathOf, podToken, textOf } from "./kubeconfig.ts";

export interface ClusterCredentials {
  readonly authorization: string | undefined;
  /** A client certificate and its key, PEM. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** For people: `user bot of ~/.kube/config`. */
  readonly who: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface CredentialOptions {
  readonly env: Environment;
  readonly files: Files;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly run: RunProgram;
}

/** Tokens in files change before they expire. */
const fileMs = 60_000;
const forever = Number.POSITIVE_INFINITY;

/** Credentials that are read or made when they are first needed, and again when they expire or are refused. */
export class CredentialSource {
  readonly #access: ClusterAccess;
  readonly #options: CredentialOptions;
  #held: Promise<ClusterCredentials> | undefined;

  constructor(access: ClusterAccess, options: CredentialOptions) {
    this.#access = access;
    this.#options = options;
  }

  /**
   * `refused`: what these credentials got; others are wanted, which may be the same.
   * @throws EngineError `access-denied`, `invalid-config`, `unsupported`, `timed-out`
   */
  async get(signal: AbortSignal, refused?: ClusterCredentials): Promise<ClusterCredentials> {
    const asked = this.#held;
    const held = asked === undefined ? undefined : await asked.catch(() => undefined);
    if (held !== undefined && held !== refused && held.until > this.#options.now().getTime()) return held;
    // Several that were refused at once want others once.
    if (this.#held === asked) this.#held = readCredentials(this.#access, this.#options, signal);
    return this.#held ?? this.get(signal, refused);
  }
}

async function readCredentials(
  access: ClusterAccess,
  options: CredentialOptions,
  signal: AbortSignal,
): Promise<ClusterCredentials> {
  const { files, now } = options;
  const { user } = access;
  if (user === undefined)
    return {
      authorization: bearer(readNamedText(files, podToken), podToken),
      cert: undefined,
      key: undefined,
      who: "the service account of this Pod",
      until: now().getTime() + fileMs,
    };
  refuseOthers(user);
  const who = `user ${user.name} of ${shownPath(user.file, options.env)}`;
  const certificate = pairOf(user, files);
  const fixed = readFixed(user, files) ?? ofProvider(user, now());
  if (fixed !== undefined || user.fields.exec === undefined || user.fields.exec === null) {
    const until = textOf(user, "tokenFile") === undefined ? forever : now().getTime() + fileMs;
    return { authorization: fixed, ...certificate, who, until };
  }
  const { token, cert, key, until } = await runPlugin(user, access, options, signal);
  return {
    authorization: token === undefined ? undefined : bearer(token, user.file),
    ...(cert === undefined ? certificate : { cert, key }),
    who,
    until,
  };
}

/** @throws EngineError `unsupported` */
function refuseOthers(user: NamedEntry): void {
  const impersonating = ["as", "as-uid", "as-groups", "as-user-extra"].find((key) => {
    const value = user.fields[key];
    return value !== undefined && value !== null && value !== "";
  });
  const refuse = (why: string): never => {
    throw new EngineError("unsupported", `the user ${user.name} ${why}`, { subject: user.file });
  };
  if (impersonating !== undefined) refuse(`impersonates another (${impersonating}), which is never done here`);
  const provider = user.fields["auth-provider"];
  const name = isRecord(provider) ? provider.name : undefined;
  if (provider !== undefined && provider !== null && name !== "oidc")
    refuse(`has the auth-provider ${String(name)}, which kubectl no longer has either: use a plugin (exec)`);
}

/** The header of a token or a password; a file with a token comes before a token. */
function readFixed(user: NamedEntry, files: Files): string | undefined {
  const file = textOf(user, "tokenFile");
  const token = textOf(user, "token");
  const [name, password] = [textOf(user, "username"), textOf(user, "password")];
  if (name !== undefined && (file ?? token) !== undefined)
    throw new EngineError("invalid-config", `the user ${user.name} has both a password and a token`, {
      subject: user.file,
    });
  if (file !== undefined) {
    const path = pathOf(user, file);
    return bearer(readNamedText(files, path), path);
  }
  if (token !== undefined) return bearer(token, user.file);
  return name === undefined ? undefined : basicAuthorization(name, password ?? "");
}

/**
 * The identity token of the auth-provider `oidc`. It is not renewed here: kubectl does that, and keeps the new one.
 * @throws EngineError `access-denied` for one that is expired or cannot be read
 */
function ofProvider(user: NamedEntry, at: Date): string | undefined {
  const provider = user.fields["auth-provider"];
  if (!isRecord(provider)) return undefined;
  const config = isRecord(provider.config) ? provider.config : {};
  const token = config["id-token"];
  const expired = (why: string): EngineError =>
    new EngineError("access-denied", `the token of the auth-provider of ${user.name} ${why}: use kubectl once`, {
      subject: user.file,
    });
  if (typeof token !== "string" || token === "") throw expired("is not there");
  if (expiryOf(token) <= at.getTime()) throw expired("has expired, or cannot be read");
  return bearer(token, user.file);
}

/** Milliseconds since the epoch, without judging the token: the server does. */
function expiryOf(token: string): number {
  const claims = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
  const exp = /"exp"\s*:\s*(\d{1,12})/.exec(claims)?.[1];
  return exp === undefined ? 0 : Number(exp) * 1000;
}

function pairOf(user: NamedEntry, files: Files): Pick<ClusterCredentials, "cert" | "key"> {
  const cert = contentOf(user, "client-certificate", files);
  const key = contentOf(user, "client-key", files);
  if ((cert === undefined) !== (key === undefined))
    throw new EngineError(
      "invalid-config",
      `the user ${user.name} has a client certificate without its key, or a key without its certificate`,
      {
        subject: user.file,
      },
    );
  return { cert, key };
}

/** @throws EngineError `invalid-config` that does not show it. */
function bearer(text: string, subject: string): string {
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new EngineError("invalid-config", "it does not hold a token", { subject });
  return `Bearer ${token}`;
}
