/* worker/worker_oracle_path: any answer at any path gives a price above 0, or a status. The first
 * line is the path. */
#include <stdint.h>

#include "base/panic.h"
#include "worker/worker_oracle_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const fx_str all = {(const char *)data, size};
    const size_t line = size == 0 ? SIZE_MAX : fx_str_find(all, '\n', 0);
    fx_i128 price = 0;
    if (line == SIZE_MAX) {
        return 0;
    }
    const fx_status status = fx_worker_oracle_path_price(
        fx_str_slice(all, line + 1, SIZE_MAX), fx_str_slice(all, 0, line), &price);
    FX_ASSERT((status == FX_OK) == (price > 0));
    return 0;
}
