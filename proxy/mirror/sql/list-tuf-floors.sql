SELECT repository, role, version, checksum
FROM tuf_floor
ORDER BY repository, role
