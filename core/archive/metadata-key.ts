/**
 * The key of a row of TUF metadata: repository, role and version with spaces between them. Spaces and percent signs
 * within a part are escaped, since no two rows may have the same key. Source: docs/spec/archive.md#entries.
 */

const escaped = (part: string): string => part.replace(/%/g, "%25").replace(/ /g, "%20");

export const metadataKey = (repository: string, role: string, version: number): string =>
  `${escaped(repository)} ${escaped(role)} ${version}`;
