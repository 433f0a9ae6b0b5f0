SELECT origin, size, digest, note, at, source, checksum
FROM checkpoint
ORDER BY origin
