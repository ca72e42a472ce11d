/* base/jwks: the example key of RFC 7638, and a set of two. */
#include "base/jwks.h"

#include <string.h>

#include "fx_test.h"

/* RFC 7638 section 3.1: the key of its example, as PEM. */
static const char PEM[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0vx7agoebGcQSuuPiLJX\n"
                          "ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\n"
                          "oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt\n"
                          "7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\n"
                          "zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f\n"
                          "M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK\n"
                          "gwIDAQAB\n"
                          "-----END PUBLIC KEY-----\n";

static void jwks_thumbprint_is_that_of_the_standard(void **state)
{
    (void)state;
    struct fx_crypto_rsa *rsa = NULL;
    char kid[FX_JWKS_KID_SIZE + 1];
    assert_int_equal(fx_crypto_rsa_load_public(FX_STR(PEM), &rsa), FX_OK);
    fx_jwks_thumbprint(rsa, kid);
    assert_string_equal(kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    fx_crypto_rsa_destroy(rsa);
}

static void jwks_set_has_the_public_parts_only(void **state)
{
    (void)state;
    struct fx_crypto_rsa *rsa = NULL;
    struct fx_buf buf;
    assert_int_equal(fx_crypto_rsa_load_public(FX_STR(PEM), &rsa), FX_OK);
    const struct fx_jwt_key keys[] = {{rsa, FX_STR("a")}, {rsa, FX_STR("b")}};
    fx_buf_init(&buf, 4096);
    fx_jwks_append(&buf, keys, 0);
    assert_true(fx_str_is_equal(fx_buf_str(&buf), FX_STR("{\"keys\":[]}")));
    fx_buf_clear(&buf);
    fx_jwks_append(&buf, keys, 2);
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(strstr(buf.data, "\"kid\":\"a\",\"n\":\"0vx7agoebGcQSuuPiLJX"));
    assert_non_null(
        strstr(buf.data, "},{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"b\""));
    assert_null(strstr(buf.data, "\"d\""));
    fx_buf_deinit(&buf);
    fx_crypto_rsa_destroy(rsa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jwks_thumbprint_is_that_of_the_standard),
        cmocka_unit_test(jwks_set_has_the_public_parts_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
