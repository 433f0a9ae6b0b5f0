/**
 * Users with bcrypt hashes, as `htpasswd -B` writes them. Source:
 * https://httpd.apache.org/docs/2.4/misc/password_encryptions.html.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { compare } from "bcryptjs";
import { EngineError } from "../../core/errors.ts";
import { BoundedMap } from "../bounded-map.ts";

export interface PasswordFile {
  /** Whether the file has this user with this password. */
  matches(user: string, password: string): Promise<boolean>;
}

const hash = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const costliest = 14;
const mostUsers = 10_000;
/** bcrypt reads no more. */
const longestPassword = 72;

/** A user who is not there costs as much as one who is: a hash that no password has. */
const nobody = (cost: string): string => `$2b$${cost}$SallyportNobodyIsHere.${"x".repeat(31)}`;

/**
 * @throws EngineError `invalid-config` with file and line for what is no user with a bcrypt hash.
 */
export function parsePasswordFile(text: string, file: string): PasswordFile {
  const users = new Map<string, string>();
  let usual = "10";
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const refuse = (message: string): never => {
      throw new EngineError("invalid-config", message, { subject: `${file}:${index + 1}` });
    };
    const colon = line.indexOf(":");
    if (colon <= 0) refuse("expected USER:HASH");
    const [user, found] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    const [, cost = ""] = hash.exec(found) ?? refuse("only bcrypt hashes are read: make them with htpasswd -B");
    if (Number(cost) > costliest)
      refuse(`the hash has cost ${cost}, more than ${costliest}: each login would take seconds`);
    if (users.has(user)) refuse(`the user ${JSON.stringify(user)} is in the file twice`);
    users.set(user, found);
    usual = cost;
    if (users.size > mostUsers) refuse(`more than ${mostUsers} users`);
  }
  if (users.size === 0) throw new EngineError("invalid-config", "the file has no user", { subject: file });
  return createPasswordFile(users, nobody(usual));
}

const mostRemembered = 1000;

/** Nodes send the same login with each request, and a hash costs tens of milliseconds: what matched is remembered. */
function createPasswordFile(users: ReadonlyMap<string, string>, stranger: string): PasswordFile {
  const matched = new BoundedMap<string, Buffer>(mostRemembered);
  const digestOf = (password: string): Buffer => createHash("sha256").update(password).digest();
  return {
    async matches(user, password) {
      if (Buffer.byteLength(password) > longestPassword) return false;
      const digest = digestOf(password);
      const known = matched.get(user);
      if (known !== undefined && timingSafeEqual(known, digest)) return true;
      const found = users.get(user);
      const isRight = await compare(password, found ?? stranger);
      if (!isRight || found === undefined) return false;
      matched.set(user, digest);
      return true;
    },
  };
}
