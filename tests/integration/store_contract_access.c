/* The contract of the store port: keys, logins, second factors, fees, settings, the audit log. */
#include <stdio.h>
#include <string.h>

#include "integration/store_contract_int.h"
#include "store/store_api_key.h"
#include "store/store_audit.h"
#include "store/store_fee.h"
#include "store/store_int.h"
#include "store/store_proof.h"
#include "store/store_session.h"
#include "store/store_setting.h"
#include "store/store_totp.h"
#include "store/store_user.h"

#define NOW STORE_CONTRACT_START_US

static uint64_t insert_user(struct store_contract_fixture *fixture, const char *email)
{
    struct fx_rows_user user;
    uint64_t id = 0;
    memset(&user, 0, sizeof user);
    (void)snprintf(user.email, sizeof user.email, "%s", email);
    (void)snprintf(user.uid, sizeof user.uid, "%s", email);
    user.created_us = NOW;
    assert_int_equal(fx_store_user_insert(fixture->writer, &user, &id), FX_OK);
    return id;
}

static uint64_t insert_key(struct store_contract_fixture *fixture,
                           uint64_t user_id,
                           const char *name,
                           const char *secret,
                           int64_t expires_us)
{
    struct fx_store_api_key key;
    uint64_t id = 0;
    memset(&key, 0, sizeof key);
    key.user_id = user_id;
    (void)snprintf(key.key, sizeof key.key, "%s", name);
    (void)snprintf(key.secret, sizeof key.secret, "%s", secret);
    (void)snprintf(key.kind, sizeof key.kind, "HMAC");
    key.expires_us = expires_us;
    key.created_us = NOW;
    assert_int_equal(fx_store_api_key_insert(fixture->writer, &key, &id), FX_OK);
    return id;
}

void store_api_key_counts_what_lives(void **state)
{
    struct store_contract_fixture *fixture = *state;
    const uint64_t user = insert_user(fixture, "a@x");
    const uint64_t other = insert_user(fixture, "b@x");
    struct fx_store_api_key found;
    uint64_t count = 9;
    assert_int_equal(fx_store_api_key_count(fixture->reader, user, NOW, &count), FX_OK);
    assert_int_equal(count, 0);
    const uint64_t first = insert_key(fixture, user, "k1", "s", 0);
    (void)insert_key(fixture, user, "k2", "s", NOW + 1000);
    (void)insert_key(fixture, other, "k3", "s", 0);
    assert_int_equal(fx_store_api_key_count(fixture->reader, user, NOW, &count), FX_OK);
    assert_int_equal(count, 2);
    assert_int_equal(fx_store_api_key_count(fixture->reader, user, NOW + 1000, &count), FX_OK);
    assert_int_equal(count, 1); /* one is over */
    const struct fx_store_key mine = {user, first};
    const struct fx_store_key foreign = {other, first};
    assert_int_equal(fx_store_api_key_find_id(fixture->reader, mine, &found), FX_OK);
    assert_string_equal(found.key, "k1");
    assert_int_equal(fx_store_api_key_find_id(fixture->reader, foreign, &found), FX_NOT_FOUND);
    assert_int_equal(fx_store_api_key_revoke(fixture->writer, mine), FX_OK);
    assert_int_equal(fx_store_api_key_count(fixture->reader, user, NOW, &count), FX_OK);
    assert_int_equal(count, 1);
}

void store_api_key_plain_secrets_are_found(void **state)
{
    struct store_contract_fixture *fixture = *state;
    const uint64_t user = insert_user(fixture, "a@x");
    struct fx_store_api_key found;
    bool has_sealed = true;
    assert_int_equal(fx_store_api_key_has_sealed(fixture->reader, &has_sealed), FX_OK);
    assert_false(has_sealed);
    const struct fx_store_key first = {user, insert_key(fixture, user, "k1", "plain", 0)};
    const struct fx_store_key second = {user, insert_key(fixture, user, "k2", "other", 0)};
    assert_int_equal(fx_store_api_key_find_plain(fixture->reader, 0, &found), FX_OK);
    assert_int_equal(found.id, first.id);
    assert_int_equal(fx_store_api_key_find_plain(fixture->reader, found.id, &found), FX_OK);
    assert_int_equal(found.id, second.id);
    assert_int_equal(fx_store_api_key_set_secret(fixture->writer, first, FX_STR("s1.x")), FX_OK);
    assert_int_equal(fx_store_api_key_set_secret(fixture->writer, second, FX_STR("s1.y")), FX_OK);
    assert_int_equal(fx_store_api_key_find_plain(fixture->reader, 0, &found), FX_NOT_FOUND);
    assert_int_equal(fx_store_api_key_has_sealed(fixture->reader, &has_sealed), FX_OK);
    assert_true(has_sealed);
    const struct fx_store_key foreign = {user + 1, first.id};
    assert_int_equal(fx_store_api_key_set_secret(fixture->writer, foreign, FX_STR("z")),
                     FX_NOT_FOUND);
}

