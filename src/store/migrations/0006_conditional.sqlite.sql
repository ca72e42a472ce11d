-- Conditional orders: the two flags that the table did not have a place for.
ALTER TABLE "orders" ADD COLUMN "closePosition" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "orders" ADD COLUMN "priceProtect" INTEGER NOT NULL DEFAULT 0;
