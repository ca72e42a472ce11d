-- The same tables, columns and indexes as on SQLite, with the types of the seed: decimal(36,18), datetime(3) in UTC, enums where
-- it has enums. Integers are bigint where SQLite's are 64 bits wide. A statement ends with ";" and the end of its line.
-- utf8mb4_bin: texts are equal where their bytes are. A secondary index ends with the primary key: (userId) is (userId, id).

CREATE TABLE `users` (
  `id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `email` varchar(255) NOT NULL,
  `password` varchar(127) NOT NULL,
  `role` varchar(15) NOT NULL DEFAULT 'user',
  `status` varchar(15) NOT NULL DEFAULT 'ACTIVE',
  `isLocked` varchar(15) NOT NULL DEFAULT 'UNLOCKED',
  `userType` varchar(15) NOT NULL DEFAULT '',
  `allowTrade` tinyint(1) NOT NULL DEFAULT 1,
  `enableTradingFee` tinyint(1) NOT NULL DEFAULT 1,
  `isMarketMaker` tinyint(1) NOT NULL DEFAULT 0,
  `isBot` tinyint(1) NOT NULL DEFAULT 0,
  `uid` varchar(23) NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  UNIQUE KEY `uq_users_email` (`email`),
  UNIQUE KEY `uq_users_uid` (`uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `accounts` (
  `id` bigint NOT NULL PRIMARY KEY,
  `asset` varchar(15) NOT NULL,
  `balance` decimal(36,18) NOT NULL,
  `userId` bigint NOT NULL,
  `operationId` bigint NOT NULL,
  `rewardBalance` decimal(36,18) NOT NULL,
  `flags` int unsigned NOT NULL DEFAULT 0,
  `updatedAt` datetime(3) NOT NULL,
  KEY `ix_accounts_user` (`userId`, `asset`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `orders` (
  `id` bigint NOT NULL PRIMARY KEY,
  `accountId` bigint NOT NULL,
  `userId` bigint NOT NULL,
  `symbol` varchar(23) NOT NULL,
  `side` enum('BUY','SELL') NOT NULL,
  `type` enum('LIMIT','MARKET') NOT NULL,
  `quantity` decimal(36,18) NOT NULL,
  `price` decimal(36,18) NOT NULL,
  `remaining` decimal(36,18) NOT NULL,
  `executedPrice` decimal(36,18) NOT NULL,
  `status` enum('PENDING','UNTRIGGERED','ACTIVE','PARTIALLY_FILLED','FILLED','CANCELED','EXPIRED','REJECTED') NOT NULL,
  `leverage` decimal(36,18) NOT NULL,
  `marginMode` enum('CROSS','ISOLATED') NOT NULL,
  `isReduceOnly` tinyint(1) NOT NULL,
  `isPostOnly` tinyint(1) NOT NULL,
  `operationId` bigint NOT NULL,
  `tmpId` bigint unsigned,
  `clientOrderId` varchar(36),
  `timeInForce` varchar(8) NOT NULL,
  `tpSLType` varchar(32),
  `tpSLPrice` decimal(36,18),
  `trigger` varchar(16),
  `stopCondition` varchar(16),
  `activationPrice` decimal(36,18),
  `callbackRate` decimal(36,18),
  `takeProfitOrderId` bigint,
  `stopLossOrderId` bigint,
  `parentOrderId` bigint,
  `linkedOrderId` bigint,
  `cost` decimal(36,18) NOT NULL,
  `orderMargin` decimal(36,18) NOT NULL,
  `contractType` varchar(16) NOT NULL,
  `note` varchar(32) NOT NULL,
  `asset` varchar(15) NOT NULL,
  `instrumentId` bigint NOT NULL,
  `positionSide` varchar(16) NOT NULL,
  `stpMode` varchar(16) NOT NULL,
  `expireTime` datetime(3),
  `createdAt` datetime(3) NOT NULL,
  `updatedAt` datetime(3) NOT NULL,
  KEY `ix_orders_user` (`userId`),
  -- tmpIds rise with time: alone in the index they are appended to one page, not spread over users.
  KEY `ix_orders_tmp` (`tmpId`),
  KEY `ix_orders_client` (`userId`, `clientOrderId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `positions` (
  `id` bigint NOT NULL PRIMARY KEY,
  `accountId` bigint NOT NULL,
  `userId` bigint NOT NULL,
  `symbol` varchar(23) NOT NULL,
  `currentQty` decimal(36,18) NOT NULL,
  `leverage` decimal(36,18) NOT NULL,
  `liquidationPrice` decimal(36,18) NOT NULL,
  `bankruptPrice` decimal(36,18) NOT NULL,
  `entryPrice` decimal(36,18) NOT NULL,
  `entryValue` decimal(36,18) NOT NULL,
  `isCross` tinyint(1) NOT NULL,
  `positionMargin` decimal(36,18) NOT NULL,
  `orderCost` decimal(36,18) NOT NULL,
  `adjustMargin` decimal(36,18) NOT NULL,
  `operationId` bigint NOT NULL,
  `asset` varchar(15) NOT NULL,
  `contractType` varchar(16) NOT NULL,
  `takeProfitOrderId` bigint,
  `stopLossOrderId` bigint,
  `pnlRanking` int,
  `realizedPnl` decimal(36,18) NOT NULL,
  `positionSide` varchar(16) NOT NULL,
  `instrumentId` bigint NOT NULL,
  `updatedAt` datetime(3) NOT NULL,
  KEY `ix_positions_user` (`userId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `trades` (
  `id` bigint NOT NULL PRIMARY KEY,
  `buyOrderId` bigint NOT NULL,
  `sellOrderId` bigint NOT NULL,
  `buyAccountId` bigint NOT NULL,
  `sellAccountId` bigint NOT NULL,
  `buyUserId` bigint NOT NULL,
  `sellUserId` bigint NOT NULL,
  `symbol` varchar(23) NOT NULL,
  `price` decimal(36,18) NOT NULL,
  `quantity` decimal(36,18) NOT NULL,
  `buyFee` decimal(36,18) NOT NULL,
  `sellFee` decimal(36,18) NOT NULL,
  `realizedPnlOrderBuy` decimal(36,18) NOT NULL,
  `realizedPnlOrderSell` decimal(36,18) NOT NULL,
  `buyerIsTaker` tinyint(1) NOT NULL,
  `note` varchar(32) NOT NULL,
  `operationId` bigint NOT NULL,
  `contractType` varchar(16) NOT NULL,
  `buyFeeRate` decimal(36,18) NOT NULL,
  `sellFeeRate` decimal(36,18) NOT NULL,
  `value` decimal(36,18) NOT NULL,
  `asset` varchar(15) NOT NULL,
  `instrumentId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_trades_buyer` (`buyUserId`),
  KEY `ix_trades_seller` (`sellUserId`),
  KEY `ix_trades_symbol` (`symbol`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `transactions` (
  `id` bigint NOT NULL PRIMARY KEY,
  `accountId` bigint NOT NULL,
  `userId` bigint NOT NULL,
  `asset` varchar(15) NOT NULL,
  `amount` decimal(36,18) NOT NULL,
  `type` varchar(32) NOT NULL,
  `symbol` varchar(23),
  `operationId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_transactions_user` (`userId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `instruments` (
  `id` bigint NOT NULL PRIMARY KEY,
  `symbol` varchar(23) NOT NULL,
  `rootSymbol` varchar(23) NOT NULL,
  `baseUnderlying` varchar(15) NOT NULL,
  `quoteCurrency` varchar(15) NOT NULL,
  `settleCurrency` varchar(15) NOT NULL,
  `contractType` varchar(16) NOT NULL,
  `kind` varchar(16) NOT NULL,
  `state` varchar(16) NOT NULL,
  `tickSize` decimal(36,18) NOT NULL,
  `lotSize` decimal(36,18) NOT NULL,
  `multiplier` decimal(36,18) NOT NULL,
  `makerFee` decimal(36,18) NOT NULL,
  `takerFee` decimal(36,18) NOT NULL,
  `liquidationFee` decimal(36,18) NOT NULL,
  `maxLeverage` decimal(36,18) NOT NULL,
  `fundingInterval` int NOT NULL,
  `fundingInterest` decimal(36,18) NOT NULL,
  `fundingDamper` decimal(36,18) NOT NULL,
  `impactNotional` decimal(36,18) NOT NULL,
  `expiry` datetime(3),
  `tierCount` int NOT NULL,
  `operationId` bigint NOT NULL,
  `updatedAt` datetime(3) NOT NULL,
  KEY `ix_instruments_symbol` (`symbol`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Filters: sizes in lots and prices in ticks of the instrument, as the engine asks them.
CREATE TABLE `trading_rules` (
  `instrumentId` bigint NOT NULL PRIMARY KEY,
  `symbol` varchar(23) NOT NULL,
  `minNotional` decimal(36,18) NOT NULL,
  `minLots` bigint NOT NULL,
  `maxLots` bigint NOT NULL,
  `maxMarketLots` bigint NOT NULL,
  `maxTicks` bigint NOT NULL,
  `openInterestCapLots` bigint NOT NULL,
  `bandUp` decimal(36,18) NOT NULL,
  `bandDown` decimal(36,18) NOT NULL,
  `marketTakeBound` decimal(36,18) NOT NULL,
  `maxOrders` int NOT NULL,
  `maxAlgoOrders` int NOT NULL,
  `operationId` bigint NOT NULL,
  `updatedAt` datetime(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `leverage_margin` (
  `instrumentId` bigint NOT NULL,
  `tier` int NOT NULL,
  `cap` decimal(36,18) NOT NULL,
  `cum` decimal(36,18) NOT NULL,
  `maintenanceRate` decimal(36,18) NOT NULL,
  `maxLeverage` decimal(36,18) NOT NULL,
  `operationId` bigint NOT NULL,
  PRIMARY KEY (`instrumentId`, `tier`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `fundings` (
  `id` bigint NOT NULL PRIMARY KEY,
  `symbol` varchar(23) NOT NULL,
  `fundingTime` datetime(3) NOT NULL,
  `fundingRate` decimal(36,18) NOT NULL,
  `markPrice` decimal(36,18) NOT NULL,
  `operationId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  UNIQUE KEY `uq_fundings_symbol_time` (`symbol`, `fundingTime`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `funding_histories` (
  `id` bigint NOT NULL PRIMARY KEY,
  `userId` bigint NOT NULL,
  `accountId` bigint NOT NULL,
  `positionId` bigint NOT NULL,
  `symbol` varchar(23) NOT NULL,
  `asset` varchar(15) NOT NULL,
  `amount` decimal(36,18) NOT NULL,
  `fundingRate` decimal(36,18) NOT NULL,
  `fundingQuantity` decimal(36,18) NOT NULL,
  `markPrice` decimal(36,18) NOT NULL,
  `fundingTime` datetime(3) NOT NULL,
  `operationId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_funding_histories_user` (`userId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `margin_histories` (
  `id` bigint NOT NULL PRIMARY KEY,
  `userId` bigint NOT NULL,
  `accountId` bigint NOT NULL,
  `positionId` bigint NOT NULL,
  `symbol` varchar(23) NOT NULL,
  `amount` decimal(36,18) NOT NULL,
  `positionMargin` decimal(36,18) NOT NULL,
  `adjustMargin` decimal(36,18) NOT NULL,
  `leverage` decimal(36,18) NOT NULL,
  `liquidationPrice` decimal(36,18) NOT NULL,
  `action` varchar(39) NOT NULL,
  `operationId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_margin_histories_user` (`userId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `position_histories` (
  `id` bigint NOT NULL PRIMARY KEY,
  `userId` bigint NOT NULL,
  `accountId` bigint NOT NULL,
  `positionId` bigint NOT NULL,
  `symbol` varchar(23) NOT NULL,
  `currentQty` decimal(36,18) NOT NULL,
  `entryPrice` decimal(36,18) NOT NULL,
  `entryValue` decimal(36,18) NOT NULL,
  `closePrice` decimal(36,18),
  `realizedPnl` decimal(36,18) NOT NULL,
  `leverage` decimal(36,18) NOT NULL,
  `operationId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_position_histories_user` (`userId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `user_margin_mode` (
  `userId` bigint NOT NULL,
  `instrumentId` bigint NOT NULL,
  `marginMode` varchar(16) NOT NULL,
  `leverage` decimal(36,18) NOT NULL,
  `operationId` bigint NOT NULL,
  `updatedAt` datetime(3) NOT NULL,
  PRIMARY KEY (`userId`, `instrumentId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `user_settings` (
  `userId` bigint NOT NULL,
  `key` varchar(63) NOT NULL,
  `value` varchar(519) NOT NULL,
  `updatedAt` datetime(3) NOT NULL,
  PRIMARY KEY (`userId`, `key`),
  CONSTRAINT `fk_user_settings_user` FOREIGN KEY (`userId`) REFERENCES `users` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `api_keys` (
  `id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `userId` bigint NOT NULL,
  `key` varchar(71) NOT NULL,
  `secret` varchar(135) NOT NULL,
  `kind` varchar(16) NOT NULL,
  `label` varchar(63) NOT NULL,
  `scopes` varchar(63) NOT NULL,
  `ips` varchar(255) NOT NULL,
  `isRevoked` tinyint(1) NOT NULL DEFAULT 0,
  `createdAt` datetime(3) NOT NULL,
  UNIQUE KEY `uq_api_keys_key` (`key`),
  CONSTRAINT `fk_api_keys_user` FOREIGN KEY (`userId`) REFERENCES `users` (`id`),
  KEY `ix_api_keys_user` (`userId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `refresh_tokens` (
  `id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `userId` bigint NOT NULL,
  `family` varchar(39) NOT NULL,
  `tokenHash` varchar(71) NOT NULL,
  `expiresAt` datetime(3) NOT NULL,
  `usedAt` datetime(3),
  `isRevoked` tinyint(1) NOT NULL DEFAULT 0,
  `createdAt` datetime(3) NOT NULL,
  UNIQUE KEY `uq_refresh_tokens_hash` (`tokenHash`),
  CONSTRAINT `fk_refresh_tokens_user` FOREIGN KEY (`userId`) REFERENCES `users` (`id`),
  KEY `ix_refresh_tokens_family` (`family`),
  KEY `ix_refresh_tokens_user` (`userId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `candles` (
  `symbol` varchar(23) NOT NULL,
  `resolution` int NOT NULL,
  `minute` datetime(3) NOT NULL,
  `open` decimal(36,18) NOT NULL,
  `high` decimal(36,18) NOT NULL,
  `low` decimal(36,18) NOT NULL,
  `close` decimal(36,18) NOT NULL,
  `volume` decimal(36,18) NOT NULL,
  `quoteVolume` decimal(36,18) NOT NULL,
  `tradeCount` bigint NOT NULL,
  `operationId` bigint NOT NULL,
  PRIMARY KEY (`symbol`, `resolution`, `minute`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `insurance_histories` (
  `id` bigint NOT NULL PRIMARY KEY,
  `asset` varchar(15) NOT NULL,
  `symbol` varchar(23),
  `amount` decimal(36,18) NOT NULL,
  `balance` decimal(36,18) NOT NULL,
  `reason` varchar(31) NOT NULL,
  `operationId` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_insurance_histories_asset` (`asset`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `audit_log` (
  `id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `userId` bigint NOT NULL,
  `action` varchar(39) NOT NULL,
  `subject` varchar(95) NOT NULL,
  `detail` varchar(447) NOT NULL,
  `ip` varchar(47) NOT NULL,
  `requestId` varchar(67) NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  KEY `ix_audit_log_user` (`userId`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `saver_progress` (
  `shard` varchar(32) NOT NULL,
  `worker` varchar(32) NOT NULL,
  `operationId` bigint NOT NULL,
  PRIMARY KEY (`shard`, `worker`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
