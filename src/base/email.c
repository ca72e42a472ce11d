#include "base/email.h"

#include <string.h>

static bool is_alphanumeric(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

static bool is_local(fx_str local)
{
    char before = '.';
    if (local.size == 0 || local.size > FX_EMAIL_LOCAL_SIZE_MAX) {
        return false;
    }
    for (size_t index = 0; index < local.size; index++) {
        const char byte = local.data[index];
        const bool is_dot = byte == '.';
        if ((is_dot && before == '.') ||
            (!is_dot && !is_alphanumeric(byte) &&
             (byte == '\0' || strchr("!#$%&'*+/=?^_`{|}~-", byte) == NULL))) {
            return false;
        }
        before = byte;
    }
    return before != '.';
}

static bool is_label(fx_str label)
{
    if (label.size == 0 || label.size > FX_EMAIL_LABEL_SIZE_MAX || label.data[0] == '-' ||
        label.data[label.size - 1] == '-') {
        return false;
    }
    for (size_t index = 0; index < label.size; index++) {
        if (!is_alphanumeric(label.data[index]) && label.data[index] != '-') {
            return false;
        }
    }
    return true;
}

static bool is_domain(fx_str domain)
{
    size_t from = 0;
    while (from <= domain.size) {
        const size_t dot = fx_str_find(domain, '.', from);
        const size_t end = dot == SIZE_MAX ? domain.size : dot;
        if (!is_label(fx_str_slice(domain, from, end - from))) {
            return false;
        }
        from = end + 1;
    }
    return true;
}

bool fx_email_normalize(fx_str text, char email_out[FX_EMAIL_SIZE_MAX + 2])
{
    char email[FX_EMAIL_SIZE_MAX + 2];
    if (text.size > FX_EMAIL_SIZE_MAX || !fx_str_copy(text, email, sizeof email)) {
        return false;
    }
    for (size_t index = 0; index < text.size; index++) {
        if (email[index] >= 'A' && email[index] <= 'Z') {
            email[index] = (char)(email[index] - 'A' + 'a');
        }
    }
    const fx_str lower = {email, text.size};
    const size_t at = fx_str_find(lower, '@', 0);
    if (at == SIZE_MAX || !is_local(fx_str_slice(lower, 0, at)) ||
        !is_domain(fx_str_slice(lower, at + 1, SIZE_MAX))) {
        return false;
    }
    memcpy(email_out, email, sizeof email);
    return true;
}
