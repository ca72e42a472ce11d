#include "base/ed25519.h"

#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "base/crypto.h"

enum { PEM_SIZE_MAX = 512 };

struct fx_ed25519 {
    EVP_PKEY *key;
};

/* "\n" as two characters becomes a line end: JSON and environment variables carry PEM like this. */
static void unfold(fx_str text, struct fx_buf *pem)
{
    for (size_t index = 0; index < text.size; index++) {
        if (fx_str_has_prefix(fx_str_slice(text, index, 2), FX_STR("\\n"))) {
            fx_buf_append_byte(pem, '\n');
            index++;
        } else {
            fx_buf_append_byte(pem, text.data[index]);
        }
    }
}

static fx_status parse_pem(fx_str text, uint8_t key_out[FX_ED25519_KEY_SIZE])
{
    struct fx_buf pem;
    fx_buf_init(&pem, PEM_SIZE_MAX);
    unfold(text, &pem);
    BIO *source = pem.is_overflow ? NULL : BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *key = source == NULL ? NULL : PEM_read_bio_PUBKEY(source, NULL, NULL, NULL);
    size_t size = FX_ED25519_KEY_SIZE;
    const bool is_read = key != NULL && EVP_PKEY_id(key) == EVP_PKEY_ED25519 &&
                         EVP_PKEY_get_raw_public_key(key, key_out, &size) == 1 &&
                         size == FX_ED25519_KEY_SIZE;
    EVP_PKEY_free(key);
    BIO_free(source);
    fx_buf_deinit(&pem);
    return is_read ? FX_OK : FX_BAD_PARAMETER;
}

fx_status fx_ed25519_parse(fx_str text, uint8_t key_out[FX_ED25519_KEY_SIZE])
{
    size_t size = 0;
    if (fx_str_has_prefix(text, FX_STR("-----BEGIN PUBLIC KEY-----"))) {
        return parse_pem(text, key_out);
    }
    if (text.size == 2 * (size_t)FX_ED25519_KEY_SIZE) {
        return fx_crypto_hex_decode(text, key_out, FX_ED25519_KEY_SIZE);
    }
    if (fx_crypto_base64url_decode(text, key_out, FX_ED25519_KEY_SIZE, &size) != FX_OK ||
        size != FX_ED25519_KEY_SIZE) {
        return FX_BAD_PARAMETER;
    }
    return FX_OK;
}

struct fx_ed25519 *fx_ed25519_create(const uint8_t key[FX_ED25519_KEY_SIZE])
{
    struct fx_ed25519 *verifier = calloc(1, sizeof *verifier);
    if (verifier == NULL) {
        return NULL;
    }
    verifier->key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, FX_ED25519_KEY_SIZE);
    if (verifier->key == NULL) {
        fx_ed25519_destroy(verifier);
        return NULL;
    }
    return verifier;
}

void fx_ed25519_destroy(struct fx_ed25519 *verifier)
{
    if (verifier != NULL) {
        EVP_PKEY_free(verifier->key);
        free(verifier);
    }
}

bool fx_ed25519_is_signed(struct fx_ed25519 *verifier,
                          fx_str data,
                          const uint8_t signature[FX_ED25519_SIGNATURE_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool is_signed = context != NULL &&
                           EVP_DigestVerifyInit(context, NULL, NULL, NULL, verifier->key) == 1 &&
                           EVP_DigestVerify(context,
                                            signature,
                                            FX_ED25519_SIGNATURE_SIZE,
                                            (const unsigned char *)data.data,
                                            data.size) == 1;
    EVP_MD_CTX_free(context);
    return is_signed;
}
