/* The contract of the store port: everything but orders and trades, and the list of all tests. */
#include "integration/store_contract.h"

#include <stdio.h>
#include <string.h>

#include "integration/store_contract_int.h"
#include "store/store_account.h"
#include "store/store_api_key.h"
#include "store/store_instrument.h"
#include "store/store_int.h"
#include "store/store_migrate.h"
#include "store/store_order.h"
#include "store/store_position.h"
#include "store/store_progress.h"
#include "store/store_session.h"
#include "store/store_trade.h"
#include "store/store_transaction.h"
#include "store/store_user.h"

static int setup(void **state)
{
    static struct store_contract_fixture fixture;
    const struct store_contract_adapter *adapter = *state;
    uint32_t applied = 0;
    memset(&fixture, 0, sizeof fixture);
    fixture.adapter = adapter;
    assert_true(adapter->setup(&fixture.context));
    assert_int_equal(adapter->open(fixture.context, true, &fixture.writer), FX_OK);
    assert_int_equal(fx_store_migrate(fixture.writer, &applied), FX_OK);
    assert_int_equal(adapter->open(fixture.context, false, &fixture.reader), FX_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct store_contract_fixture *fixture = *state;
    fx_store_close(fixture->reader);
    fx_store_close(fixture->writer);
    fixture->adapter->teardown(fixture->context);
    return 0;
}

static void store_migrate_twice_applies_once(void **state)
{
    struct store_contract_fixture *fixture = *state;
    uint32_t applied = 99;
    assert_int_equal(fx_store_migrate(fixture->writer, &applied), FX_OK);
    assert_int_equal(applied, 0);
    assert_int_equal(fx_store_migrate_check(fixture->reader), FX_OK);
}

static void store_migrate_changed_checksum_is_refused(void **state)
{
    struct store_contract_fixture *fixture = *state;
    uint32_t applied = 0;
    struct fx_store *store = fixture->writer;
    assert_int_equal(
        store->ops->script(store, FX_STR("UPDATE `migrations` SET `checksum`=1 WHERE `id`=1")),
        FX_OK);
    assert_int_equal(fx_store_migrate(store, &applied), FX_VERSION_MISMATCH);
    assert_int_equal(fx_store_migrate_check(fixture->reader), FX_VERSION_MISMATCH);
    assert_true(fx_store_error_text(store)[0] != '\0');
}

static void store_migrate_newer_database_is_refused(void **state)
{
    struct store_contract_fixture *fixture = *state;
    uint32_t applied = 0;
    struct fx_store *store = fixture->writer;
    assert_int_equal(store->ops->script(store,
                                        FX_STR("INSERT INTO `migrations` (`id`,`name`,`checksum`) "
                                               "VALUES (9999,'later',0)")),
                     FX_OK);
    assert_int_equal(fx_store_migrate(store, &applied), FX_VERSION_MISMATCH);
    assert_int_equal(fx_store_migrate_check(fixture->reader), FX_VERSION_MISMATCH);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): e-mail looks unlike uid
static struct fx_rows_user user_of(const char *email, const char *uid)
{
    struct fx_rows_user user = {
        .role = "user",
        .status = "ACTIVE",
        .user_type = "UNRESTRICTED",
        .password_hash = "$2b$10$hash",
        .allow_trade = true,
        .is_bot = true,
        .created_us = STORE_CONTRACT_START_US,
    };
    assert_true(fx_str_copy(fx_str_of(email), user.email, sizeof user.email));
    assert_true(fx_str_copy(fx_str_of(uid), user.uid, sizeof user.uid));
    return user;
}

static void store_user_insert_is_found_every_way(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rows_user user = user_of("a@example.org", "U-1");
    struct fx_rows_user found;
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &user.id), FX_OK);
    assert_true(user.id > 0);
    memset(&found, 0xff, sizeof found);
    assert_int_equal(fx_store_user_find(fixture->reader, user.id, &found), FX_OK);
    assert_memory_equal(&found, &user, sizeof user);
    memset(&found, 0xff, sizeof found);
    assert_int_equal(fx_store_user_find_email(fixture->reader, FX_STR("a@example.org"), &found),
                     FX_OK);
    assert_memory_equal(&found, &user, sizeof user);
    memset(&found, 0xff, sizeof found);
    assert_int_equal(fx_store_user_find_uid(fixture->reader, FX_STR("U-1"), &found), FX_OK);
    assert_memory_equal(&found, &user, sizeof user);
    assert_int_equal(fx_store_user_find_email(fixture->reader, FX_STR("b@example.org"), &found),
                     FX_NOT_FOUND);
    assert_int_equal(fx_store_user_find(fixture->reader, UINT64_MAX, &found), FX_NOT_FOUND);
}

