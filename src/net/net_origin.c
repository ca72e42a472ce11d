#include "net/net_origin.h"

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the list first
bool fx_net_origin_is_listed(fx_str list, fx_str origin, bool *is_any_out)
{
    size_t start = 0;
    *is_any_out = false;
    while (start < list.size) {
        size_t end = start;
        while (end < list.size && list.data[end] != ' ' && list.data[end] != ',') {
            end++;
        }
        const fx_str entry = fx_str_slice(list, start, end - start);
        if (entry.size > 0 && fx_str_is_equal(entry, origin)) {
            *is_any_out = false;
            return true;
        }
        *is_any_out = *is_any_out || fx_str_is_equal(entry, FX_STR("*"));
        start = end + 1;
    }
    return *is_any_out;
}
