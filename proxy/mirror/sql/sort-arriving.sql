INSERT INTO temp.arriving (digest, size, keep)
SELECT digest, CASE WHEN min(size) = max(size) THEN min(size) ELSE -1 END, max(keep)
FROM temp.naming
GROUP BY digest
ORDER BY digest
