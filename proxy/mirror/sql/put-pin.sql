INSERT OR REPLACE INTO pin (kind, name, digest, bytes, at, source, checksum)
VALUES (?, ?, ?, ?, ?, ?, ?)
