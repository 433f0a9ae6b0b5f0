DELETE FROM own
WHERE kind = 'complete' AND key NOT IN (SELECT scope FROM complete)
