SELECT digest, kind, value, reason, date, at, source, checksum
FROM distrust
ORDER BY kind, value, digest
