-- Who may do what, and who did what: revocation, keys that end, second factors, fees of a user, and an
-- audit log that cannot be rewritten unnoticed. Where "id" refers to users it is the user's own id.

-- Access tokens issued before this time are void; NULL: none is.
ALTER TABLE `users` ADD COLUMN `tokensValidFrom` datetime(3);

ALTER TABLE `api_keys` ADD COLUMN `expiresAt` datetime(3);

-- Logins whose access tokens are void though they have not expired; "expiresAt": no longer needed then.
CREATE TABLE `revoked_logins` (
  `id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `userId` bigint NOT NULL,
  `family` varchar(39) NOT NULL,
  `expiresAt` datetime(3) NOT NULL,
  UNIQUE KEY `uq_revoked_logins_family` (`family`),
  CONSTRAINT `fk_revoked_logins_user` FOREIGN KEY (`userId`) REFERENCES `users` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `user_totp` (
  `id` bigint NOT NULL PRIMARY KEY,
  `secret` varchar(135) NOT NULL,
  `isEnabled` tinyint(1) NOT NULL,
  `lastStep` bigint NOT NULL,
  `createdAt` datetime(3) NOT NULL,
  CONSTRAINT `fk_user_totp_user` FOREIGN KEY (`id`) REFERENCES `users` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `recovery_codes` (
  `id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `userId` bigint NOT NULL,
  `codeHash` varchar(71) NOT NULL,
  `usedAt` datetime(3),
  UNIQUE KEY `uq_recovery_codes_hash` (`userId`, `codeHash`),
  CONSTRAINT `fk_recovery_codes_user` FOREIGN KEY (`userId`) REFERENCES `users` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Without an override "hasFees" is 0; the row stays, so that the engine is told of it after a crash too.
CREATE TABLE `user_fees` (
  `id` bigint NOT NULL PRIMARY KEY,
  `hasFees` tinyint(1) NOT NULL,
  `makerFee` decimal(36,18) NOT NULL,
  `takerFee` decimal(36,18) NOT NULL,
  `updatedAt` datetime(3) NOT NULL,
  CONSTRAINT `fk_user_fees_user` FOREIGN KEY (`id`) REFERENCES `users` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Nothing has written audit_log before this migration.
ALTER TABLE `audit_log` ADD COLUMN `outcome` varchar(39) NOT NULL DEFAULT '';
ALTER TABLE `audit_log` ADD COLUMN `previousHash` varchar(67) NOT NULL DEFAULT '';
ALTER TABLE `audit_log` ADD COLUMN `hash` varchar(67) NOT NULL DEFAULT '';
CREATE INDEX `ix_audit_log_action` ON `audit_log` (`action`);
CREATE TRIGGER `audit_log_no_update` BEFORE UPDATE ON `audit_log` FOR EACH ROW
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit log is append-only';
CREATE TRIGGER `audit_log_no_delete` BEFORE DELETE ON `audit_log` FOR EACH ROW
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit log is append-only';
-- REPLACE would delete: it meets this trigger first.
CREATE TRIGGER `audit_log_no_gap` BEFORE INSERT ON `audit_log` FOR EACH ROW
  IF NEW.`id` <> (SELECT COALESCE(MAX(`id`), 0) + 1 FROM `audit_log`) THEN SIGNAL SQLSTATE '45000'
    SET MESSAGE_TEXT = 'the audit log has no gaps'; END IF;
