#include "base/seal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/crypto.h"

enum {
    NONCE_SIZE = 12,
    TAG_SIZE = 16,
    PREFIX_SIZE = 3,
    BLOB_SIZE_MAX = NONCE_SIZE + FX_SEAL_PLAIN_SIZE_MAX + TAG_SIZE
};

struct fx_seal {
    uint8_t key[FX_SEAL_KEY_SIZE];
};

/* nonce, ciphertext, tag */
struct blob {
    uint8_t bytes[BLOB_SIZE_MAX];
    size_t size;
};

struct fx_seal *fx_seal_create(const uint8_t key[FX_SEAL_KEY_SIZE])
{
    struct fx_seal *seal = calloc(1, sizeof *seal);
    if (seal != NULL) {
        memcpy(seal->key, key, sizeof seal->key);
    }
    return seal;
}

void fx_seal_destroy(struct fx_seal *seal)
{
    if (seal != NULL) {
        fx_crypto_wipe(seal, sizeof *seal);
        free(seal);
    }
}

bool fx_seal_is_sealed(fx_str text)
{
    return fx_str_has_prefix(text, FX_STR("s1."));
}

static const unsigned char *bytes_of(fx_str text)
{
    static const unsigned char NONE[1] = {0};
    return text.size == 0 ? NONE : (const unsigned char *)text.data;
}

/* Sizes are a few hundred bytes: they fit in an int. */
static bool lock_up(const struct fx_seal *seal, fx_str context, fx_str plain, struct blob *blob)
{
    int size = 0;
    uint8_t *ciphertext = &blob->bytes[NONCE_SIZE];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    const bool is_done =
        cipher != NULL &&
        EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, seal->key, blob->bytes) == 1 &&
        EVP_EncryptUpdate(cipher, NULL, &size, bytes_of(context), (int)context.size) == 1 &&
        EVP_EncryptUpdate(cipher, ciphertext, &size, bytes_of(plain), (int)plain.size) == 1 &&
        EVP_EncryptFinal_ex(cipher, ciphertext + plain.size, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, ciphertext + plain.size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    blob->size = NONCE_SIZE + plain.size + TAG_SIZE;
    return is_done;
}

static bool unlock(const struct fx_seal *seal, fx_str context, struct blob *blob, uint8_t *plain)
{
    int size = 0;
    const size_t plain_size = blob->size - NONCE_SIZE - TAG_SIZE;
    uint8_t *tag = &blob->bytes[NONCE_SIZE + plain_size];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    const bool is_done =
        cipher != NULL &&
        EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, seal->key, blob->bytes) == 1 &&
        EVP_DecryptUpdate(cipher, NULL, &size, bytes_of(context), (int)context.size) == 1 &&
        EVP_DecryptUpdate(cipher, plain, &size, &blob->bytes[NONCE_SIZE], (int)plain_size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1 &&
        EVP_DecryptFinal_ex(cipher, plain + plain_size, &size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return is_done;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): context, then what it is about
fx_status fx_seal_encode(const struct fx_seal *seal,
                         fx_str context,
                         fx_str plain,
                         struct fx_buf *text_out)
// NOLINTEND(bugprone-easily-swappable-parameters)
{
    struct blob blob;
    if (plain.size > FX_SEAL_PLAIN_SIZE_MAX) {
        return FX_BAD_PARAMETER;
    }
    const fx_status status = fx_crypto_random(blob.bytes, NONCE_SIZE);
    if (status != FX_OK) {
        return status;
    }
    if (!lock_up(seal, context, plain, &blob)) {
        return FX_NO_MEMORY;
    }
    fx_buf_append(text_out, FX_STR("s1."));
    fx_crypto_base64url_encode(text_out, fx_crypto_str(blob.bytes, blob.size));
    return text_out->is_overflow ? FX_NO_MEMORY : FX_OK;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): context, then what it is about
fx_status fx_seal_decode(const struct fx_seal *seal,
                         fx_str context,
                         fx_str text,
                         struct fx_buf *plain_out)
// NOLINTEND(bugprone-easily-swappable-parameters)
{
    struct blob blob;
    uint8_t plain[FX_SEAL_PLAIN_SIZE_MAX + 1];
    if (!fx_seal_is_sealed(text) ||
        fx_crypto_base64url_decode(
            fx_str_slice(text, PREFIX_SIZE, SIZE_MAX), blob.bytes, sizeof blob.bytes, &blob.size) !=
            FX_OK ||
        blob.size < NONCE_SIZE + TAG_SIZE) {
        return FX_CORRUPT;
    }
    const bool is_genuine = unlock(seal, context, &blob, plain);
    if (is_genuine) {
        fx_buf_append(plain_out, fx_crypto_str(plain, blob.size - NONCE_SIZE - TAG_SIZE));
    }
    fx_crypto_wipe(plain, sizeof plain);
    if (!is_genuine) {
        return FX_CORRUPT;
    }
    return plain_out->is_overflow ? FX_NO_MEMORY : FX_OK;
}
