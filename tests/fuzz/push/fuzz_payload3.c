/* Any body as a payload of revision 3: no fault, and what is read can be written and read again.
 * The first byte's lowest bit chooses between text and octets. */
#include "fuzz_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        fuzz_payload((data[0] & 1) != 0 ? FX_PUSH_PAYLOAD_FORM_3_BINARY : FX_PUSH_PAYLOAD_FORM_3,
                     (fx_str){(const char *)data + 1, size - 1});
    }
    return 0;
}
