SELECT namespace, count(*) AS count
FROM recheck
GROUP BY namespace
ORDER BY count DESC, min(last_admitted)
