SELECT id, kind, started, ended, source, summary, checksum
FROM run
ORDER BY id DESC
LIMIT ?
