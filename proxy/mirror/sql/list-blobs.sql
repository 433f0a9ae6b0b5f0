SELECT digest, bytes
FROM blob
