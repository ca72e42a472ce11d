#include "base/status.h"

#include "base/panic.h"

static const struct entry {
    fx_status status;
    int http;
    bool is_retryable;
    const char *name;
    const char *text;
} ENTRIES[] = {
#define X(name_, number_, http_, retry_, text_) {FX_##name_, http_, retry_, #name_, text_},
#include "base/status.def"
#undef X
};

static const struct entry *entry_of(fx_status status)
{
    for (unsigned index = 0; index < sizeof ENTRIES / sizeof ENTRIES[0]; index++) {
        if (ENTRIES[index].status == status) {
            return &ENTRIES[index];
        }
    }
    fx_panic(__FILE__, __LINE__, "status is in status.def");
}

const char *fx_status_name(fx_status status)
{
    return entry_of(status)->name;
}

const char *fx_status_text(fx_status status)
{
    return entry_of(status)->text;
}

int fx_status_http(fx_status status)
{
    return entry_of(status)->http;
}

bool fx_status_is_retryable(fx_status status)
{
    return entry_of(status)->is_retryable;
}