static void store_user_taken_email_exists(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rows_user user = user_of("a@example.org", "U-1");
    struct fx_rows_user same_email = user_of("a@example.org", "U-2");
    struct fx_rows_user same_uid = user_of("c@example.org", "U-1");
    uint64_t id = 0, unused = 77, count = 0;
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &id), FX_OK);
    assert_int_equal(fx_store_user_insert(fixture->writer, &same_email, &unused), FX_EXISTS);
    assert_int_equal(fx_store_user_insert(fixture->writer, &same_uid, &unused), FX_EXISTS);
    assert_int_equal(unused, 77);
    assert_int_equal(fx_store_user_count(fixture->reader, &count), FX_OK);
    assert_int_equal(count, 1);
}

static void store_user_update_keeps_id_and_creation(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rows_user user = user_of("a@example.org", "U-1");
    struct fx_rows_user other = user_of("b@example.org", "U-2");
    struct fx_rows_user found;
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &user.id), FX_OK);
    assert_int_equal(fx_store_user_insert(fixture->writer, &other, &other.id), FX_OK);
    user.is_locked = true;
    user.allow_trade = false;
    user.created_us = 0;
    assert_int_equal(fx_store_user_update(fixture->writer, &user), FX_OK);
    assert_int_equal(fx_store_user_find(fixture->reader, user.id, &found), FX_OK);
    assert_true(found.is_locked);
    assert_false(found.allow_trade);
    assert_int_equal(found.created_us, STORE_CONTRACT_START_US);
    assert_int_equal(fx_store_user_find(fixture->reader, other.id, &found), FX_OK);
    assert_memory_equal(&found, &other, sizeof other);
    user.id = 4711;
    assert_int_equal(fx_store_user_update(fixture->writer, &user), FX_NOT_FOUND);
    assert_true(fx_str_copy(FX_STR("a@example.org"), other.email, sizeof other.email));
    assert_int_equal(fx_store_user_update(fixture->writer, &other), FX_EXISTS);
}

static void store_user_text_is_never_sql(void **state)
{
    struct store_contract_fixture *fixture = *state;
    static const char EMAIL[] = "x'); DROP TABLE users; --\"`";
    struct fx_rows_user user = user_of(EMAIL, "`\";");
    struct fx_rows_user found;
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &user.id), FX_OK);
    assert_int_equal(fx_store_user_find_email(fixture->reader, fx_str_of(EMAIL), &found), FX_OK);
    assert_memory_equal(&found, &user, sizeof user);
    assert_int_equal(fx_store_user_find_email(fixture->reader, FX_STR("' OR '1'='1"), &found),
                     FX_NOT_FOUND);
}

static void store_user_list_walks_newest_first(void **state)
{
    struct store_contract_fixture *fixture = *state;
    static const char *const EMAILS[] = {"a@x", "b@x", "c@x", "d@x", "e@x"};
    struct fx_rows_user users[2];
    struct fx_store_page page = {.limit = 2};
    uint32_t count = 0;
    for (size_t index = 0; index < 5; index++) {
        struct fx_rows_user user = user_of(EMAILS[index], EMAILS[index]);
        assert_int_equal(fx_store_user_insert(fixture->writer, &user, &user.id), FX_OK);
    }
    assert_int_equal(fx_store_user_list(fixture->reader, &page, users, &count), FX_OK);
    assert_int_equal(count, 2);
    assert_string_equal(users[0].email, "e@x");
    page.before_id = users[1].id;
    assert_int_equal(fx_store_user_list(fixture->reader, &page, users, &count), FX_OK);
    assert_string_equal(users[0].email, "c@x");
    page = (struct fx_store_page){.limit = 2, .offset = 4};
    assert_int_equal(fx_store_user_list(fixture->reader, &page, users, &count), FX_OK);
    assert_int_equal(count, 1);
    assert_string_equal(users[0].email, "a@x");
}

