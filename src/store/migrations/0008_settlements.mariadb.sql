-- The ends of contracts: one row per phase.
CREATE TABLE `settlements` (
  `id` bigint NOT NULL PRIMARY KEY,
  `symbol` varchar(23) NOT NULL,
  `asset` varchar(15) NOT NULL,
  `phase` varchar(15) NOT NULL,
  `price` decimal(36,18) NOT NULL,
  `remainder` decimal(36,18) NOT NULL,
  `positions` bigint NOT NULL,
  `coveredTime` bigint NOT NULL,
  `operationId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_settlements_symbol` (`symbol`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
