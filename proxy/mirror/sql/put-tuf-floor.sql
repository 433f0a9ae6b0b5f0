INSERT INTO tuf_floor (repository, role, version, checksum)
VALUES (?, ?, ?, ?)
