/* app/app_keys: the master key is made once, kept for its owner only, and never made anew where
 * something is sealed already. */
#include "app/app_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_file.h"
#include "base/seal.h"
#include "fx_test.h"

struct place {
    char dir[64];
    struct fx_config *config;
    struct fx_app_keys *keys;
};

static const char *master; /* FUTURE_MASTER_KEY */

static const char *variable_of(void *context, const char *variable)
{
    (void)context;
    return strcmp(variable, "E") == 0 ? master : NULL;
}

static int setup(void **state)
{
    static const struct fx_config_option OPTIONS[] = {
        {"jwt-public-key", "A", NULL, "", FX_CONFIG_STR, true, false, 0, 0},
        {"jwt-private-key", "B", NULL, "", FX_CONFIG_STR, true, false, 0, 0},
        {"jwt-issuer", "C", NULL, "", FX_CONFIG_STR, false, false, 0, 0},
        {"jwt-audience", "D", NULL, "", FX_CONFIG_STR, false, false, 0, 0},
        {"master-key", "E", NULL, "", FX_CONFIG_STR, true, false, 0, 0}};
    static struct place place;
    memset(&place, 0, sizeof place);
    (void)snprintf(place.dir, sizeof place.dir, "/tmp/fx-keys-XXXXXX");
    assert_non_null(mkdtemp(place.dir));
    place.config = fx_config_create(OPTIONS, 5);
    assert_non_null(place.config);
    assert_int_equal(fx_config_resolve(place.config, variable_of, fx_config_read_file, NULL),
                     FX_OK);
    assert_int_equal(fx_app_keys_open(place.config, place.dir, &place.keys), FX_OK);
    *state = &place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    static const char *const NAMES[] = {"jwt-private.pem", "master.key"};
    fx_app_keys_close(place->keys);
    fx_config_destroy(place->config);
    for (size_t index = 0; index < 2; index++) {
        assert_true(fx_app_file_join(place->dir, NAMES[index], path));
        (void)unlink(path);
    }
    assert_int_equal(rmdir(place->dir), 0);
    return 0;
}

static void open_again(struct place *place)
{
    fx_app_keys_close(place->keys);
    assert_int_equal(fx_app_keys_open(place->config, place->dir, &place->keys), FX_OK);
}

static void app_keys_master_key_is_made_once_for_its_owner(void **state)
{
    struct place *place = *state;
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    struct stat status;
    struct fx_buf sealed;
    struct fx_buf opened;
    assert_null(fx_app_keys_seal(place->keys));
    assert_int_equal(fx_app_keys_open_master(place->keys, place->dir, false), FX_OK);
    assert_true(fx_app_file_join(place->dir, "master.key", path));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777U, 0600);
    fx_buf_init(&sealed, FX_SEAL_SIZE_MAX);
    fx_buf_init(&opened, FX_SEAL_SIZE_MAX);
    assert_int_equal(
        fx_seal_encode(fx_app_keys_seal(place->keys), FX_STR("c"), FX_STR("secret"), &sealed),
        FX_OK);
    open_again(place);
    assert_int_equal(fx_app_keys_open_master(place->keys, place->dir, true), FX_OK);
    assert_int_equal(
        fx_seal_decode(fx_app_keys_seal(place->keys), FX_STR("c"), fx_buf_str(&sealed), &opened),
        FX_OK);
    assert_true(fx_str_is_equal(fx_buf_str(&opened), FX_STR("secret")));
    fx_buf_deinit(&sealed);
    fx_buf_deinit(&opened);
}

static void app_keys_lost_master_key_is_not_replaced(void **state)
{
    struct place *place = *state;
    struct fx_buf content;
    assert_int_equal(fx_app_keys_open_master(place->keys, place->dir, true), FX_NOT_FOUND);
    fx_buf_init(&content, 256);
    assert_int_equal(fx_app_file_read(place->dir, "master.key", &content), FX_NOT_FOUND);
    fx_buf_deinit(&content);
    assert_null(fx_app_keys_seal(place->keys));
}

static void app_keys_damaged_master_key_is_refused(void **state)
{
    struct place *place = *state;
    static const char *const CONTENTS[] = {
        "", "00", "zz00000000000000000000000000000000000000000000000000000000000000"};
    for (size_t index = 0; index < sizeof CONTENTS / sizeof CONTENTS[0]; index++) {
        assert_int_equal(
            fx_app_file_write_secret(place->dir, "master.key", fx_str_of(CONTENTS[index])), FX_OK);
        assert_int_equal(fx_app_keys_open_master(place->keys, place->dir, false), FX_BAD_FILE);
    }
}

/* Two processes with one database: the key comes from the settings, no file is made. */
static void app_keys_given_master_key_is_used(void **state)
{
    struct place *place = *state;
    struct fx_buf content;
    master = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    assert_int_equal(fx_config_resolve(place->config, variable_of, fx_config_read_file, NULL),
                     FX_OK);
    open_again(place);
    assert_int_equal(fx_app_keys_open_master(place->keys, place->dir, true), FX_OK);
    assert_non_null(fx_app_keys_seal(place->keys));
    fx_buf_init(&content, 256);
    assert_int_equal(fx_app_file_read(place->dir, "master.key", &content), FX_NOT_FOUND);
    fx_buf_deinit(&content);
    master = "00112233";
    assert_int_equal(fx_config_resolve(place->config, variable_of, fx_config_read_file, NULL),
                     FX_OK);
    open_again(place);
    assert_int_equal(fx_app_keys_open_master(place->keys, place->dir, false), FX_BAD_FILE);
    master = NULL;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(app_keys_master_key_is_made_once_for_its_owner),
        T(app_keys_lost_master_key_is_not_replaced),
        T(app_keys_damaged_master_key_is_refused),
        T(app_keys_given_master_key_is_used),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
