SELECT DISTINCT repository
FROM answer
WHERE repository IS NOT NULL
ORDER BY repository
