SELECT kind, name, digest, bytes, at, source, checksum
FROM pin
WHERE kind = ? AND name = ?
