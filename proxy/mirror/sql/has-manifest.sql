SELECT 1
FROM answer
WHERE repository = ? AND kind = 'manifest' AND subject = ?
