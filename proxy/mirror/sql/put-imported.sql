INSERT OR IGNORE INTO imported (kind, key, digest, trust)
VALUES (?, ?, ?, ?)
