INSERT OR REPLACE INTO complete (scope, at, source, checksum)
VALUES (?, ?, ?, ?)
