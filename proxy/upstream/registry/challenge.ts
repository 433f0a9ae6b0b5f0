/**
 * What a registry asks for with a 401: the WWW-Authenticate field. It is read leniently: registries leave quotes out,
 * forget to close them, or put commas within. Source: RFC 9110 §11.6.1,
 * https://distribution.github.io/distribution/spec/auth/token/.
 *
 *     Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"
 */

export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** By lower-case name. */
  readonly parameters: Readonly<Record<string, string>>;
}

const mostCharacters = 8192;
const word = /[^\s,="]+/y;
const space = /[\s,]*/y;
const equals = /\s*=(?!=)\s*/y;
const quoted = /"((?:[^"\\]|\\.)*)"?/y;
/** Without quotes, an address has characters that a token may not have. */
const bare = /[^\s,"]*/y;

/** The challenges of a field, several of which may have been joined. */
export function parseChallenges(field: string): readonly Challenge[] {
  const text = field.slice(0, mostCharacters);
  const found: { readonly scheme: string; readonly parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < text.length) {
    take(space);
    const name = take(word)?.[0];
    if (name === undefined) {
      at++;
      continue;
    }
    if (take(equals) === null) {
      found.push({ scheme: name.toLowerCase(), parameters: Object.create(null) as Record<string, string> });
      continue;
    }
    const inQuotes = take(quoted)?.[1];
    const value = inQuotes === undefined ? (take(bare)?.[0] ?? "") : inQuotes.replace(/\\(.)/g, "$1");
    const last = found.at(-1);
    const key = name.toLowerCase();
    if (last !== undefined && !(key in last.parameters)) last.parameters[key] = value;
  }
  return found;
}

/** The one to answer: a token before a password. */
export const chooseChallenge = (challenges: readonly Challenge[]): Challenge | undefined =>
  challenges.find(({ scheme, parameters }) => scheme === "bearer" && (parameters.realm ?? "") !== "") ??
  challenges.find(({ scheme }) => scheme === "basic");
