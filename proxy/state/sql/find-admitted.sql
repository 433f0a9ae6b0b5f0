SELECT digest, request
FROM admitted
WHERE resource = ?
