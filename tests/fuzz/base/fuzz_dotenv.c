/*
 * Any .env text: reading it fails with a message or gives a value, and what is then printed reads
 * back as the same value.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/config.h"
#include "base/crypto.h"
#include "base/panic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fx_config_option OPTIONS[] = {
    {.name = "a", .variable = "A", .help = "a", .type = FX_CONFIG_STR},
    {.name = "n", .variable = "N", .help = "n", .type = FX_CONFIG_INT, .min = -5, .max = 5},
    {.name = "s", .variable = "S", .help = "s", .type = FX_CONFIG_STR, .is_secret = true},
};

enum { OPTION_COUNT = sizeof OPTIONS / sizeof OPTIONS[0] };

static const char *nothing(void *context, const char *variable)
{
    (void)context;
    (void)variable;
    return NULL;
}

static struct fx_config *read_text(fx_str text)
{
    struct fx_config *config = fx_config_create(OPTIONS, OPTION_COUNT);
    FX_ASSERT(config != NULL);
    fx_status status = fx_config_set_dotenv(config, text);
    if (status == FX_OK) {
        status = fx_config_resolve(config, nothing, NULL, NULL);
    }
    if (status != FX_OK) {
        FX_ASSERT(strlen(fx_config_error(config)) > 0);
        fx_config_destroy(config);
        return NULL;
    }
    return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fx_config *config = read_text(fx_crypto_str(data, size));
    if (config == NULL) {
        return 0;
    }
    FX_ASSERT(fx_config_int(config, "n") >= -5 && fx_config_int(config, "n") <= 5);
    struct fx_buf printed;
    fx_buf_init(&printed, 4 * size + 1024);
    fx_config_print(config, &printed);
    FX_ASSERT(!printed.is_overflow);
    struct fx_config *again = read_text(fx_buf_str(&printed));
    FX_ASSERT(again != NULL);
    FX_ASSERT(fx_str_is_equal(fx_config_str(config, "a"), fx_config_str(again, "a")));
    FX_ASSERT(fx_config_int(config, "n") == fx_config_int(again, "n"));
    fx_buf_deinit(&printed);
    fx_config_destroy(again);
    fx_config_destroy(config);
    return 0;
}
