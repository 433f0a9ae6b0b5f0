DELETE FROM pin
WHERE ('pin ' || kind, name, digest) IN (SELECT kind, key, digest FROM temp.leaving WHERE kind LIKE 'pin %')
