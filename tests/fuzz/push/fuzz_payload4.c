/* Any body as a payload of revision 4: no fault, and what is read can be written and read again. */
#include "fuzz_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_payload(FX_PUSH_PAYLOAD_FORM_4, (fx_str){(const char *)data, size});
    return 0;
}
