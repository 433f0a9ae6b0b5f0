SELECT repository, role, version, digest, bytes
FROM tuf_metadata
ORDER BY repository, role, version
