SELECT repository, role, version, digest, bytes, checksum
FROM tuf_metadata
ORDER BY replace(replace(repository, '%', '%25'), ' ', '%20')
  || ' '
  || replace(replace(role, '%', '%25'), ' ', '%20')
  || ' '
  || version
