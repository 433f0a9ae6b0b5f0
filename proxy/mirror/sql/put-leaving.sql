INSERT OR IGNORE INTO temp.leaving (kind, key, digest)
VALUES (?, ?, ?)
