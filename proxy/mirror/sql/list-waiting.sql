SELECT id, digest, line
FROM temp.waiting
WHERE id > ?
ORDER BY id
LIMIT 100
