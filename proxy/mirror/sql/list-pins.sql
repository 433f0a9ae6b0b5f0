SELECT kind, name, digest, bytes, at, source, checksum
FROM pin
ORDER BY kind, name
