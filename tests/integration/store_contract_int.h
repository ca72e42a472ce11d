/**
 * @file store_contract_int.h
 * What the files of the store's contract suite share: a database with a writer and a reader, and
 * rows from a random stream.
 */
#ifndef FX_INTEGRATION_STORE_CONTRACT_INT_H
#define FX_INTEGRATION_STORE_CONTRACT_INT_H

#include "base/rng.h"
#include "fx_test.h"
#include "integration/store_contract.h"
#include "model/rows.h"

enum {
    STORE_CONTRACT_SEED = 20240229,
    STORE_CONTRACT_ROWS = 240,
    STORE_CONTRACT_USERS = 3,
    STORE_CONTRACT_SECOND_US = 1000000
};

#define STORE_CONTRACT_START_US 1700000000000000LL

struct store_contract_fixture {
    const struct store_contract_adapter *adapter;
    void *context;
    struct fx_store *writer;
    struct fx_store *reader;
};

fx_i128 store_contract_any_dec(struct fx_rng *rng);

/** One of two, by the number's parity. */
struct fx_symbol store_contract_symbol_of(uint64_t number);
struct fx_asset store_contract_asset_of(uint64_t number);

/** A row with every member set at random; user 1..STORE_CONTRACT_USERS, created
 * STORE_CONTRACT_START_US + id seconds. */
struct fx_rows_order store_contract_any_order(struct fx_rng *rng, uint64_t id);

/* Tests of store_contract_lists.c. */
void store_order_save_roundtrips(void **state);
void store_order_save_mixes_new_and_known(void **state);
void store_order_parents_of_a_span_are_read_once(void **state);
void store_order_older_operation_never_wins(void **state);
void store_order_other_names_give_the_newest(void **state);
void store_order_list_equals_model(void **state);
void store_order_list_by_offset_skips(void **state);
void store_trade_differing_duplicate_is_corrupt(void **state);
void store_trade_list_equals_model(void **state);

/* Tests of store_contract_access.c. */
void store_api_key_counts_what_lives(void **state);
void store_api_key_plain_secrets_are_found(void **state);
void store_session_revoked_logins_are_kept_while_they_matter(void **state);
void store_totp_of_a_user_and_codes_once(void **state);
void store_fee_is_replaced(void **state);
void store_setting_is_put_listed_and_removed(void **state);
void store_audit_chain_holds_and_lists(void **state);
void store_audit_is_append_only(void **state);
void store_audit_each_change_is_found(void **state);
void store_proof_is_used_once_and_forgotten(void **state);

/* Tests of store_contract_market.c. */
void store_candle_list_equals_model(void **state);
void store_candle_older_operation_never_wins(void **state);
void store_funding_lists_equal_models(void **state);
void store_trade_list_noted_equals_model(void **state);

/* Tests of store_contract_risk.c. */
void store_liquidation_list_equals_model(void **state);
void store_settlement_list_equals_model(void **state);
void store_history_lists_equal_models(void **state);

#endif
