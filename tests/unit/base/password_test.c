#include "base/password.h"

#include <stdint.h>
#include <string.h>

#include "fx_test.h"

static fx_status verify(const char *password, const char *hash)
{
    return fx_password_verify(fx_str_of(password), fx_str_of(hash));
}

/* Published vectors of crypt_blowfish and of OpenBSD's bcrypt, all below cost 7. */
static void password_known_vectors_verify(void **state)
{
    (void)state;
    assert_int_equal(verify("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
                     FX_OK);
    assert_int_equal(verify("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
                     FX_OK);
    assert_int_equal(
        verify("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"), FX_OK);
    assert_int_equal(verify("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
                     FX_OK);
    assert_int_equal(
        verify("\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"),
        FX_OK);
    /* 72 characters are all taken. */
    assert_int_equal(verify("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789",
                            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"),
                     FX_OK);
}

static void password_other_password_is_refused(void **state)
{
    (void)state;
    assert_int_equal(verify("U*V", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
                     FX_BAD_CREDENTIALS);
    assert_int_equal(verify("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
                     FX_BAD_CREDENTIALS);
    assert_int_equal(verify("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeX"),
                     FX_BAD_CREDENTIALS);
}

static void password_hash_then_verify_roundtrips(void **state)
{
    (void)state;
    char hash[FX_PASSWORD_HASH_SIZE + 1];
    char again[FX_PASSWORD_HASH_SIZE + 1];
    const fx_str password = FX_STR("correct horse \xc3\xa9");
    assert_int_equal(fx_password_hash(password, 4, hash), FX_OK);
    assert_int_equal(fx_password_hash(password, 4, again), FX_OK);
    assert_int_equal(strlen(hash), FX_PASSWORD_HASH_SIZE);
    assert_memory_equal(hash, "$2b$04$", 7);
    assert_string_not_equal(hash, again); /* salted */
    assert_int_equal(fx_password_verify(password, fx_str_of(hash)), FX_OK);
    assert_int_equal(fx_password_verify(FX_STR("correct horse"), fx_str_of(hash)),
                     FX_BAD_CREDENTIALS);
}

static void password_not_acceptable_is_refused(void **state)
{
    (void)state;
    char text[FX_PASSWORD_SIZE_MAX + 1];
    memset(text, 'x', sizeof text);
    char hash[FX_PASSWORD_HASH_SIZE + 1];
    assert_int_equal(fx_password_hash((fx_str){text, FX_PASSWORD_SIZE_MAX}, 4, hash), FX_OK);
    assert_int_equal(fx_password_verify((fx_str){text, FX_PASSWORD_SIZE_MAX}, fx_str_of(hash)),
                     FX_OK);
    /* bcrypt itself would take the 73rd byte for nothing. */
    assert_int_equal(fx_password_verify((fx_str){text, FX_PASSWORD_SIZE_MAX + 1}, fx_str_of(hash)),
                     FX_BAD_CREDENTIALS);
    assert_int_equal(fx_password_hash((fx_str){text, FX_PASSWORD_SIZE_MAX + 1}, 4, hash),
                     FX_BAD_PARAMETER);
    assert_int_equal(fx_password_hash(FX_STR(""), 4, hash), FX_BAD_PARAMETER);
    assert_int_equal(fx_password_hash(FX_STR("a\0b"), 4, hash), FX_BAD_PARAMETER);
    assert_int_equal(fx_password_hash(FX_STR("a"), 4, hash), FX_OK);
    assert_int_equal(fx_password_verify(FX_STR("a\0b"), fx_str_of(hash)), FX_BAD_CREDENTIALS);
}

static void password_damaged_hash_is_corrupt(void **state)
{
    (void)state;
    static const char *const HASHES[] = {
        "",
        "*0",
        "plain",
        "$1$abcdefgh$0123456789012345678901",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$5a$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05$CCCCCCCCC!CCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    };
    for (size_t index = 0; index < sizeof HASHES / sizeof HASHES[0]; index++) {
        assert_int_equal(verify("U*U", HASHES[index]), FX_CORRUPT);
    }
}

static void password_of_unknown_user_is_never_right(void **state)
{
    (void)state;
    assert_int_equal(fx_password_verify_unknown(FX_STR("secret"), 4), FX_BAD_CREDENTIALS);
    assert_int_equal(fx_password_verify_unknown(FX_STR(""), 4), FX_BAD_CREDENTIALS);
}

static void password_outdated_is_other_kind_or_lower_cost(void **state)
{
    (void)state;
    const fx_str old_kind = FX_STR("$2a$11$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    const fx_str hash = FX_STR("$2b$11$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    assert_true(fx_password_is_outdated(old_kind, 11));
    assert_false(fx_password_is_outdated(hash, 11));
    assert_false(fx_password_is_outdated(hash, 10));
    assert_true(fx_password_is_outdated(hash, 12));
    assert_true(fx_password_is_outdated(FX_STR("plain"), 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password_known_vectors_verify),
        cmocka_unit_test(password_other_password_is_refused),
        cmocka_unit_test(password_hash_then_verify_roundtrips),
        cmocka_unit_test(password_not_acceptable_is_refused),
        cmocka_unit_test(password_damaged_hash_is_corrupt),
        cmocka_unit_test(password_of_unknown_user_is_never_right),
        cmocka_unit_test(password_outdated_is_other_kind_or_lower_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
