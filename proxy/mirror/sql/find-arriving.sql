SELECT size, keep
FROM temp.arriving
WHERE digest = ?
