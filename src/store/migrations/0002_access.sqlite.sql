-- Who may do what, and who did what: revocation, keys that end, second factors, fees of a user, and an
-- audit log that cannot be rewritten unnoticed. Where "id" refers to users it is the user's own id.

-- Access tokens issued before this time are void; NULL: none is.
ALTER TABLE "users" ADD COLUMN "tokensValidFrom" TEXT;

ALTER TABLE "api_keys" ADD COLUMN "expiresAt" TEXT;

-- Logins whose access tokens are void though they have not expired; "expiresAt": no longer needed then.
CREATE TABLE "revoked_logins" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER NOT NULL REFERENCES "users" ("id"),
  "family" TEXT NOT NULL,
  "expiresAt" TEXT NOT NULL,
  CONSTRAINT "uq_revoked_logins_family" UNIQUE ("family")
);

CREATE TABLE "user_totp" (
  "id" INTEGER PRIMARY KEY REFERENCES "users" ("id"),
  "secret" TEXT NOT NULL,
  "isEnabled" INTEGER NOT NULL,
  "lastStep" INTEGER NOT NULL,
  "createdAt" TEXT NOT NULL
);

CREATE TABLE "recovery_codes" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER NOT NULL REFERENCES "users" ("id"),
  "codeHash" TEXT NOT NULL,
  "usedAt" TEXT,
  CONSTRAINT "uq_recovery_codes_hash" UNIQUE ("userId", "codeHash")
);

-- Without an override "hasFees" is 0; the row stays, so that the engine is told of it after a crash too.
CREATE TABLE "user_fees" (
  "id" INTEGER PRIMARY KEY REFERENCES "users" ("id"),
  "hasFees" INTEGER NOT NULL,
  "makerFee" TEXT NOT NULL,
  "takerFee" TEXT NOT NULL,
  "updatedAt" TEXT NOT NULL
);

-- Nothing has written audit_log before this migration.
ALTER TABLE "audit_log" ADD COLUMN "outcome" TEXT NOT NULL DEFAULT '';
ALTER TABLE "audit_log" ADD COLUMN "previousHash" TEXT NOT NULL DEFAULT '';
ALTER TABLE "audit_log" ADD COLUMN "hash" TEXT NOT NULL DEFAULT '';
CREATE INDEX "ix_audit_log_action" ON "audit_log" ("action");
CREATE TRIGGER "audit_log_no_update" BEFORE UPDATE ON "audit_log"
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER "audit_log_no_delete" BEFORE DELETE ON "audit_log"
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- REPLACE would delete without asking the trigger above.
CREATE TRIGGER "audit_log_no_gap" BEFORE INSERT ON "audit_log"
WHEN NEW."id" <> (SELECT COALESCE(MAX("id"), 0) + 1 FROM "audit_log")
BEGIN
  SELECT RAISE(ABORT, 'the audit log has no gaps');
END;
