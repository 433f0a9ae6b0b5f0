INSERT OR REPLACE INTO attempt (question, code, at, source, checksum)
VALUES (?, ?, ?, ?, ?)
