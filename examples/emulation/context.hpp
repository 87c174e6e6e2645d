// SPDX-License-Identifier: Apache-2.0
/// What an actor may do while it handles a message: everything it may do at all.
#pragma once

#include "examples/emulation/system.hpp"

namespace grafos::emulation {

/// A line under way; printed at the end of the statement that makes it:
/// `context.line(rules::get).put("GET -> ").put(counter_);`
class Line {
public:
    Line(System& system, ActorNumber actor, const Rule& rule, bool has_name) noexcept;
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line() { system_.print(actor_, rule_, text_.text()); }

    template <typename Part>
    Line& put(const Part& part) noexcept {
        text_.put(part);
        return *this;
    }

private:
    System& system_;
    ActorNumber actor_;
    const Rule& rule_;
    std::array<char, line_bytes_max> buffer_;
    TextWriter text_{buffer_};
};

template <typename Self>
class Context {
public:
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    [[nodiscard]] Instant now() const noexcept { return system_.now(); }
    [[nodiscard]] std::string_view name() const noexcept { return system_.view(number_).name; }
    [[nodiscard]] auto self() const noexcept {
        return Address<typename Self::ProtocolType>{number_};
    }
    /// This actor's own: what others draw does not change it.
    [[nodiscard]] Random& random() noexcept { return system_.slot(number_).random; }

    /// `[name] …`
    [[nodiscard]] Line line(const Rule& rule) noexcept { return {system_, number_, rule, true}; }
    /// Without the name.
    [[nodiscard]] Line plain_line(const Rule& rule) noexcept {
        return {system_, number_, rule, false};
    }
    /// A figure to be seen in charts.
    void show(std::string_view name, uint64_t value) noexcept {
        system_.show(number_, name, value);
    }

    /// Nobody is told whether it arrives. To oneself: at once, behind what waits already.
    template <typename P, typename Message>
    void send(const Address<P>& to, const Message& message) noexcept {
        put_on_way(to, message, std::nullopt);
    }
    /// When `delay` is over: to oneself, or to somebody near, since no net is in between.
    template <typename P, typename Message>
    void send_after(Duration delay, const Address<P>& to, const Message& message) noexcept {
        put_on_way(to, message, delay);
    }
    /// Its answer comes to `Self::on(context, Answer<Message>)`. Asserts that no other call of this
    /// actor is open; nothing else is handled until then.
    template <typename P, typename Message>
    void call(const Address<P>& to, const Message& message,
              Duration patience = call_patience) noexcept {
        static_assert(HasReply<Message>, "nobody answers this message: send it");
        const uint8_t number = P::template number_of<Message>();
        std::array<uint8_t, message_bytes_max> bytes;
        system_.call(number_, to.number_, number, encoded(message, bytes), patience,
                     &hand_answer<Message>);
    }
    /// Once for each question.
    template <typename Reply>
    void reply(const Asked<Reply>& asked, const Reply& reply) noexcept {
        std::array<uint8_t, message_bytes_max> bytes;
        system_.answer(number_, asked.asker_, asked.call_, asked.message_, encoded(reply, bytes));
    }
    /// Instead of a reply.
    template <typename Reply>
    void refuse(const Asked<Reply>& asked, const Error& error) noexcept {
        system_.refuse(number_, asked.asker_, asked.call_, asked.message_, error);
    }
    /// This is the last message that it handles.
    void stop(const Error& why) noexcept { system_.stop(number_, why); }

private:
    template <typename AnySelf, typename P>
    friend class Actor;
    Context(System& system, ActorNumber number) noexcept : system_{system}, number_{number} {}

    template <typename Message>
    [[nodiscard]] static Bytes encoded(const Message& message, MutableBytes to) noexcept {
        const Result<size_t> size = wire::encode(message, to);
        GRAFOS_ASSERT(size.is_ok()); // an actor that says what its own protocol does not allow
        return Bytes{to}.first(size.value());
    }
    template <typename P, typename Message>
    void put_on_way(const Address<P>& to, const Message& message,
                    std::optional<Duration> after) noexcept {
        static_assert(!HasReply<Message>, "this message is answered: call it");
        const uint8_t number = P::template number_of<Message>();
        std::array<uint8_t, message_bytes_max> bytes;
        system_.send(number_, to.number_, number, encoded(message, bytes), after);
    }
    template <typename Message>
    static bool hand_answer(AnyActor& actor, System& system, ActorNumber number,
                            const Result<Bytes>& answer) noexcept {
        using Reply = typename Message::Reply;
        Context context{system, number};
        auto& self = static_cast<Self&>(actor);
        if (!answer.is_ok()) {
            self.on(context, Answer<Message>{answer.error()});
            return true;
        }
        Result<Reply> reply = wire::decode<Reply>(answer.value());
        const bool is_decoded = reply.is_ok();
        self.on(context, Answer<Message>{std::move(reply)});
        return is_decoded;
    }

    System& system_;
    ActorNumber number_;
};

} // namespace grafos::emulation