static void store_transaction_list_filters(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rows_transaction rows[40], page[40];
    memset(rows, 0, sizeof rows);
    for (uint32_t index = 0; index < 40; index++) {
        rows[index].id = index + 1;
        rows[index].operation_id = index;
        rows[index].user_id = 1 + index % 2;
        rows[index].account_id = 100 + rows[index].user_id;
        rows[index].amount = -(fx_i128)index;
        rows[index].type = (enum fx_transaction_type)(1 + index / 2 % 12);
        rows[index].asset = store_contract_asset_of(index / 4);
        rows[index].has_symbol = index % 3 == 0;
        if (rows[index].has_symbol) {
            rows[index].symbol = store_contract_symbol_of(index / 3);
        }
        rows[index].created_us =
            STORE_CONTRACT_START_US + (int64_t)index * STORE_CONTRACT_SECOND_US;
    }
    assert_int_equal(fx_store_transaction_save(fixture->writer, rows, 40), FX_OK);
    assert_int_equal(fx_store_transaction_save(fixture->writer, rows, 40), FX_OK);
    struct fx_store_transaction_query query = {.user_id = 2, .page = {.limit = 40}};
    uint32_t count = 0;
    assert_int_equal(fx_store_transaction_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(count, 20);
    for (uint32_t index = 0; index < 20; index++) {
        assert_memory_equal(&page[index], &rows[39 - 2 * index], sizeof page[0]);
    }
    query.type = FX_TRANSACTION_FUNDING_FEE; /* rows 10, 11 and 34, 35 */
    assert_int_equal(fx_store_transaction_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(count, 2);
    query.created.end_us = STORE_CONTRACT_START_US + 11LL * STORE_CONTRACT_SECOND_US;
    assert_int_equal(fx_store_transaction_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(count, 1);
    assert_int_equal(page[0].id, 12);
    query.asset = FX_STR("BTC"); /* row 11: 11 / 4 is even, so USDT */
    assert_int_equal(fx_store_transaction_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(count, 0);
    rows[7].amount++;
    assert_int_equal(fx_store_transaction_save(fixture->writer, &rows[7], 1), FX_CORRUPT);
}

static void store_position_save_roundtrips_and_guards(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_position rows[4], page[4], found;
    memset(rows, 0, sizeof rows);
    for (uint32_t index = 0; index < 4; index++) {
        struct fx_rows_position *row = &rows[index];
        row->id = index + 1;
        row->operation_id = 50;
        row->user_id = index == 3 ? 2 : 1;
        row->account_id = 9;
        row->current_qty = index == 1 ? 0 : store_contract_any_dec(&rng);
        row->leverage = store_contract_any_dec(&rng);
        row->liquidation_price = store_contract_any_dec(&rng);
        row->bankrupt_price = store_contract_any_dec(&rng);
        row->entry_price = store_contract_any_dec(&rng);
        row->entry_value = store_contract_any_dec(&rng);
        row->position_margin = store_contract_any_dec(&rng);
        row->order_cost = store_contract_any_dec(&rng);
        row->adjust_margin = store_contract_any_dec(&rng);
        row->realized_pnl = store_contract_any_dec(&rng);
        row->updated_us = STORE_CONTRACT_START_US;
        row->margin_mode = index % 2 == 0 ? FX_MARGIN_MODE_CROSS : FX_MARGIN_MODE_ISOLATED;
        row->position_side = FX_POSITION_SIDE_BOTH;
        row->contract_type = FX_CONTRACT_TYPE_USD_M;
        row->instrument = index;
        row->symbol = store_contract_symbol_of(index);
        row->asset = store_contract_asset_of(0);
    }
    assert_int_equal(fx_store_position_save(fixture->writer, rows, 4), FX_OK);
    struct fx_store_position_query query = {.user_id = 1, .page = {.limit = 4}};
    uint32_t count = 0;
    assert_int_equal(fx_store_position_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(count, 3);
    assert_memory_equal(&page[0], &rows[2], sizeof page[0]);
    assert_memory_equal(&page[1], &rows[1], sizeof page[0]);
    query.is_open_only = true;
    assert_int_equal(fx_store_position_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(count, 2);
    query.symbol = FX_STR("ETHUSDT");
    assert_int_equal(fx_store_position_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(count, 0);
    struct fx_rows_position old = rows[0];
    old.operation_id = 49;
    old.current_qty = 7;
    assert_int_equal(fx_store_position_save(fixture->writer, &old, 1), FX_OK);
    struct fx_rows_position versions[FX_STORE_LIMIT_MAX];
    assert_int_equal(fx_store_position_list_versions(fixture->reader, 0, versions, &count), FX_OK);
    assert_int_equal(count, 4);
    for (uint32_t index = 0; index < 4; index++) { /* of all users, the greatest id first */
        assert_int_equal(versions[index].id, rows[3 - index].id);
        assert_int_equal(versions[index].operation_id, rows[3 - index].operation_id);
        assert_int_equal(versions[index].updated_us, rows[3 - index].updated_us);
    }
    assert_int_equal(fx_store_position_list_versions(fixture->reader, rows[1].id, versions, &count),
                     FX_OK);
    assert_int_equal(count, 1);
    const struct fx_store_key mine = {1, 1}, foreign = {2, 1};
    assert_int_equal(fx_store_position_find(fixture->reader, mine, &found), FX_OK);
    assert_memory_equal(&found, &rows[0], sizeof found);
    assert_int_equal(fx_store_position_find(fixture->reader, foreign, &found), FX_NOT_FOUND);
}

static void store_account_sum_is_exact(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rows_account rows[150], page[2], found;
    memset(rows, 0, sizeof rows);
    fx_i128 expected = 0, sum = 0;
    for (uint32_t index = 0; index < 150; index++) {
        rows[index].id = index + 1;
        rows[index].operation_id = 5;
        rows[index].user_id = 1 + index / 2;
        rows[index].asset = store_contract_asset_of(index);
        rows[index].balance = 1000000000000 * fx_dec_one() + 1; /* a double would lose the 1 */
        rows[index].reward_balance = -(fx_i128)index;
        rows[index].updated_us = STORE_CONTRACT_START_US;
        rows[index].flags = FX_ACCOUNT_FLAG_NO_FEE;
        expected += index % 2 == 0 ? rows[index].balance + rows[index].reward_balance : 0;
    }
    assert_int_equal(fx_store_account_save(fixture->writer, rows, 150), FX_OK);
    assert_int_equal(fx_store_account_sum(fixture->reader, FX_STR("USDT"), &sum), FX_OK);
    assert_true(sum == expected);
    rows[0].balance = 0;
    rows[0].operation_id = 4;
    assert_int_equal(fx_store_account_save(fixture->writer, rows, 1), FX_OK);
    assert_int_equal(fx_store_account_sum(fixture->reader, FX_STR("USDT"), &sum), FX_OK);
    assert_true(sum == expected);
    assert_int_equal(fx_store_account_find_asset(fixture->reader, 2, FX_STR("BTC"), &found), FX_OK);
    assert_memory_equal(&found, &rows[3], sizeof found);
    assert_int_equal(fx_store_account_find_asset(fixture->reader, 2, FX_STR("ETH"), &found),
                     FX_NOT_FOUND);
    const struct fx_store_key foreign = {1, 4};
    assert_int_equal(fx_store_account_find(fixture->reader, foreign, &found), FX_NOT_FOUND);
    const struct fx_store_page first = {.limit = 2};
    uint32_t count = 0;
    assert_int_equal(fx_store_account_list(fixture->reader, 2, &first, page, &count), FX_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(&page[0], &rows[3], sizeof page[0]);
    static struct fx_rows_account versions[FX_STORE_LIMIT_MAX];
    assert_int_equal(fx_store_account_list_versions(fixture->reader, 0, versions, &count), FX_OK);
    assert_int_equal(count, 150);
    assert_int_equal(versions[0].id, 150);
    assert_int_equal(versions[149].operation_id, 5);
    assert_int_equal(versions[149].updated_us, STORE_CONTRACT_START_US);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): from, to
static struct fx_store_progress_step step_of(uint64_t from, uint64_t to)
{
    return (struct fx_store_progress_step){from, to};
}

static fx_status advance(struct fx_store *store,
                         const struct fx_store_progress_key *key,
                         const struct fx_store_progress_step step)
{
    return fx_store_progress_advance(store, key, &step);
}

static void store_progress_moves_from_where_it_is(void **state)
{
    struct store_contract_fixture *fixture = *state;
    const struct fx_store_progress_key key = {FX_STR("USDT"), FX_STR("saver")};
    const struct fx_store_progress_key other = {FX_STR("USDT"), FX_STR("orders")};
    uint64_t at = 99;
    assert_int_equal(fx_store_progress_find(fixture->reader, &key, &at), FX_OK);
    assert_int_equal(at, 0);
    /* Nothing is there: whoever thinks otherwise has seen rows that are lost. */
    assert_int_equal(advance(fixture->writer, &key, step_of(9, 10)), FX_TABLES_BEHIND);
    assert_int_equal(advance(fixture->writer, &key, step_of(0, 10)), FX_OK);
    assert_int_equal(advance(fixture->writer, &key, step_of(0, 10)), FX_STALE);
    assert_int_equal(advance(fixture->writer, &key, step_of(9, 12)), FX_STALE);
    assert_int_equal(advance(fixture->writer, &key, step_of(11, 12)), FX_TABLES_BEHIND);
    assert_non_null(strstr(fx_store_error_text(fixture->writer), "USDT/saver is 10, and was 11"));
    assert_int_equal(advance(fixture->writer, &key, step_of(10, 10)), FX_OK); /* it is there */
    assert_int_equal(advance(fixture->writer, &key, step_of(10, INT64_MAX)), FX_OK);
    assert_int_equal(advance(fixture->writer, &other, step_of(0, 3)), FX_OK);
    assert_int_equal(fx_store_progress_find(fixture->reader, &key, &at), FX_OK);
    assert_int_equal(at, INT64_MAX);
    assert_int_equal(fx_store_progress_again(fixture->reader, &other, 3, &at), FX_OK);
    assert_int_equal(at, 3);
    assert_int_equal(fx_store_progress_again(fixture->reader, &other, 2, &at), FX_OK);
    assert_int_equal(fx_store_progress_again(fixture->reader, &other, 4, &at), FX_TABLES_BEHIND);
}

static void store_rollback_forgets_rows_and_watermark(void **state)
{
    struct store_contract_fixture *fixture = *state;
    const struct fx_store_progress_key key = {FX_STR("USDT"), FX_STR("saver")};
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    const struct fx_rows_order order = store_contract_any_order(&rng, 1);
    uint64_t at = 0, count = 0;
    assert_int_equal(fx_store_begin(fixture->writer), FX_OK);
    assert_true(fx_store_is_in_transaction(fixture->writer));
    assert_int_equal(fx_store_order_save(fixture->writer, &order, 1), FX_OK);
    assert_int_equal(
        fx_store_progress_advance(
            fixture->writer, &key, &(struct fx_store_progress_step){.from = 0, .to = 10}),
        FX_OK);
    fx_store_rollback(fixture->writer);
    assert_false(fx_store_is_in_transaction(fixture->writer));
    assert_int_equal(fx_store_progress_find(fixture->writer, &key, &at), FX_OK);
    assert_int_equal(at, 0);
    assert_int_equal(fx_store_order_count(fixture->writer, &count), FX_OK);
    assert_int_equal(count, 0);
    fx_store_rollback(fixture->writer); /* nothing to do */
}

static void store_reader_is_not_blocked_by_an_open_transaction(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    const struct fx_rows_order order = store_contract_any_order(&rng, 1);
    uint64_t count = 99;
    assert_int_equal(fx_store_begin(fixture->writer), FX_OK);
    assert_int_equal(fx_store_order_save(fixture->writer, &order, 1), FX_OK);
    /* The reader sees what is committed, at once. */
    assert_int_equal(fx_store_order_count(fixture->reader, &count), FX_OK);
    assert_int_equal(count, 0);
    /* A reader's transaction is one view, and does not hinder the commit. */
    assert_int_equal(fx_store_begin(fixture->reader), FX_OK);
    assert_int_equal(fx_store_order_count(fixture->reader, &count), FX_OK);
    assert_int_equal(fx_store_commit(fixture->writer), FX_OK);
    assert_int_equal(fx_store_order_count(fixture->reader, &count), FX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(fx_store_commit(fixture->reader), FX_OK);
    assert_int_equal(fx_store_order_count(fixture->reader, &count), FX_OK);
    assert_int_equal(count, 1);
}

static void store_reopen_finds_everything(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rows_user user = user_of("a@example.org", "U-1"), found;
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &user.id), FX_OK);
    /* A transaction that is open when the handle closes is forgotten. */
    struct fx_rows_user lost = user_of("b@example.org", "U-2");
    assert_int_equal(fx_store_begin(fixture->writer), FX_OK);
    assert_int_equal(fx_store_user_insert(fixture->writer, &lost, &lost.id), FX_OK);
    fx_store_close(fixture->writer);
    fx_store_close(fixture->reader);
    fixture->reader = NULL;
    assert_int_equal(fixture->adapter->open(fixture->context, true, &fixture->writer), FX_OK);
    assert_int_equal(fx_store_user_find(fixture->writer, user.id, &found), FX_OK);
    assert_memory_equal(&found, &user, sizeof user);
    assert_int_equal(fx_store_user_find_uid(fixture->writer, FX_STR("U-2"), &found), FX_NOT_FOUND);
}

static void store_session_works_once(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rows_user user = user_of("a@example.org", "U-1");
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &user.id), FX_OK);
    struct fx_store_session first, second, found;
    memset(&first, 0, sizeof first); /* compared with its padding */
    first.user_id = user.id;
    first.expires_us = STORE_CONTRACT_START_US + STORE_CONTRACT_SECOND_US;
    first.created_us = STORE_CONTRACT_START_US;
    memcpy(first.family, "f1", 2);
    memcpy(first.token_hash, "aa", 2);
    memcpy(&second, &first, sizeof second);
    second.token_hash[0] = 'b';
    assert_int_equal(fx_store_session_insert(fixture->writer, &first, &first.id), FX_OK);
    assert_int_equal(fx_store_session_insert(fixture->writer, &first, &second.id), FX_EXISTS);
    second.id = 0;
    assert_int_equal(fx_store_session_insert(fixture->writer, &second, &second.id), FX_OK);
    assert_int_equal(
        fx_store_session_use(fixture->writer, first.id, STORE_CONTRACT_START_US + 5000), FX_OK);
    assert_int_equal(
        fx_store_session_use(fixture->writer, first.id, STORE_CONTRACT_START_US + 6000), FX_STALE);
    assert_int_equal(fx_store_session_find(fixture->reader, FX_STR("aa"), &found), FX_OK);
    first.used_us = STORE_CONTRACT_START_US + 5000;
    assert_memory_equal(&found, &first, sizeof found);
    assert_int_equal(fx_store_session_revoke_family(fixture->writer, FX_STR("f1")), FX_OK);
    assert_int_equal(fx_store_session_use(fixture->writer, second.id, STORE_CONTRACT_START_US),
                     FX_STALE);
    assert_int_equal(fx_store_session_find(fixture->reader, FX_STR("ba"), &found), FX_OK);
    assert_true(found.is_revoked);
    assert_int_equal(fx_store_session_find(fixture->reader, FX_STR("zz"), &found), FX_NOT_FOUND);
    assert_int_equal(fx_store_session_revoke_user(fixture->writer, user.id), FX_OK);
}

static void store_api_key_is_of_its_user(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rows_user user = user_of("a@example.org", "U-1");
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &user.id), FX_OK);
    struct fx_store_api_key key = {.user_id = user.id,
                                   .key = "k1",
                                   .secret = "s",
                                   .kind = "HMAC",
                                   .label = "bot",
                                   .scopes = "READ,TRADE",
                                   .ips = "10.0.0.1",
                                   .created_us = STORE_CONTRACT_START_US};
    struct fx_store_api_key found;
    const struct fx_store_page page = {.limit = 1};
    uint32_t count = 0;
    assert_int_equal(fx_store_api_key_insert(fixture->writer, &key, &key.id), FX_OK);
    assert_int_equal(fx_store_api_key_find(fixture->reader, FX_STR("k1"), &found), FX_OK);
    assert_memory_equal(&found, &key, sizeof found);
    assert_int_equal(fx_store_api_key_list(fixture->reader, user.id, &page, &found, &count), FX_OK);
    assert_int_equal(count, 1);
    const struct fx_store_key foreign = {user.id + 1, key.id}, mine = {user.id, key.id};
    assert_int_equal(fx_store_api_key_revoke(fixture->writer, foreign), FX_NOT_FOUND);
    assert_int_equal(fx_store_api_key_revoke(fixture->writer, mine), FX_OK);
    assert_int_equal(fx_store_api_key_find(fixture->reader, FX_STR("k1"), &found), FX_OK);
    assert_true(found.is_revoked);
    /* A key of nobody is refused by the database. */
    key.user_id = 4711;
    key.id = 0;
    key.key[0] = 'x';
    assert_int_equal(fx_store_api_key_insert(fixture->writer, &key, &key.id), FX_BAD_PARAMETER);
}

static struct fx_store_instrument_row instrument_row(uint32_t id)
{
    struct fx_store_instrument_row row;
    memset(&row, 0, sizeof row);
    row.operation_id = 10;
    row.updated_us = STORE_CONTRACT_START_US;
    struct fx_instrument *instrument = &row.instrument;
    instrument->instrument_id = id;
    instrument->tick_size = fx_dec_one() / 10;
    instrument->lot_size = 1;
    instrument->multiplier = fx_dec_one();
    instrument->min_notional = 5 * fx_dec_one();
    instrument->impact_notional = 6 * fx_dec_one();
    instrument->min_lots = 1;
    instrument->max_lots = INT64_MAX;
    instrument->max_market_lots = 3;
    instrument->max_ticks = 4;
    instrument->open_interest_cap_lots = 5;
    instrument->band_up_ppb = 6;
    instrument->band_down_ppb = 7;
    instrument->market_take_bound_ppb = 8;
    instrument->maker_fee_ppb = -20000;
    instrument->taker_fee_ppb = 400000;
    instrument->liquidation_fee_ppb = 9;
    instrument->interest_ppb = 10;
    instrument->damper_ppb = 11;
    instrument->expiry_us = STORE_CONTRACT_START_US;
    instrument->funding_interval_s = 28800;
    instrument->leverage_max_centi = 12550;
    instrument->orders_max = 200;
    instrument->algo_orders_max = 10;
    instrument->contract_type = FX_CONTRACT_TYPE_COIN_M;
    instrument->kind = FX_INSTRUMENT_KIND_DATED;
    instrument->state = FX_INSTRUMENT_STATE_POST_ONLY;
    instrument->tier_count = 3;
    instrument->symbol = store_contract_symbol_of(id);
    instrument->root_symbol = store_contract_symbol_of(id + 1);
    instrument->base = store_contract_asset_of(1);
    instrument->quote = store_contract_asset_of(0);
    instrument->settle = store_contract_asset_of(1);
    return row;
}

static void store_instrument_roundtrips(void **state)
{
    struct store_contract_fixture *fixture = *state;
    const struct fx_store_instrument_row first = instrument_row(0), second = instrument_row(1);
    struct fx_store_instrument_row found[3];
    struct fx_store_instrument_row old = first;
    uint32_t count = 0;
    memset(found, 0xff, sizeof found);
    assert_int_equal(fx_store_instrument_save(fixture->writer, &second), FX_OK);
    assert_int_equal(fx_store_instrument_save(fixture->writer, &first), FX_OK);
    old.operation_id = 9;
    old.instrument.max_ticks = 1;
    old.instrument.state = FX_INSTRUMENT_STATE_HALTED;
    assert_int_equal(fx_store_instrument_save(fixture->writer, &old), FX_OK);
    assert_int_equal(fx_store_instrument_list(fixture->reader, found, 3, &count), FX_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(&found[0], &first, sizeof first);
    assert_memory_equal(&found[1], &second, sizeof second);
}

static uint32_t tier_count_of(struct store_contract_fixture *fixture, uint32_t instrument_id)
{
    struct fx_tier tiers[FX_TIERS_MAX];
    uint32_t count = 0;
    assert_int_equal(fx_store_instrument_tiers(fixture->reader, instrument_id, tiers, &count),
                     FX_OK);
    return count;
}

static void save_one_tier(struct store_contract_fixture *fixture,
                          uint32_t instrument_id,
                          uint64_t operation_id)
{
    const struct fx_store_instrument_tier tier = {.operation_id = operation_id,
                                                  .instrument_id = instrument_id,
                                                  .count = 1,
                                                  .tier = {.cap = fx_dec_one()}};
    assert_int_equal(fx_store_instrument_save_tier(fixture->writer, &tier), FX_OK);
}

/* A symbol's definition under a number, as an operation said it. */
static struct fx_store_instrument_row numbered_row(uint32_t symbol, // NOLINT(*-swappable-*)
                                                   uint32_t number,
                                                   uint64_t operation_id)
{
    static const char *const NAMES[] = {"ONE", "TWO", "THREE"};
    struct fx_store_instrument_row row = instrument_row(0);
    row.operation_id = operation_id;
    row.instrument.instrument_id = number;
    assert_true(fx_ids_symbol(fx_str_of(NAMES[symbol]), &row.instrument.symbol));
    return row;
}

/* Another system's numbers: they begin at 1 and have a gap, and two symbols change places. */
static void store_instrument_takes_the_number_that_the_log_says(void **state)
{
    enum { SYMBOLS = 3 };
    struct store_contract_fixture *fixture = *state;
    static const uint32_t BEFORE[SYMBOLS] = {1, 4, 0};
    struct fx_store_instrument_row found[SYMBOLS + 1];
    uint32_t count = 0;
    for (uint32_t index = 0; index < SYMBOLS; index++) {
        const struct fx_store_instrument_row row = numbered_row(index, BEFORE[index], 10);
        assert_int_equal(fx_store_instrument_save(fixture->writer, &row), FX_OK);
        save_one_tier(fixture, BEFORE[index], 10);
    }
    for (uint32_t index = 0; index < SYMBOLS; index++) {
        const struct fx_store_instrument_row row = numbered_row(index, index, 100 + index);
        assert_int_equal(fx_store_instrument_save(fixture->writer, &row), FX_OK);
        if (index == 0) { /* whoever had the number waits behind the last one, with his tiers */
            assert_int_equal(fx_store_instrument_list(fixture->reader, found, SYMBOLS + 1, &count),
                             FX_OK);
            assert_int_equal(count, SYMBOLS);
            const struct fx_store_instrument_row moved = numbered_row(2, 5, 10);
            assert_memory_equal(&found[2], &moved, sizeof moved);
            assert_int_equal(tier_count_of(fixture, 5), 1);
            assert_int_equal(tier_count_of(fixture, 0), 0);
        }
        save_one_tier(fixture, index, 100 + index);
    }
    /* An older word of another number changes nothing. */
    const struct fx_store_instrument_row old = numbered_row(1, 0, 9);
    assert_int_equal(fx_store_instrument_save(fixture->writer, &old), FX_OK);
    assert_int_equal(fx_store_instrument_list(fixture->reader, found, SYMBOLS + 1, &count), FX_OK);
    assert_int_equal(count, SYMBOLS);
    for (uint32_t index = 0; index < SYMBOLS; index++) {
        const struct fx_store_instrument_row row = numbered_row(index, index, 100 + index);
        assert_memory_equal(&found[index], &row, sizeof row);
        assert_int_equal(tier_count_of(fixture, index), 1);
    }
    assert_int_equal(tier_count_of(fixture, 4), 0);
    assert_int_equal(tier_count_of(fixture, 5), 0);
}

static void store_instrument_tiers_shrink(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_tier tiers[FX_TIERS_MAX];
    uint32_t count = 0;
    for (uint32_t total = 3; total >= 2; total--) {
        for (uint32_t index = 0; index < total; index++) {
            const struct fx_store_instrument_tier tier = {
                .operation_id = 100 - total * 10 + index,
                .instrument_id = 1,
                .index = index,
                .count = total,
                .tier = {.cap = fx_dec_one() * (index + 1 + total),
                         .cum = index,
                         .rate_ppb = (int64_t)5000000 * (index + 1),
                         .leverage_max_centi = 10000},
            };
            assert_int_equal(fx_store_instrument_save_tier(fixture->writer, &tier), FX_OK);
        }
        assert_int_equal(fx_store_instrument_tiers(fixture->reader, 1, tiers, &count), FX_OK);
        assert_int_equal(count, total);
        assert_true(tiers[1].cap == fx_dec_one() * (2 + total));
        assert_int_equal(tiers[1].rate_ppb, 10000000);
        assert_int_equal(tiers[1].leverage_max_centi, 10000);
    }
    assert_int_equal(fx_store_instrument_tiers(fixture->reader, 2, tiers, &count), FX_OK);
    assert_int_equal(count, 0);
}

static void store_many_texts_renew_the_statement_cache(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_store *store = fixture->reader;
    uint64_t count = 0;
    for (uint32_t index = 0; index < 2 * FX_STORE_STATEMENTS_MAX; index++) {
        int64_t number = 0;
        fx_store_sql(store, FX_STR("SELECT "));
        fx_buf_append_u64(&store->sql, index);
        assert_int_equal(fx_store_number(store, NULL, 0, &number), FX_OK);
        assert_int_equal(number, index);
        assert_true(store->statements.count <= FX_STORE_STATEMENTS_MAX);
    }
    assert_int_equal(fx_store_order_count(store, &count), FX_OK);
}

#define TEST(function)                                                                             \
    {                                                                                              \
#function, function, setup, teardown, NULL                                                 \
    }

int store_contract_run(const struct store_contract_adapter *adapter)
{
    static struct store_contract_adapter shared;
    shared = *adapter;
    struct CMUnitTest tests[] = {
        TEST(store_migrate_twice_applies_once),
        TEST(store_migrate_changed_checksum_is_refused),
        TEST(store_migrate_newer_database_is_refused),
        TEST(store_user_insert_is_found_every_way),
        TEST(store_user_taken_email_exists),
        TEST(store_user_update_keeps_id_and_creation),
        TEST(store_user_text_is_never_sql),
        TEST(store_user_list_walks_newest_first),
        TEST(store_order_save_roundtrips),
        TEST(store_order_save_mixes_new_and_known),
        TEST(store_order_parents_of_a_span_are_read_once),
        TEST(store_order_older_operation_never_wins),
        TEST(store_order_other_names_give_the_newest),
        TEST(store_order_list_equals_model),
        TEST(store_order_list_by_offset_skips),
        TEST(store_trade_differing_duplicate_is_corrupt),
        TEST(store_trade_list_equals_model),
        TEST(store_transaction_list_filters),
        TEST(store_position_save_roundtrips_and_guards),
        TEST(store_account_sum_is_exact),
        TEST(store_progress_moves_from_where_it_is),
        TEST(store_rollback_forgets_rows_and_watermark),
        TEST(store_reader_is_not_blocked_by_an_open_transaction),
        TEST(store_reopen_finds_everything),
        TEST(store_session_works_once),
        TEST(store_api_key_is_of_its_user),
        TEST(store_api_key_counts_what_lives),
        TEST(store_api_key_plain_secrets_are_found),
        TEST(store_session_revoked_logins_are_kept_while_they_matter),
        TEST(store_totp_of_a_user_and_codes_once),
        TEST(store_proof_is_used_once_and_forgotten),
        TEST(store_fee_is_replaced),
        TEST(store_setting_is_put_listed_and_removed),
        TEST(store_audit_chain_holds_and_lists),
        TEST(store_audit_is_append_only),
        TEST(store_audit_each_change_is_found),
        TEST(store_candle_list_equals_model),
        TEST(store_candle_older_operation_never_wins),
        TEST(store_funding_lists_equal_models),
        TEST(store_liquidation_list_equals_model),
        TEST(store_settlement_list_equals_model),
        TEST(store_history_lists_equal_models),
        TEST(store_trade_list_noted_equals_model),
        TEST(store_instrument_roundtrips),
        TEST(store_instrument_takes_the_number_that_the_log_says),
        TEST(store_instrument_tiers_shrink),
        TEST(store_many_texts_renew_the_statement_cache),
    };
    for (size_t index = 0; index < sizeof tests / sizeof tests[0]; index++) {
        tests[index].initial_state = &shared;
    }
    printf("contract of the store on %s, seed %d\n", adapter->name, STORE_CONTRACT_SEED);
    return cmocka_run_group_tests_name(adapter->name, tests, NULL, NULL);
}