void store_session_revoked_logins_are_kept_while_they_matter(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_store_session_revoked rows[4];
    uint32_t count = 0;
    struct fx_store_session_revoked row = {
        .user_id = insert_user(fixture, "a@x"), .family = "f1", .expires_us = NOW + 1000000};
    assert_int_equal(fx_store_session_note_revoked(fixture->writer, &row), FX_OK);
    assert_int_equal(fx_store_session_note_revoked(fixture->writer, &row), FX_OK); /* again */
    row.family[1] = '2';
    row.expires_us = NOW + 2000000;
    assert_int_equal(fx_store_session_note_revoked(fixture->writer, &row), FX_OK);
    assert_int_equal(fx_store_session_list_revoked(fixture->reader, 0, NOW, rows, 4, &count),
                     FX_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].family, "f1");
    assert_string_equal(rows[1].family, "f2");
    assert_int_equal(
        fx_store_session_list_revoked(fixture->reader, rows[0].id, NOW, rows, 4, &count), FX_OK);
    assert_int_equal(count, 1);
    assert_int_equal(fx_store_session_forget_revoked(fixture->writer, NOW + 1000000), FX_OK);
    assert_int_equal(fx_store_session_list_revoked(fixture->reader, 0, NOW, rows, 4, &count),
                     FX_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].family, "f2");
}

void store_totp_of_a_user_and_codes_once(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_store_totp totp;
    struct fx_store_totp found;
    uint64_t count = 9;
    memset(&totp, 0, sizeof totp);
    totp.user_id = insert_user(fixture, "a@x");
    totp.created_us = NOW;
    memcpy(totp.secret, "s1.abc", 7);
    const uint64_t user = totp.user_id;
    struct fx_store *writer = fixture->writer;
    assert_int_equal(fx_store_totp_find(fixture->reader, user, &found), FX_NOT_FOUND);
    assert_int_equal(fx_store_totp_put(writer, &totp), FX_OK);
    totp.is_enabled = true;
    totp.last_step = 57000000;
    assert_int_equal(fx_store_totp_put(writer, &totp), FX_OK);
    assert_int_equal(fx_store_totp_find(fixture->reader, user, &found), FX_OK);
    assert_memory_equal(&found, &totp, sizeof found);
    assert_int_equal(fx_store_totp_add_code(writer, user, FX_STR("h1")), FX_OK);
    assert_int_equal(fx_store_totp_add_code(writer, user, FX_STR("h1")), FX_EXISTS);
    assert_int_equal(fx_store_totp_add_code(writer, user, FX_STR("h2")), FX_OK);
    assert_int_equal(fx_store_totp_use_code(writer, user + 1, FX_STR("h1"), NOW), FX_NOT_FOUND);
    assert_int_equal(fx_store_totp_use_code(writer, user, FX_STR("h1"), NOW), FX_OK);
    assert_int_equal(fx_store_totp_use_code(writer, user, FX_STR("h1"), NOW), FX_NOT_FOUND);
    assert_int_equal(fx_store_totp_count_codes(fixture->reader, user, &count), FX_OK);
    assert_int_equal(count, 1);
    assert_int_equal(fx_store_totp_remove(writer, user), FX_OK);
    assert_int_equal(fx_store_totp_find(fixture->reader, user, &found), FX_NOT_FOUND);
    assert_int_equal(fx_store_totp_count_codes(fixture->reader, user, &count), FX_OK);
    assert_int_equal(count, 0);
}

void store_fee_is_replaced(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_store_fee found;
    struct fx_store_fee fee;
    memset(&fee, 0, sizeof fee);
    fee.user_id = insert_user(fixture, "a@x");
    fee.has_fees = true;
    fee.maker_fee_ppb = -50000;
    fee.taker_fee_ppb = 300001;
    fee.updated_us = NOW;
    assert_int_equal(fx_store_fee_find(fixture->reader, fee.user_id, &found), FX_NOT_FOUND);
    assert_int_equal(fx_store_fee_put(fixture->writer, &fee), FX_OK);
    assert_int_equal(fx_store_fee_find(fixture->reader, fee.user_id, &found), FX_OK);
    assert_memory_equal(&found, &fee, sizeof found);
    fee.has_fees = false;
    fee.maker_fee_ppb = 0;
    assert_int_equal(fx_store_fee_put(fixture->writer, &fee), FX_OK);
    assert_int_equal(fx_store_fee_find(fixture->reader, fee.user_id, &found), FX_OK);
    assert_memory_equal(&found, &fee, sizeof found);
}

