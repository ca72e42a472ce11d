/* base/email: one form of each address, and nothing else. */
#include "base/email.h"

#include <stdio.h>
#include <string.h>

#include "fx_test.h"

static void email_common_addresses_are_taken_in_lower_case(void **state)
{
    (void)state;
    static const char *const PAIRS[][2] = {
        {"a@b", "a@b"},
        {"Alice@Example.ORG", "alice@example.org"},
        {"a.b+tag_1-x@sub.example.co", "a.b+tag_1-x@sub.example.co"},
        {"!#$%&'*+/=?^_`{|}~@x-1.y", "!#$%&'*+/=?^_`{|}~@x-1.y"}};
    for (size_t index = 0; index < sizeof PAIRS / sizeof PAIRS[0]; index++) {
        char email[FX_EMAIL_SIZE_MAX + 2];
        assert_true(fx_email_normalize(fx_str_of(PAIRS[index][0]), email));
        assert_string_equal(email, PAIRS[index][1]);
    }
}

static void email_other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",        "a",           "@",      "a@",    "@b",    "a@b@c",   "a b@c",      "a@b c",
        ".a@b",    "a.@b",        "a..b@c", "a@.b",  "a@b.",  "a@b..c",  "a@-b",       "a@b-",
        "\"a\"@b", "a@[1.2.3.4]", "a(x)@b", "a,b@c", "a\n@b", "a@b\r\n", "\xC3\xA4@b", "a@\xC3\xA4",
        "a;b@c",   "a<b>@c",      "a\\@b",  "a@b_c", " a@b",  "a@b "};
    char email[FX_EMAIL_SIZE_MAX + 2] = "kept";
    for (size_t index = 0; index < sizeof TEXTS / sizeof TEXTS[0]; index++) {
        if (fx_email_normalize(fx_str_of(TEXTS[index]), email)) {
            fail_msg("taken: %s", TEXTS[index]);
        }
        assert_string_equal(email, "kept");
    }
    assert_false(fx_email_normalize(FX_STR("a\0@b"), email));
    assert_false(fx_email_normalize(FX_STR("a@b\0"), email));
}

/* 64 bytes, @, and labels of 63, 63 and what is missing: `size` bytes in all. */
static bool is_taken(size_t size)
{
    char text[300];
    char email[FX_EMAIL_SIZE_MAX + 2];
    memset(text, 'a', sizeof text);
    text[64] = '@';
    text[64 + 1 + 63] = '.';
    text[64 + 1 + 63 + 1 + 63] = '.';
    return fx_email_normalize((fx_str){text, size}, email);
}

static void email_sizes_are_bounded(void **state)
{
    (void)state;
    assert_true(is_taken(254));
    assert_false(is_taken(255));
    char email[FX_EMAIL_SIZE_MAX + 2];
    char text[80];
    (void)snprintf(text, sizeof text, "%065d@b", 0);
    assert_false(fx_email_normalize(fx_str_of(text), email));
    (void)snprintf(text, sizeof text, "a@%064d", 0);
    assert_false(fx_email_normalize(fx_str_of(text), email));
    (void)snprintf(text, sizeof text, "a@%063d", 0);
    assert_true(fx_email_normalize(fx_str_of(text), email));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(email_common_addresses_are_taken_in_lower_case),
        cmocka_unit_test(email_other_texts_are_refused),
        cmocka_unit_test(email_sizes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
