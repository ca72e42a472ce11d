-- The ends of contracts: one row per phase.
CREATE TABLE "settlements" (
  "id" INTEGER PRIMARY KEY,
  "symbol" TEXT NOT NULL,
  "asset" TEXT NOT NULL,
  "phase" TEXT NOT NULL,
  "price" TEXT NOT NULL,
  "remainder" TEXT NOT NULL,
  "positions" INTEGER NOT NULL,
  "coveredTime" INTEGER NOT NULL,
  "operationId" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);
CREATE INDEX "ix_settlements_symbol" ON "settlements" ("symbol");