void store_setting_is_put_listed_and_removed(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_store_setting rows[4];
    struct fx_store_setting setting;
    uint32_t count = 0;
    memset(&setting, 0, sizeof setting);
    setting.user_id = insert_user(fixture, "a@x");
    setting.updated_us = NOW;
    static const char *const PAIRS[][2] = {{"theme", "\"dark\""}, {"lang", "\"ko\""}, {"x", "1"}};
    for (size_t index = 0; index < 3; index++) {
        (void)snprintf(setting.key, sizeof setting.key, "%s", PAIRS[index][0]);
        (void)snprintf(setting.value, sizeof setting.value, "%s", PAIRS[index][1]);
        assert_int_equal(fx_store_setting_put(fixture->writer, &setting), FX_OK);
    }
    (void)snprintf(setting.value, sizeof setting.value, "2");
    assert_int_equal(fx_store_setting_put(fixture->writer, &setting), FX_OK);
    assert_int_equal(fx_store_setting_list(fixture->reader, setting.user_id, rows, 4, &count),
                     FX_OK);
    assert_int_equal(count, 3);
    assert_string_equal(rows[0].key, "lang");
    assert_string_equal(rows[2].value, "2");
    assert_int_equal(fx_store_setting_remove(fixture->writer, setting.user_id, FX_STR("lang")),
                     FX_OK);
    assert_int_equal(fx_store_setting_remove(fixture->writer, setting.user_id, FX_STR("lang")),
                     FX_OK);
    assert_int_equal(fx_store_setting_list(fixture->reader, setting.user_id, rows, 4, &count),
                     FX_OK);
    assert_int_equal(count, 2);
    assert_int_equal(fx_store_setting_list(fixture->reader, setting.user_id + 1, rows, 4, &count),
                     FX_OK);
    assert_int_equal(count, 0);
}

/* ---- the audit log ----------------------------------------------------------------------------
 */

static void append(struct store_contract_fixture *fixture, uint64_t user_id, const char *action)
{
    struct fx_store_audit row;
    memset(&row, 0, sizeof row);
    row.user_id = user_id;
    (void)snprintf(row.action, sizeof row.action, "%s", action);
    (void)snprintf(row.subject, sizeof row.subject, "user:7");
    (void)snprintf(row.detail, sizeof row.detail, "{\"a\":\"b,c:d\"}");
    (void)snprintf(row.outcome, sizeof row.outcome, "OK");
    row.created_us = NOW + 1234567;
    assert_int_equal(fx_store_begin(fixture->writer), FX_OK);
    assert_int_equal(fx_store_audit_append(fixture->writer, &row), FX_OK);
    assert_int_equal(fx_store_commit(fixture->writer), FX_OK);
}

/* More rows than are read at once. */
static void append_many(struct store_contract_fixture *fixture, uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        append(fixture, index % 3, index % 2 == 0 ? "admin.user.update" : "login");
    }
}

static void expect_verified(struct store_contract_fixture *fixture,
                            uint64_t count,
                            uint64_t bad_id,
                            const char *reason)
{
    struct fx_store_audit_report report;
    assert_int_equal(fx_store_audit_verify(fixture->reader, &report), FX_OK);
    assert_int_equal(report.count, count);
    assert_int_equal(report.bad_id, bad_id);
    assert_string_equal(report.reason, reason);
    assert_int_equal(strlen(report.head_hash), 64);
}

void store_audit_chain_holds_and_lists(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_store_audit rows[8];
    uint32_t count = 0;
    expect_verified(fixture, 0, 0, "");
    append_many(fixture, 600);
    expect_verified(fixture, 600, 0, "");
    const struct fx_store_audit_query query = {
        .user_id = 1, .action = FX_STR("login"), .page = {.limit = 8}};
    assert_int_equal(fx_store_audit_list(fixture->reader, &query, rows, &count), FX_OK);
    assert_int_equal(count, 8);
    assert_int_equal(rows[0].id, 596); /* index 595: odd, and 595 % 3 == 1 */
    assert_int_equal(rows[1].id, 590);
    assert_string_equal(rows[0].detail, "{\"a\":\"b,c:d\"}");
    const struct fx_store_audit_query none = {.subject = FX_STR("user:8"), .page = {.limit = 8}};
    assert_int_equal(fx_store_audit_list(fixture->reader, &none, rows, &count), FX_OK);
    assert_int_equal(count, 0);
}

