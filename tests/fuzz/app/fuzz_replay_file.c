/* The reader of recordings on any bytes: no fault; what it takes is in range and in order. */
#include <stdbool.h>
#include <stdint.h>

#include "app/app_replay_file.h"
#include "base/panic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct fx_app_replay_file_row *row)
{
    const bool is_cancel = row->op == FX_APP_REPLAY_FILE_CANCEL;
    FX_ASSERT(row->ts_ns >= 0);
    FX_ASSERT(is_cancel == (row->side == 0));
    FX_ASSERT(is_cancel == (row->price_ticks == 0));
    FX_ASSERT(is_cancel == (row->lots == 0));
    FX_ASSERT(row->price_ticks >= 0 && row->price_ticks <= FX_APP_REPLAY_FILE_TICKS_MAX);
    FX_ASSERT(row->lots >= 0 && row->lots <= FX_APP_REPLAY_FILE_LOTS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fx_app_replay_file file = {NULL, 0};
    struct fx_app_replay_file_error error = {0, NULL};
    const fx_str text = {(const char *)data, size};
    if (fx_app_replay_file_parse(text, &file, &error) != FX_OK) {
        FX_ASSERT(error.line >= 1 && error.text != NULL && file.rows == NULL);
        return 0;
    }
    FX_ASSERT(file.count > 0);
    for (uint32_t index = 0; index < file.count; index++) {
        check_row(&file.rows[index]);
        FX_ASSERT(index == 0 || file.rows[index].sequence > file.rows[index - 1].sequence);
    }
    fx_app_replay_file_deinit(&file);
    return 0;
}
