/* What /health says of figures: each part can be the reason, and only the bad ones are. */
#include "app/app_health.h"

#include <string.h>

#include "base/json.h"
#include "fx_test.h"

enum { NOW_S = 1700000000 };

static const struct fx_worker_engine_report REPORT = {.replayed = 7, .snapshot_sequence = 100};

static struct fx_app_health well(void)
{
    return (struct fx_app_health){
        .figures = {.engine = {.durable = 200},
                    .inner = {.space = FX_BUS_JOURNAL_SPACE_OK,
                              .snapshot = {.written_us = 1, .written_sequence = 200}},
                    .saved_sequence = 200},
        .report = &REPORT,
        .durability = "strict",
        .store = FX_OK,
        .now_us = (int64_t)NOW_S * 1000000,
        .started_us = (int64_t)NOW_S * 1000000 - 5000000,
        .saver_progress_us = (int64_t)NOW_S * 1000000,
        .snapshot_interval_us = 60000000,
        .disk_free_bytes = 1000,
        .disk_size_bytes = 2000};
}

/* The names under "error", joined by blanks; checks that the text is JSON in terminus' shape. */
static const char *errors_of(const struct fx_app_health *health, const char *status)
{
    static char names[256];
    static struct fx_json json;
    struct fx_buf body;
    fx_buf_init(&body, 1 << 16);
    const bool is_ready = fx_app_health_write(health, &body);
    assert_int_equal(fx_json_parse(&json, fx_buf_str(&body)), FX_OK);
    const struct fx_json_token *said = fx_json_member(&json, &json.tokens[0], FX_STR("status"));
    const struct fx_json_token *info = fx_json_member(&json, &json.tokens[0], FX_STR("info"));
    const struct fx_json_token *error = fx_json_member(&json, &json.tokens[0], FX_STR("error"));
    const struct fx_json_token *all = fx_json_member(&json, &json.tokens[0], FX_STR("details"));
    assert_true(said != NULL && info != NULL && error != NULL && all != NULL);
    assert_true(fx_str_is_equal(said->text, fx_str_of(status)));
    assert_int_equal(is_ready, strcmp(status, "ok") == 0);
    assert_int_equal(info->count + error->count, all->count);
    assert_int_equal(all->count,
                     (health->figures.is_follower ? 5 : 6) + (health->figures.has_cache ? 1 : 0));
    names[0] = '\0';
    const struct fx_json_token *key = error + 1;
    for (uint32_t index = 0; index < error->count; index++) {
        const size_t used = strlen(names);
        assert_true(fx_str_copy(key->text, names + used, sizeof names - used));
        assert_non_null(fx_json_member(&json, key + 1, FX_STR("message")));
        key = &json.tokens[key[1].next];
    }
    fx_buf_deinit(&body);
    return names;
}

static void app_health_well_is_ok(void **state)
{
    (void)state;
    const struct fx_app_health health = well();
    assert_string_equal(errors_of(&health, "ok"), "");
}

static void app_health_each_part_can_be_the_reason(void **state)
{
    (void)state;
    struct fx_app_health health = well();
    health.figures.inner.has_failed = true;
    assert_string_equal(errors_of(&health, "error"), "journal");
    health = well();
    health.figures.inner.space = FX_BUS_JOURNAL_SPACE_FULL;
    assert_string_equal(errors_of(&health, "error"), "journal");
    health = well();
    health.store = FX_IO;
    assert_string_equal(errors_of(&health, "error"), "store");
    health = well();
    health.disk_size_bytes = 0;
    assert_string_equal(errors_of(&health, "error"), "disk");
    health = well();
    health.is_stopping = true;
    assert_string_equal(errors_of(&health, "shutting_down"), "server");
    health.store = FX_CORRUPT;
    assert_string_equal(errors_of(&health, "shutting_down"), "serverstore");
}

/* The names of an object's members differ, else a reader takes either. */
static void check_members(const struct fx_json *json, const struct fx_json_token *object)
{
    const struct fx_json_token *key = object + 1;
    for (uint32_t index = 0; index < object->count; index++) {
        assert_ptr_equal(fx_json_member(json, object, key->text), key + 1);
        const struct fx_json_token *after = &json->tokens[key[1].next];
        for (const struct fx_json_token *other = after; other < &json->tokens[object->next];
             other = &json->tokens[other[1].next]) {
            assert_false(fx_str_is_equal(other->text, key->text));
        }
        key = after;
    }
}

