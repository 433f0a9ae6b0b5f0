SELECT leaving.kind, leaving.key, leaving.digest
FROM temp.leaving
JOIN pin ON 'pin ' || pin.kind = leaving.kind AND pin.name = leaving.key AND pin.digest = leaving.digest
WHERE leaving.kind IN ('pin trusted-root', 'pin tuf-root')
ORDER BY leaving.kind, leaving.key
