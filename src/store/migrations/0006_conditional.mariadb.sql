-- Conditional orders: the two flags that the table did not have a place for.
ALTER TABLE `orders` ADD COLUMN `closePosition` tinyint(1) NOT NULL DEFAULT 0;
ALTER TABLE `orders` ADD COLUMN `priceProtect` tinyint(1) NOT NULL DEFAULT 0;