static void app_health_of_a_follower_names_each_figure_once(void **state)
{
    (void)state;
    static struct fx_json json;
    struct fx_app_health health = well();
    struct fx_buf body;
    health.figures.is_follower = true;
    health.figures.follow = (struct fx_worker_follow_stats){
        .sequence = 9, .heard_us = health.now_us, .epoch = 3, .replay_count = 4};
    fx_buf_init(&body, 1 << 16);
    assert_true(fx_app_health_write(&health, &body));
    assert_int_equal(fx_json_parse(&json, fx_buf_str(&body)), FX_OK);
    const struct fx_json_token *all = fx_json_member(&json, &json.tokens[0], FX_STR("details"));
    const struct fx_json_token *log = fx_json_member(&json, all, FX_STR("log"));
    assert_non_null(log);
    check_members(&json, all);
    check_members(&json, log);
    const struct fx_json_token *dropped = fx_json_member(&json, log, FX_STR("proofsRefused"));
    assert_non_null(dropped);
    assert_true(fx_str_is_equal(dropped->text, FX_STR("4")));
    fx_buf_deinit(&body);
}

static void app_health_cancel_only_still_serves(void **state)
{
    (void)state;
    struct fx_app_health health = well();
    health.figures.inner.space = FX_BUS_JOURNAL_SPACE_CANCEL_ONLY;
    assert_string_equal(errors_of(&health, "ok"), "");
}

/* Behind is no fault; behind and not coming forward is. */
static void app_health_saver_is_down_when_it_is_stuck(void **state)
{
    (void)state;
    struct fx_app_health health = well();
    health.figures.saved_sequence = 100;
    health.saver_progress_us = health.now_us - 30000000;
    assert_string_equal(errors_of(&health, "ok"), "");
    health.saver_progress_us--;
    assert_string_equal(errors_of(&health, "error"), "saver");
    health.figures.saved_sequence = 200;
    assert_string_equal(errors_of(&health, "ok"), "");
}

static void app_health_snapshot_is_down_when_it_is_late(void **state)
{
    (void)state;
    struct fx_app_health health = well();
    health.figures.inner.snapshot.written_us = health.now_us - 600000001;
    assert_string_equal(errors_of(&health, "ok"), ""); /* nothing happened since */
    health.figures.engine.durable = 201;
    health.figures.saved_sequence = 201;
    assert_string_equal(errors_of(&health, "error"), "snapshot");
    health.figures.inner.snapshot.written_us++;
    assert_string_equal(errors_of(&health, "ok"), "");
    /* None was written yet: the start counts, with the snapshot that it loaded. */
    health.figures.inner.snapshot = (struct fx_worker_snapshot_stats){.failures = 3};
    assert_string_equal(errors_of(&health, "ok"), "");
    health.started_us = health.now_us - 600000001;
    assert_string_equal(errors_of(&health, "error"), "snapshot");
}

/* The cache is a copy: it is told of, and nothing waits for it. */
static void app_health_cache_is_shown_and_never_the_reason(void **state)
{
    (void)state;
    struct fx_app_health health = well();
    struct fx_buf body;
    health.figures.has_cache = true;
    health.figures.cache = (struct fx_worker_cache_stats){
        .status = FX_IO, .queued = 12, .marked = 3, .behind_us = 90000000};
    assert_string_equal(errors_of(&health, "ok"), "");
    fx_buf_init(&body, 1 << 16);
    assert_true(fx_app_health_write(&health, &body));
    fx_buf_append_byte(&body, '\0');
    assert_non_null(strstr(body.data,
                           "\"state\":\"away\",\"code\":\"IO\",\"behindSeconds\":90,"
                           "\"queued\":12,\"marked\":3,\"refused\":0"));
    health.figures.cache.status = FX_OK;
    fx_buf_clear(&body);
    assert_true(fx_app_health_write(&health, &body));
    fx_buf_append_byte(&body, '\0');
    assert_non_null(strstr(body.data, "\"state\":\"behind\""));
    fx_buf_deinit(&body);
}

/* A role of a distributed exchange: a leader that is heard, one that is not; no name comes twice.
 */
static void app_health_of_a_log_says_who_leads(void **state)
{
    (void)state;
    struct fx_app_health health = well();
    health.figures.is_follower = true;
    health.figures.follow.heard_us = health.now_us - 1000;
    health.figures.follow.replay_count = 3;
    assert_string_equal(errors_of(&health, "ok"), "");
    health.figures.follow.heard_us = 0;
    assert_string_equal(errors_of(&health, "error"), "log");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_health_well_is_ok),
        cmocka_unit_test(app_health_of_a_log_says_who_leads),
        cmocka_unit_test(app_health_each_part_can_be_the_reason),
        cmocka_unit_test(app_health_of_a_follower_names_each_figure_once),
        cmocka_unit_test(app_health_cancel_only_still_serves),
        cmocka_unit_test(app_health_saver_is_down_when_it_is_stuck),
        cmocka_unit_test(app_health_snapshot_is_down_when_it_is_late),
        cmocka_unit_test(app_health_cache_is_shown_and_never_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