void store_audit_is_append_only(void **state)
{
    struct store_contract_fixture *fixture = *state;
    static const char *const STATEMENTS[] = {
        "UPDATE `audit_log` SET `outcome`='OK' WHERE `id`=2",
        "DELETE FROM `audit_log` WHERE `id`=3",
        "DELETE FROM `audit_log`",
        "REPLACE INTO `audit_log` (`id`,`userId`,`action`,`subject`,`detail`,`ip`,`requestId`,"
        "`createdAt`) VALUES (2,1,'a','s','d','i','r','2023-01-01 00:00:00.000')",
        "INSERT INTO `audit_log` (`id`,`userId`,`action`,`subject`,`detail`,`ip`,`requestId`,"
        "`createdAt`) VALUES (9,1,'a','s','d','i','r','2023-01-01 00:00:00.000')"};
    append_many(fixture, 3);
    for (size_t index = 0; index < sizeof STATEMENTS / sizeof STATEMENTS[0]; index++) {
        assert_int_not_equal(
            fixture->writer->ops->script(fixture->writer, fx_str_of(STATEMENTS[index])), FX_OK);
        expect_verified(fixture, 3, 0, "");
    }
}

/* Who can drop triggers can change rows, and is found out. */
static void tamper(struct store_contract_fixture *fixture, const char *statement)
{
    assert_int_equal(fixture->writer->ops->script(fixture->writer, fx_str_of(statement)), FX_OK);
}

void store_audit_each_change_is_found(void **state)
{
    struct store_contract_fixture *fixture = *state;
    static const char *const COLUMNS[] = {
        "userId", "action", "subject", "detail", "ip", "requestId", "outcome", "hash"};
    append_many(fixture, 300);
    tamper(fixture, "DROP TRIGGER `audit_log_no_update`");
    tamper(fixture, "DROP TRIGGER `audit_log_no_delete`");
    for (size_t index = 0; index < sizeof COLUMNS / sizeof COLUMNS[0]; index++) {
        char statement[256];
        tamper(fixture, "CREATE TABLE `kept` AS SELECT * FROM `audit_log` WHERE `id`=280");
        (void)snprintf(statement,
                       sizeof statement,
                       "UPDATE `audit_log` SET `%s`=7 WHERE `id`=280",
                       COLUMNS[index]);
        tamper(fixture, statement);
        expect_verified(fixture, 279, 280, "its content is not what was hashed");
        (void)snprintf(statement,
                       sizeof statement,
                       "UPDATE `audit_log` SET `%s`=(SELECT `%s` FROM `kept`) WHERE `id`=280",
                       COLUMNS[index],
                       COLUMNS[index]);
        tamper(fixture, statement);
        tamper(fixture, "DROP TABLE `kept`");
        expect_verified(fixture, 300, 0, "");
    }
    tamper(fixture, "UPDATE `audit_log` SET `createdAt`='2023-01-01 00:00:00.000' WHERE `id`=2");
    expect_verified(fixture, 1, 2, "its content is not what was hashed");
    tamper(fixture, "UPDATE `audit_log` SET `previousHash`='7' WHERE `id`=2");
    expect_verified(fixture, 1, 2, "it does not follow the row before it");
    tamper(fixture, "DELETE FROM `audit_log` WHERE `id`=1");
    expect_verified(fixture, 0, 2, "rows before it are missing");
}

static fx_status use(struct fx_store *store, uint64_t id, int64_t now_us)
{
    const struct fx_proof proof = {id, now_us / 1000 + 5000};
    return fx_store_proof_insert(store, &proof, now_us);
}

void store_proof_is_used_once_and_forgotten(void **state)
{
    enum { OFTEN = 64 };
    struct store_contract_fixture *fixture = *state;
    struct fx_store *store = fixture->writer;
    const int64_t later_us = NOW + 3600LL * 1000 * 1000;
    assert_int_equal(use(store, 1, NOW), FX_OK);
    assert_int_equal(use(store, 1, NOW), FX_EXISTS);
    assert_int_equal(use(store, INT64_MAX, NOW), FX_OK);
    assert_int_equal(fx_store_begin(store), FX_OK);
    assert_int_equal(use(store, 2, NOW), FX_OK);
    fx_store_rollback(store);
    assert_int_equal(use(store, 2, NOW), FX_OK);
    assert_int_equal(use(store, OFTEN, NOW + 60000000), FX_OK); /* it looks, and finds none old */
    assert_int_equal(use(store, 1, NOW), FX_EXISTS);
    assert_int_equal(use(store, 2 * OFTEN, later_us), FX_OK);
    assert_int_equal(use(store, 1, later_us), FX_OK);
    assert_int_equal(use(store, 2 * OFTEN, later_us), FX_EXISTS);
}
