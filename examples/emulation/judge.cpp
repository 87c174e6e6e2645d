// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/judge.hpp"

namespace grafos::emulation {

void Judge::note(const Break& broken) noexcept {
    GRAFOS_ASSERT(!broken.property.empty());
    count_ += 1;
    if (count_ == 1) {
        TextWriter text{first_text_};
        text.put(broken.text);
        first_ = broken;
        first_.text = text.text();
    }
    if (listener_ != nullptr) {
        listener_->on_break(broken);
    }
}

} // namespace grafos::emulation
