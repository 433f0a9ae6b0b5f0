SELECT origin, size, digest, note, at, source
FROM checkpoint
ORDER BY origin
