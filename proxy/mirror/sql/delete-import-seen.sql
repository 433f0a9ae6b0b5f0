DELETE FROM import_seen
WHERE role = ?
