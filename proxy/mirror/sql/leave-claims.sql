DELETE FROM complete
WHERE scope IN (SELECT key FROM temp.leaving WHERE kind = 'complete')
