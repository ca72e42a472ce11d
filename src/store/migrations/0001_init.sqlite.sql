-- The whole schema of the contract, section 2. Names in camelCase as TypeORM writes them.
-- Decimals are TEXT in canonical form: a column declared decimal(36,18) would have NUMERIC affinity
-- here and turn amounts into 8-byte floats. Times are TEXT 'YYYY-MM-DD HH:MM:SS.mmm' in UTC: what
-- TypeORM reads as datetime on SQLite and what datetime(3) shows on MariaDB. Booleans are 0 or 1.
-- Words are those of the API. operationId fits in 63 bits.

CREATE TABLE "users" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
  "password" TEXT NOT NULL,
  "role" TEXT NOT NULL DEFAULT 'user',
  "status" TEXT NOT NULL DEFAULT 'ACTIVE',
  "isLocked" TEXT NOT NULL DEFAULT 'UNLOCKED',
  "userType" TEXT NOT NULL DEFAULT '',
  "allowTrade" INTEGER NOT NULL DEFAULT 1,
  "enableTradingFee" INTEGER NOT NULL DEFAULT 1,
  "isMarketMaker" INTEGER NOT NULL DEFAULT 0,
  "isBot" INTEGER NOT NULL DEFAULT 0,
  "uid" TEXT NOT NULL,
  "createdAt" TEXT NOT NULL,
  CONSTRAINT "uq_users_email" UNIQUE ("email"),
  CONSTRAINT "uq_users_uid" UNIQUE ("uid")
);

CREATE TABLE "accounts" (
  "id" INTEGER PRIMARY KEY,
  "asset" TEXT NOT NULL,
  "balance" TEXT NOT NULL,
  "userId" INTEGER NOT NULL,
  "operationId" INTEGER NOT NULL,
  "rewardBalance" TEXT NOT NULL,
  "flags" INTEGER NOT NULL DEFAULT 0,
  "updatedAt" TEXT NOT NULL
);
CREATE INDEX "ix_accounts_user" ON "accounts" ("userId", "asset");

-- An index on a rowid table ends with the rowid, which is the id: (userId) is (userId, id).
CREATE TABLE "orders" (
  "id" INTEGER PRIMARY KEY,
  "accountId" INTEGER NOT NULL,
  "userId" INTEGER NOT NULL,
  "symbol" TEXT NOT NULL,
  "side" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "quantity" TEXT NOT NULL,
  "price" TEXT NOT NULL,
  "remaining" TEXT NOT NULL,
  "executedPrice" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "leverage" TEXT NOT NULL,
  "marginMode" TEXT NOT NULL,
  "isReduceOnly" INTEGER NOT NULL,
  "isPostOnly" INTEGER NOT NULL,
  "operationId" INTEGER NOT NULL,
  "tmpId" INTEGER,
  "clientOrderId" TEXT,
  "timeInForce" TEXT NOT NULL,
  "tpSLType" TEXT,
  "tpSLPrice" TEXT,
  "trigger" TEXT,
  "stopCondition" TEXT,
  "activationPrice" TEXT,
  "callbackRate" TEXT,
  "takeProfitOrderId" INTEGER,
  "stopLossOrderId" INTEGER,
  "parentOrderId" INTEGER,
  "linkedOrderId" INTEGER,
  "cost" TEXT NOT NULL,
  "orderMargin" TEXT NOT NULL,
  "contractType" TEXT NOT NULL,
  "note" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "instrumentId" INTEGER NOT NULL,
  "positionSide" TEXT NOT NULL,
  "stpMode" TEXT NOT NULL,
  "expireTime" TEXT,
  "createdAt" TEXT NOT NULL,
  "updatedAt" TEXT NOT NULL
);
CREATE INDEX "ix_orders_user" ON "orders" ("userId");
CREATE INDEX "ix_orders_open" ON "orders" ("userId")
  WHERE "status" IN ('PENDING', 'UNTRIGGERED', 'ACTIVE', 'PARTIALLY_FILLED');
-- tmpIds rise with time: alone in the index they are appended to one page, not spread over users.
CREATE INDEX "ix_orders_tmp" ON "orders" ("tmpId") WHERE "tmpId" IS NOT NULL;
CREATE INDEX "ix_orders_client" ON "orders" ("userId", "clientOrderId")
  WHERE "clientOrderId" IS NOT NULL;

CREATE TABLE "positions" (
  "id" INTEGER PRIMARY KEY,
  "accountId" INTEGER NOT NULL,
  "userId" INTEGER NOT NULL,
  "symbol" TEXT NOT NULL,
  "currentQty" TEXT NOT NULL,
  "leverage" TEXT NOT NULL,
  "liquidationPrice" TEXT NOT NULL,
  "bankruptPrice" TEXT NOT NULL,
  "entryPrice" TEXT NOT NULL,
  "entryValue" TEXT NOT NULL,
  "isCross" INTEGER NOT NULL,
  "positionMargin" TEXT NOT NULL,
  "orderCost" TEXT NOT NULL,
  "adjustMargin" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  "asset" TEXT NOT NULL,
  "contractType" TEXT NOT NULL,
  "takeProfitOrderId" INTEGER,
  "stopLossOrderId" INTEGER,
  "pnlRanking" INTEGER,
  "realizedPnl" TEXT NOT NULL,
  "positionSide" TEXT NOT NULL,
  "instrumentId" INTEGER NOT NULL,
  "updatedAt" TEXT NOT NULL
);
CREATE INDEX "ix_positions_user" ON "positions" ("userId");

