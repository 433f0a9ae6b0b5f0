INSERT OR REPLACE INTO signed_time (id, signed, at, source, checksum)
VALUES (1, ?, ?, ?, ?)
