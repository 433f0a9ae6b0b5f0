SELECT id, kind, started, ended, source, summary
FROM run
ORDER BY id DESC
LIMIT ?
