-- Those that were looked at longest ago come first.
SELECT resource
FROM recheck
WHERE resource <> ''
GROUP BY resource
ORDER BY min(coalesce(evaluated, '')), resource
