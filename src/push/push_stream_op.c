#include "push/push_stream_op.h"

#include <string.h>

enum { NAME_SIZE_MAX = 64 };

static const struct {
    fx_str name;
    enum fx_push_stream_op_kind kind;
} OPS[] = {
    {{"ping", 4}, FX_PUSH_STREAM_OP_PING},
    {{"subscribe", 9}, FX_PUSH_STREAM_OP_SUBSCRIBE},
    {{"unsubscribe", 11}, FX_PUSH_STREAM_OP_UNSUBSCRIBE},
    {{"auth", 4}, FX_PUSH_STREAM_OP_AUTH},
    {{"cancel_on_disconnect", 20}, FX_PUSH_STREAM_OP_CANCEL_ON_DISCONNECT},
    {{"order.create", 12}, FX_PUSH_STREAM_OP_ORDER_CREATE},
    {{"order.amend", 11}, FX_PUSH_STREAM_OP_ORDER_AMEND},
    {{"order.cancel", 12}, FX_PUSH_STREAM_OP_ORDER_CANCEL},
};

fx_str fx_push_stream_op_name(enum fx_push_stream_op_kind kind)
{
    for (size_t index = 0; index < sizeof OPS / sizeof OPS[0]; index++) {
        if (OPS[index].kind == kind) {
            return OPS[index].name;
        }
    }
    return (fx_str){0};
}

static bool is_plain(const struct fx_json_token *token)
{
    return token != NULL && token->kind == FX_JSON_STRING && !token->is_escaped;
}

/* A number or a string; it comes back as it was written, so `1` and `"1"` stay what they are. */
static bool read_id(const struct fx_json_token *token, struct fx_push_stream_op *op)
{
    if (token == NULL || token->kind == FX_JSON_NULL) {
        return true;
    }
    if (token->text.size > FX_PUSH_STREAM_OP_ID_SIZE_MAX) {
        return false;
    }
    if (token->kind == FX_JSON_STRING) {
        op->id = (fx_str){token->text.data - 1, token->text.size + 2};
    } else if (token->kind == FX_JSON_NUMBER) {
        op->id = token->text;
    }
    return op->id.size > 0;
}

static bool read_name(const struct fx_json_token *token, struct fx_push_stream_op *op)
{
    if (!is_plain(token) || token->text.size == 0 || token->text.size > NAME_SIZE_MAX) {
        return false;
    }
    op->name = token->text;
    for (size_t index = 0; index < sizeof OPS / sizeof OPS[0]; index++) {
        if (fx_str_is_equal(op->name, OPS[index].name)) {
            op->kind = OPS[index].kind;
        }
    }
    return true;
}

static bool read_args(const struct fx_json_token *token, struct fx_push_stream_op *op)
{
    if (token == NULL) {
        return true;
    }
    op->args = token;
    return token->kind == FX_JSON_ARRAY;
}

/* {"epoch":"…","seq":41}; an epoch that we never gave is not an error: it is an old one. */
static bool read_resume(const struct fx_json *json,
                        const struct fx_json_token *token,
                        struct fx_push_stream_op *op)
{
    if (token == NULL || token->kind == FX_JSON_NULL) {
        return true;
    }
    if (token->kind != FX_JSON_OBJECT) {
        return false;
    }
    const struct fx_json_token *epoch = fx_json_member(json, token, FX_STR("epoch"));
    const struct fx_json_token *seq = fx_json_member(json, token, FX_STR("seq"));
    if (!is_plain(epoch) || epoch->text.size == 0 || seq == NULL || seq->kind != FX_JSON_NUMBER ||
        !fx_str_parse_u64(seq->text, &op->seq)) {
        return false;
    }
    op->epoch = epoch->text;
    return true;
}

fx_status fx_push_stream_op_parse(struct fx_json *json,
                                  fx_str text,
                                  struct fx_push_stream_op *op_out)
{
    memset(op_out, 0, sizeof *op_out);
    const fx_status status = fx_json_parse(json, text);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_json_token *root = &json->tokens[0];
    if (root->kind != FX_JSON_OBJECT) {
        return FX_BAD_REQUEST;
    }
    const bool has_id = read_id(fx_json_member(json, root, FX_STR("id")), op_out);
    const bool has_name = read_name(fx_json_member(json, root, FX_STR("op")), op_out);
    const bool has_args = read_args(fx_json_member(json, root, FX_STR("args")), op_out);
    const bool has_resume = read_resume(json, fx_json_member(json, root, FX_STR("resume")), op_out);
    return has_id && has_name && has_args && has_resume ? FX_OK : FX_BAD_PARAMETER;
}
