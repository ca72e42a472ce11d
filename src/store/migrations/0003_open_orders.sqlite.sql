-- The same orders are in the index as before, but SQLite 3.40 builds a temporary tree for an IN of
-- more than two values each time a statement runs that could touch the index: half of the time that
-- it took to save an order.
DROP INDEX "ix_orders_open";
CREATE INDEX "ix_orders_open" ON "orders" ("userId")
  WHERE "status"='PENDING' OR "status"='UNTRIGGERED' OR "status"='ACTIVE' OR "status"='PARTIALLY_FILLED';
