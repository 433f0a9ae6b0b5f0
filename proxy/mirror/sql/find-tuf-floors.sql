SELECT repository, role, version, checksum
FROM tuf_floor
WHERE repository = ?
ORDER BY role
