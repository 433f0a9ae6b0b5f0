DELETE FROM import_key
WHERE fingerprint = ?
