DELETE FROM tuf_metadata
WHERE role <> 'root' AND digest NOT IN (SELECT value FROM json_each(?))
