INSERT OR REPLACE INTO tuf_metadata (repository, role, version, digest, bytes, checksum)
VALUES (?, ?, ?, ?, ?, ?)
