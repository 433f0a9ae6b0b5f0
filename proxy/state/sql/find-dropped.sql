SELECT count
FROM dropped
WHERE what = ?
