-- Liquidations, and what fundings, insurance funds and histories say besides. The tables of 0001 to
-- which columns are added were never written.
ALTER TABLE `fundings` ADD COLUMN `asset` varchar(15) NOT NULL DEFAULT '';
ALTER TABLE `fundings` ADD COLUMN `indexPrice` decimal(36,18) NOT NULL DEFAULT 0;
ALTER TABLE `fundings` ADD COLUMN `paid` decimal(36,18) NOT NULL DEFAULT 0;
ALTER TABLE `fundings` ADD COLUMN `received` decimal(36,18) NOT NULL DEFAULT 0;
ALTER TABLE `fundings` ADD COLUMN `insured` decimal(36,18) NOT NULL DEFAULT 0;
ALTER TABLE `fundings` ADD COLUMN `remainder` decimal(36,18) NOT NULL DEFAULT 0;
ALTER TABLE `fundings` ADD COLUMN `positions` int NOT NULL DEFAULT 0;
ALTER TABLE `fundings` ADD COLUMN `isSkipped` tinyint(1) NOT NULL DEFAULT 0;
ALTER TABLE `insurance_histories` ADD COLUMN `quantity` decimal(36,18) NOT NULL DEFAULT 0;
ALTER TABLE `margin_histories` ADD COLUMN `asset` varchar(15) NOT NULL DEFAULT '';
ALTER TABLE `position_histories` ADD COLUMN `asset` varchar(15) NOT NULL DEFAULT '';
ALTER TABLE `position_histories` ADD COLUMN `closedQty` decimal(36,18) NOT NULL DEFAULT 0;
ALTER TABLE `position_histories` ADD COLUMN `positionSide` varchar(16) NOT NULL DEFAULT 'BOTH';
ALTER TABLE `position_histories` ADD COLUMN `marginMode` varchar(16) NOT NULL DEFAULT 'CROSS';

-- One row per step of a liquidation.
CREATE TABLE `liquidations` (
  `id` bigint NOT NULL PRIMARY KEY,
  `userId` bigint NOT NULL,
  `accountId` bigint NOT NULL,
  `positionId` bigint NOT NULL,
  `symbol` varchar(23) NOT NULL,
  `asset` varchar(15) NOT NULL,
  `step` varchar(15) NOT NULL,
  `side` varchar(16) NOT NULL,
  `positionSide` varchar(16) NOT NULL,
  `marginMode` varchar(16) NOT NULL,
  `quantity` decimal(36,18) NOT NULL,
  `price` decimal(36,18) NOT NULL,
  `markPrice` decimal(36,18) NOT NULL,
  `maintenanceMargin` decimal(36,18) NOT NULL,
  `equity` decimal(36,18) NOT NULL,
  `fee` decimal(36,18) NOT NULL,
  `orderId` bigint,
  `counterUserId` bigint,
  `counterAccountId` bigint,
  `counterPositionId` bigint,
  `orderCount` int NOT NULL,
  `operationId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_liquidations_user` (`userId`),
  KEY `ix_liquidations_symbol` (`symbol`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
