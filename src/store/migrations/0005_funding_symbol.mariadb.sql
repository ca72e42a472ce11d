-- The list of a symbol's fundings, newest first.
CREATE INDEX `ix_fundings_symbol` ON `fundings` (`symbol`);
