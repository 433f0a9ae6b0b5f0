INSERT OR IGNORE INTO blob (digest, bytes)
VALUES (?, ?)
