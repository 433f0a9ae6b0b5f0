SELECT origin, size, digest, note, at, source
FROM checkpoint
WHERE origin = ?
