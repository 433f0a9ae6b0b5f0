/**
 * Users with bcrypt hashes, as `htpasswd -B` writes them. Source:
 * https://httpd.apache.org/docs/2.4/misc/password_encryptions.html.
 */
import { createHmac, randomBytes } from "node:crypto";
import { compare as bcryptCompare } from "bcryptjs";
import { EngineError } from "../../core/errors.ts";
import { BoundedMap } from "../bounded-map.ts";
import { Flights } from "../flights.ts";

export interface PasswordFile {
  /** Whether the file has this user with this password. `busy`: nobody looked, so many others are being compared. */
  look(user: string, password: string): Promise<"right" | "wrong" | "busy">;
}

export interface PasswordCheck {
  readonly now: () => Date;
  /** For tests: compares a password with a hash. */
  readonly compare: (password: string, hash: string) => Promise<boolean>;
}

const hash = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const costliest = 14;
const mostUsers = 10_000;
/** bcrypt reads no more. */
const longestPassword = 72;

/** Compared for an unknown user, so that the time of an answer does not tell which users there are. */
const nobody = (cost: string): string => `$2b$${cost}$SallyportNobodyIsHere.${"x".repeat(31)}`;

/**
 * @throws EngineError `invalid-config` with file and line for what is no user with a bcrypt hash.
 */
export function parsePasswordFile(
  text: string,
  file: string,
  { now, compare = bcryptCompare }: Pick<PasswordCheck, "now"> & Partial<PasswordCheck>,
): PasswordFile {
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
  return createPasswordFile(users, nobody(usual), { now, compare });
}

/** Comparisons at the same time: each takes tens of milliseconds of the one thread that serves everybody. */
const mostComparing = 4;
const mostRemembered = 1000;
/** A login that was right is right for so long after each use; a wrong one is wrong for so long. */
const rightMs = 60_000;
const wrongMs = 10_000;

/**
 * Nodes send the same login with each request, and a flood of wrong ones would keep the server comparing. So both are
 * remembered for a short time, apart, so that wrong ones drive no right one out; and few comparisons run at once.
 */
function createPasswordFile(
  users: ReadonlyMap<string, string>,
  stranger: string,
  { now, compare }: PasswordCheck,
): PasswordFile {
  /** Until when, by keyed digests: what lies in memory is of no use to who reads it. */
  const key = randomBytes(32);
  const right = new BoundedMap<string, number>(mostRemembered);
  const wrong = new BoundedMap<string, number>(mostRemembered);
  const running = new Flights<boolean>();
  let comparing = 0;

  const digestOf = (user: string, password: string): string =>
    createHmac("sha256", key).update(`${user}:${password}`).digest("hex");

  const compareOnce = async (user: string, password: string): Promise<boolean> => {
    comparing += 1;
    try {
      const found = users.get(user);
      return (await compare(password, found ?? stranger)) && found !== undefined;
    } finally {
      comparing -= 1;
    }
  };

  return {
    async look(user, password) {
      if (Buffer.byteLength(password) > longestPassword) return "wrong";
      const digest = digestOf(user, password);
      const at = now().getTime();
      if ((right.get(digest) ?? 0) > at) {
        right.set(digest, at + rightMs);
        return "right";
      }
      if ((wrong.get(digest) ?? 0) > at) return "wrong";
      if (running.get(digest) === undefined && comparing >= mostComparing) return "busy";
      const isRight = await running.join(digest, () => compareOnce(user, password));
      if (isRight) right.set(digest, at + rightMs);
      else wrong.set(digest, at + wrongMs);
      return isRight ? "right" : "wrong";
    },
  };
}
