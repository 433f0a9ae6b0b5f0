-- Those that were looked at longest ago come first.
SELECT image, resource
FROM recheck
GROUP BY image, resource
ORDER BY min(coalesce(evaluated, '')), image, resource
