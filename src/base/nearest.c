#include "base/nearest.h"

enum { LIMIT_MAX = 4 };

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what was written, then what may be meant
size_t fx_nearest_distance(fx_str word, fx_str meant)
{
    size_t
        row[FX_NEAREST_SIZE_MAX + 1]; /* of the letters so far of `word` to each start of `meant` */
    if (word.size > FX_NEAREST_SIZE_MAX || meant.size > FX_NEAREST_SIZE_MAX) {
        return FX_NEAREST_FAR;
    }
    if (word.size > 0 && word.size < meant.size && fx_str_has_prefix(meant, word)) {
        return 1;
    }
    for (size_t at = 0; at <= meant.size; at++) {
        row[at] = at;
    }
    for (size_t from = 0; from < word.size; from++) {
        size_t before = row[0];
        row[0] = from + 1;
        for (size_t at = 0; at < meant.size; at++) {
            const size_t changed = before + (word.data[from] == meant.data[at] ? 0 : 1);
            before = row[at + 1];
            row[at + 1] = least(changed, least(row[at], before) + 1);
        }
    }
    return row[meant.size];
}

size_t fx_nearest_limit(fx_str word)
{
    return least(word.size / 3 + 1, LIMIT_MAX);
}
