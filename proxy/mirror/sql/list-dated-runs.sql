SELECT id, kind, started, ended, source, summary, checksum
FROM run
WHERE kind IN ('import', 'mirror sync')
ORDER BY id DESC
LIMIT ?
