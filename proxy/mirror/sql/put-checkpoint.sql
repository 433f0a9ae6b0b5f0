INSERT OR REPLACE INTO checkpoint (origin, size, digest, note, at, source, checksum)
VALUES (?, ?, ?, ?, ?, ?, ?)
