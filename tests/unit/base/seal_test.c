/* base/seal: what is sealed opens with its key and context only, and unchanged. */
#include "base/seal.h"

#include <string.h>

#include "fx_test.h"

static const uint8_t KEY[FX_SEAL_KEY_SIZE] = {1, 2, 3};
static const uint8_t OTHER[FX_SEAL_KEY_SIZE] = {1, 2, 4};

#define CONTEXT FX_STR("api_keys:abc")

static void seal_gives_back_what_it_took(void **state)
{
    (void)state;
    static char plain[FX_SEAL_PLAIN_SIZE_MAX + 1];
    struct fx_seal *seal = fx_seal_create(KEY);
    assert_non_null(seal);
    memset(plain, 'x', sizeof plain);
    for (size_t size = 0; size <= sizeof plain; size++) {
        const fx_str text = {plain, size};
        struct fx_buf sealed;
        struct fx_buf opened;
        fx_buf_init(&sealed, FX_SEAL_SIZE_MAX);
        fx_buf_init(&opened, FX_SEAL_SIZE_MAX);
        const fx_status status = fx_seal_encode(seal, CONTEXT, text, &sealed);
        if (size > FX_SEAL_PLAIN_SIZE_MAX) {
            assert_int_equal(status, FX_BAD_PARAMETER);
        } else {
            assert_int_equal(status, FX_OK);
            assert_true(fx_seal_is_sealed(fx_buf_str(&sealed)));
            assert_int_equal(fx_seal_decode(seal, CONTEXT, fx_buf_str(&sealed), &opened), FX_OK);
            assert_true(fx_str_is_equal(fx_buf_str(&opened), text));
        }
        fx_buf_deinit(&sealed);
        fx_buf_deinit(&opened);
    }
    fx_seal_destroy(seal);
}

static void expect_closed(const struct fx_seal *seal, fx_str context, fx_str text)
{
    struct fx_buf opened;
    fx_buf_init(&opened, FX_SEAL_SIZE_MAX);
    assert_int_equal(fx_seal_decode(seal, context, text, &opened), FX_CORRUPT);
    assert_int_equal(opened.size, 0);
    fx_buf_deinit(&opened);
}

static void seal_opens_for_nothing_else(void **state)
{
    (void)state;
    struct fx_seal *seal = fx_seal_create(KEY);
    struct fx_seal *other = fx_seal_create(OTHER);
    struct fx_buf sealed;
    struct fx_buf again;
    fx_buf_init(&sealed, FX_SEAL_SIZE_MAX);
    fx_buf_init(&again, FX_SEAL_SIZE_MAX);
    assert_int_equal(fx_seal_encode(seal, CONTEXT, FX_STR("secret"), &sealed), FX_OK);
    assert_int_equal(fx_seal_encode(seal, CONTEXT, FX_STR("secret"), &again), FX_OK);
    const fx_str text = fx_buf_str(&sealed);
    assert_false(fx_str_is_equal(text, fx_buf_str(&again))); /* a nonce of its own */
    expect_closed(other, CONTEXT, text);
    expect_closed(seal, FX_STR("api_keys:abd"), text);
    expect_closed(seal, FX_STR(""), text);
    for (size_t index = 0; index < text.size; index++) {
        sealed.data[index] ^= 1;
        expect_closed(seal, CONTEXT, text);
        sealed.data[index] ^= 1;
        expect_closed(seal, CONTEXT, fx_str_slice(text, 0, index));
    }
    expect_closed(seal, CONTEXT, FX_STR("secret"));
    fx_buf_deinit(&sealed);
    fx_buf_deinit(&again);
    fx_seal_destroy(seal);
    fx_seal_destroy(other);
}

static void seal_says_when_there_is_no_room(void **state)
{
    (void)state;
    struct fx_seal *seal = fx_seal_create(KEY);
    struct fx_buf sealed;
    fx_buf_init(&sealed, 16);
    assert_int_equal(fx_seal_encode(seal, CONTEXT, FX_STR("secret"), &sealed), FX_NO_MEMORY);
    fx_buf_deinit(&sealed);
    fx_seal_destroy(seal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_gives_back_what_it_took),
        cmocka_unit_test(seal_opens_for_nothing_else),
        cmocka_unit_test(seal_says_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
