-- Signed requests that have changed tables (store_proof.c); each is here for ten minutes or so.
CREATE TABLE "used_proofs" (
  "id" INTEGER PRIMARY KEY,
  "untilMs" INTEGER NOT NULL
);
CREATE INDEX "ix_used_proofs_until" ON "used_proofs" ("untilMs");
