/* base/ed25519: vectors of RFC 8032 section 7.1, and every form of a public key. */
#include "base/ed25519.h"

#include <string.h>

#include "base/crypto.h"
#include "fx_test.h"

/* TEST 2: one byte of message. */
#define KEY_HEX "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define SIGNATURE_HEX                                                                               \
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11" \
    "d8c387b2eaeb4302aeeb00d291612bb0c00"
#define KEY_BASE64URL "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"
#define KEY_PEM                                                                                    \
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"   \
    "-----END PUBLIC KEY-----\n"
#define KEY_PEM_FOLDED                                                                             \
    "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\\n" \
    "-----END PUBLIC KEY-----\\n"

static void ed25519_vector_of_the_standard_holds_and_no_changed_bit(void **state)
{
    (void)state;
    uint8_t key[FX_ED25519_KEY_SIZE];
    uint8_t signature[FX_ED25519_SIGNATURE_SIZE];
    assert_int_equal(fx_ed25519_parse(FX_STR(KEY_HEX), key), FX_OK);
    assert_int_equal(fx_crypto_hex_decode(FX_STR(SIGNATURE_HEX), signature, sizeof signature),
                     FX_OK);
    struct fx_ed25519 *verifier = fx_ed25519_create(key);
    assert_non_null(verifier);
    assert_true(fx_ed25519_is_signed(verifier, FX_STR("\x72"), signature));
    assert_true(fx_ed25519_is_signed(verifier, FX_STR("\x72"), signature)); /* again */
    assert_false(fx_ed25519_is_signed(verifier, FX_STR("\x73"), signature));
    assert_false(fx_ed25519_is_signed(verifier, FX_STR(""), signature));
    for (uint32_t bit = 0; bit < 8 * FX_ED25519_SIGNATURE_SIZE; bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(fx_ed25519_is_signed(verifier, FX_STR("\x72"), signature));
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    fx_ed25519_destroy(verifier);
}

static void ed25519_keys_have_three_forms(void **state)
{
    (void)state;
    static const char *const FORMS[] = {KEY_HEX, KEY_BASE64URL, KEY_PEM, KEY_PEM_FOLDED};
    uint8_t expected[FX_ED25519_KEY_SIZE];
    assert_int_equal(fx_crypto_hex_decode(FX_STR(KEY_HEX), expected, sizeof expected), FX_OK);
    for (size_t index = 0; index < sizeof FORMS / sizeof FORMS[0]; index++) {
        uint8_t key[FX_ED25519_KEY_SIZE] = {0};
        assert_int_equal(fx_ed25519_parse(fx_str_of(FORMS[index]), key), FX_OK);
        assert_memory_equal(key, expected, sizeof key);
    }
}

static void ed25519_other_texts_are_no_keys(void **state)
{
    (void)state;
    /* The last one is an elliptic curve key of another kind (P-256). */
    static const char *const TEXTS[] = {
        "",
        "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zg",
        "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=",
        "zd4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/"
        "m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n"};
    for (size_t index = 0; index < sizeof TEXTS / sizeof TEXTS[0]; index++) {
        uint8_t key[FX_ED25519_KEY_SIZE];
        assert_int_equal(fx_ed25519_parse(fx_str_of(TEXTS[index]), key), FX_BAD_PARAMETER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ed25519_vector_of_the_standard_holds_and_no_changed_bit),
        cmocka_unit_test(ed25519_keys_have_three_forms),
        cmocka_unit_test(ed25519_other_texts_are_no_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
