-- Signed requests that have changed tables (store_proof.c); each is here for ten minutes or so.
CREATE TABLE `used_proofs` (
  `id` bigint NOT NULL PRIMARY KEY,
  `untilMs` bigint NOT NULL,
  KEY `ix_used_proofs_until` (`untilMs`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
