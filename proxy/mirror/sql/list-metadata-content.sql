SELECT repository, role, version, digest, bytes, checksum
FROM tuf_metadata
ORDER BY repository || ' ' || role || ' ' || version
