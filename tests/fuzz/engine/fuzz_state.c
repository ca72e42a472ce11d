/* A snapshot of a small exchange with words of it replaced, eight bytes for each: where (in words),
 * and what. The hash of the bytes is made right, so that loading goes on to the slots: it answers
 * with a status, reads nothing outside of the pools and ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "snapshot_liar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *truth;
static char *lie;
static size_t saved_size;
static void *memory;

static void prepare(void)
{
    struct engine_kit kit;
    const struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_scene(&kit);
    snapshot_liar_scene(&kit);
    truth = snapshot_liar_save(&kit, &saved_size);
    lie = malloc(saved_size);
    FX_ASSERT(lie != NULL);
    memory = engine_kit_memory(&limits);
    engine_kit_deinit(&kit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_engine *engine = NULL;
    if (truth == NULL) {
        prepare();
    }
    memcpy(lie, truth, saved_size);
    for (size_t at = 0; at + 8 <= size && at < 64; at += 8) {
        uint32_t words[2];
        memcpy(words, data + at, sizeof words);
        const size_t place = (size_t)(words[0] % (saved_size / sizeof(uint32_t) - 2));
        memcpy(lie + place * sizeof(uint32_t), &words[1], sizeof words[1]);
    }
    snapshot_liar_repair(lie, saved_size);
    memset(memory, 0, fx_engine_size(&limits));
    const fx_status status = fx_engine_load(memory, &limits, (fx_str){lie, saved_size}, &engine);
    FX_ASSERT((status == FX_OK) == (engine != NULL));
    FX_ASSERT(status == FX_OK || status == FX_CORRUPT || status == FX_CAPACITY ||
              status == FX_VERSION_MISMATCH || status == FX_RULES_UNKNOWN);
    return 0;
}
