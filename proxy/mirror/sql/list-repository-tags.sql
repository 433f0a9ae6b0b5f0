SELECT subject
FROM answer
WHERE repository = ? AND kind = 'tag' AND state = 'present' AND subject > ?
ORDER BY subject
LIMIT ?
