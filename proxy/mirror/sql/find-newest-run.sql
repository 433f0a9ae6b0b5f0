SELECT id || ' ' || hex(checksum)
FROM run
ORDER BY id DESC
LIMIT 1
