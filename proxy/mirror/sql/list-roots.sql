SELECT repository AS name, version, expires, digest
FROM tuf_root
ORDER BY repository, version
