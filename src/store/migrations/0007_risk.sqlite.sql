-- Liquidations, and what fundings, insurance funds and histories say besides. The tables of 0001 to
-- which columns are added were never written.
ALTER TABLE "fundings" ADD COLUMN "asset" TEXT NOT NULL DEFAULT '';
ALTER TABLE "fundings" ADD COLUMN "indexPrice" TEXT NOT NULL DEFAULT '0';
ALTER TABLE "fundings" ADD COLUMN "paid" TEXT NOT NULL DEFAULT '0';
ALTER TABLE "fundings" ADD COLUMN "received" TEXT NOT NULL DEFAULT '0';
ALTER TABLE "fundings" ADD COLUMN "insured" TEXT NOT NULL DEFAULT '0';
ALTER TABLE "fundings" ADD COLUMN "remainder" TEXT NOT NULL DEFAULT '0';
ALTER TABLE "fundings" ADD COLUMN "positions" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "fundings" ADD COLUMN "isSkipped" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "insurance_histories" ADD COLUMN "quantity" TEXT NOT NULL DEFAULT '0';
ALTER TABLE "margin_histories" ADD COLUMN "asset" TEXT NOT NULL DEFAULT '';
ALTER TABLE "position_histories" ADD COLUMN "asset" TEXT NOT NULL DEFAULT '';
ALTER TABLE "position_histories" ADD COLUMN "closedQty" TEXT NOT NULL DEFAULT '0';
ALTER TABLE "position_histories" ADD COLUMN "positionSide" TEXT NOT NULL DEFAULT 'BOTH';
ALTER TABLE "position_histories" ADD COLUMN "marginMode" TEXT NOT NULL DEFAULT 'CROSS';

-- One row per step of a liquidation.
CREATE TABLE "liquidations" (
  "id" INTEGER PRIMARY KEY,
  "userId" INTEGER NOT NULL,
  "accountId" INTEGER NOT NULL,
  "positionId" INTEGER NOT NULL,
  "symbol" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "step" TEXT NOT NULL,
  "side" TEXT NOT NULL,
  "positionSide" TEXT NOT NULL,
  "marginMode" TEXT NOT NULL,
  "quantity" TEXT NOT NULL,
  "price" TEXT NOT NULL,
  "markPrice" TEXT NOT NULL,
  "maintenanceMargin" TEXT NOT NULL,
  "equity" TEXT NOT NULL,
  "fee" TEXT NOT NULL,
  "orderId" INTEGER,
  "counterUserId" INTEGER,
  "counterAccountId" INTEGER,
  "counterPositionId" INTEGER,
  "orderCount" INTEGER NOT NULL,
  "operationId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_liquidations_user" ON "liquidations" ("userId");
CREATE INDEX "ix_liquidations_symbol" ON "liquidations" ("symbol");
