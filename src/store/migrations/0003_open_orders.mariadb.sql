-- There are no partial indexes here: the open orders of a user are a few ranges of this one.
CREATE INDEX `ix_orders_open` ON `orders` (`userId`, `status`);