CREATE TABLE "trades" (
  "id" INTEGER PRIMARY KEY,
  "buyOrderId" INTEGER NOT NULL,
  "sellOrderId" INTEGER NOT NULL,
  "buyAccountId" INTEGER NOT NULL,
  "sellAccountId" INTEGER NOT NULL,
  "buyUserId" INTEGER NOT NULL,
  "sellUserId" INTEGER NOT NULL,
  "symbol" TEXT NOT NULL,
  "price" TEXT NOT NULL,
  "quantity" TEXT NOT NULL,
  "buyFee" TEXT NOT NULL,
  "sellFee" TEXT NOT NULL,
  "realizedPnlOrderBuy" TEXT NOT NULL,
  "realizedPnlOrderSell" TEXT NOT NULL,
  "buyerIsTaker" INTEGER NOT NULL,
  "note" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  "contractType" TEXT NOT NULL,
  "buyFeeRate" TEXT NOT NULL,
  "sellFeeRate" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "instrumentId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_trades_buyer" ON "trades" ("buyUserId");
CREATE INDEX "ix_trades_seller" ON "trades" ("sellUserId");
CREATE INDEX "ix_trades_symbol" ON "trades" ("symbol");

CREATE TABLE "transactions" (
  "id" INTEGER PRIMARY KEY,
  "accountId" INTEGER NOT NULL,
  "userId" INTEGER NOT NULL,
  "asset" TEXT NOT NULL,
  "amount" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "symbol" TEXT,
  "operationId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_transactions_user" ON "transactions" ("userId");

CREATE TABLE "instruments" (
  "id" INTEGER PRIMARY KEY,
  "symbol" TEXT NOT NULL,
  "rootSymbol" TEXT NOT NULL,
  "baseUnderlying" TEXT NOT NULL,
  "quoteCurrency" TEXT NOT NULL,
  "settleCurrency" TEXT NOT NULL,
  "contractType" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "tickSize" TEXT NOT NULL,
  "lotSize" TEXT NOT NULL,
  "multiplier" TEXT NOT NULL,
  "makerFee" TEXT NOT NULL,
  "takerFee" TEXT NOT NULL,
  "liquidationFee" TEXT NOT NULL,
  "maxLeverage" TEXT NOT NULL,
  "fundingInterval" INTEGER NOT NULL,
  "fundingInterest" TEXT NOT NULL,
  "fundingDamper" TEXT NOT NULL,
  "impactNotional" TEXT NOT NULL,
  "expiry" TEXT,
  "tierCount" INTEGER NOT NULL,
  "operationId" INTEGER NOT NULL,
  "updatedAt" TEXT NOT NULL
);
CREATE INDEX "ix_instruments_symbol" ON "instruments" ("symbol");

-- Filters: sizes in lots and prices in ticks of the instrument, as the engine asks them.
CREATE TABLE "trading_rules" (
  "instrumentId" INTEGER PRIMARY KEY,
  "symbol" TEXT NOT NULL,
  "minNotional" TEXT NOT NULL,
  "minLots" INTEGER NOT NULL,
  "maxLots" INTEGER NOT NULL,
  "maxMarketLots" INTEGER NOT NULL,
  "maxTicks" INTEGER NOT NULL,
  "openInterestCapLots" INTEGER NOT NULL,
  "bandUp" TEXT NOT NULL,
  "bandDown" TEXT NOT NULL,
  "marketTakeBound" TEXT NOT NULL,
  "maxOrders" INTEGER NOT NULL,
  "maxAlgoOrders" INTEGER NOT NULL,
  "operationId" INTEGER NOT NULL,
  "updatedAt" TEXT NOT NULL
);

CREATE TABLE "leverage_margin" (
  "instrumentId" INTEGER NOT NULL,
  "tier" INTEGER NOT NULL,
  "cap" TEXT NOT NULL,
  "cum" TEXT NOT NULL,
  "maintenanceRate" TEXT NOT NULL,
  "maxLeverage" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  PRIMARY KEY ("instrumentId", "tier")
) WITHOUT ROWID;

CREATE TABLE "fundings" (
  "id" INTEGER PRIMARY KEY,
  "symbol" TEXT NOT NULL,
  "fundingTime" TEXT NOT NULL,
  "fundingRate" TEXT NOT NULL,
  "markPrice" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE UNIQUE INDEX "uq_fundings_symbol_time" ON "fundings" ("symbol", "fundingTime");

CREATE TABLE "funding_histories" (
  "id" INTEGER PRIMARY KEY,
  "userId" INTEGER NOT NULL,
  "accountId" INTEGER NOT NULL,
  "positionId" INTEGER NOT NULL,
  "symbol" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "amount" TEXT NOT NULL,
  "fundingRate" TEXT NOT NULL,
  "fundingQuantity" TEXT NOT NULL,
  "markPrice" TEXT NOT NULL,
  "fundingTime" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_funding_histories_user" ON "funding_histories" ("userId");

CREATE TABLE "margin_histories" (
  "id" INTEGER PRIMARY KEY,
  "userId" INTEGER NOT NULL,
  "accountId" INTEGER NOT NULL,
  "positionId" INTEGER NOT NULL,
  "symbol" TEXT NOT NULL,
  "amount" TEXT NOT NULL,
  "positionMargin" TEXT NOT NULL,
  "adjustMargin" TEXT NOT NULL,
  "leverage" TEXT NOT NULL,
  "liquidationPrice" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_margin_histories_user" ON "margin_histories" ("userId");

CREATE TABLE "position_histories" (
  "id" INTEGER PRIMARY KEY,
  "userId" INTEGER NOT NULL,
  "accountId" INTEGER NOT NULL,
  "positionId" INTEGER NOT NULL,
  "symbol" TEXT NOT NULL,
  "currentQty" TEXT NOT NULL,
  "entryPrice" TEXT NOT NULL,
  "entryValue" TEXT NOT NULL,
  "closePrice" TEXT,
  "realizedPnl" TEXT NOT NULL,
  "leverage" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_position_histories_user" ON "position_histories" ("userId");

CREATE TABLE "user_margin_mode" (
  "userId" INTEGER NOT NULL,
  "instrumentId" INTEGER NOT NULL,
  "marginMode" TEXT NOT NULL,
  "leverage" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  "updatedAt" TEXT NOT NULL,
  PRIMARY KEY ("userId", "instrumentId")
) WITHOUT ROWID;

CREATE TABLE "user_settings" (
  "userId" INTEGER NOT NULL REFERENCES "users" ("id"),
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "updatedAt" TEXT NOT NULL,
  PRIMARY KEY ("userId", "key")
) WITHOUT ROWID;

CREATE TABLE "api_keys" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER NOT NULL REFERENCES "users" ("id"),
  "key" TEXT NOT NULL,
  "secret" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "label" TEXT NOT NULL,
  "scopes" TEXT NOT NULL,
  "ips" TEXT NOT NULL,
  "isRevoked" INTEGER NOT NULL DEFAULT 0,
  "createdAt" TEXT NOT NULL,
  CONSTRAINT "uq_api_keys_key" UNIQUE ("key")
);
CREATE INDEX "ix_api_keys_user" ON "api_keys" ("userId");

CREATE TABLE "refresh_tokens" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER NOT NULL REFERENCES "users" ("id"),
  "family" TEXT NOT NULL,
  "tokenHash" TEXT NOT NULL,
  "expiresAt" TEXT NOT NULL,
  "usedAt" TEXT,
  "isRevoked" INTEGER NOT NULL DEFAULT 0,
  "createdAt" TEXT NOT NULL,
  CONSTRAINT "uq_refresh_tokens_hash" UNIQUE ("tokenHash")
);
CREATE INDEX "ix_refresh_tokens_family" ON "refresh_tokens" ("family");
CREATE INDEX "ix_refresh_tokens_user" ON "refresh_tokens" ("userId");

CREATE TABLE "candles" (
  "symbol" TEXT NOT NULL,
  "resolution" INTEGER NOT NULL,
  "minute" TEXT NOT NULL,
  "open" TEXT NOT NULL,
  "high" TEXT NOT NULL,
  "low" TEXT NOT NULL,
  "close" TEXT NOT NULL,
  "volume" TEXT NOT NULL,
  "quoteVolume" TEXT NOT NULL,
  "tradeCount" INTEGER NOT NULL,
  "operationId" INTEGER NOT NULL,
  PRIMARY KEY ("symbol", "resolution", "minute")
) WITHOUT ROWID;

CREATE TABLE "insurance_histories" (
  "id" INTEGER PRIMARY KEY,
  "asset" TEXT NOT NULL,
  "symbol" TEXT,
  "amount" TEXT NOT NULL,
  "balance" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_insurance_histories_asset" ON "insurance_histories" ("asset");

CREATE TABLE "audit_log" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER NOT NULL,
  "action" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "detail" TEXT NOT NULL,
  "ip" TEXT NOT NULL,
  "requestId" TEXT NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_audit_log_user" ON "audit_log" ("userId");

CREATE TABLE "saver_progress" (
  "shard" TEXT NOT NULL,
  "worker" TEXT NOT NULL,
  "operationId" INTEGER NOT NULL,
  PRIMARY KEY ("shard", "worker")
) WITHOUT ROWID;
