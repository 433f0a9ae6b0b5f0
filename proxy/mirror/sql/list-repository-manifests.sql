SELECT subject
FROM answer
WHERE repository = ? AND kind = 'manifest' AND state = 'present'
ORDER BY subject
LIMIT ?
