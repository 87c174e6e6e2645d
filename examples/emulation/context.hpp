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
    /// It ends with the handler, so there is nothing to be kept.
    Context* operator&() const = delete;

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
    /// When `delay` is over; no net of this process is in between. What goes to another machine
    /// leaves then.
    template <typename P, typename Message>
    void send_after(Duration delay, const Address<P>& to, const Message& message) noexcept {
        put_on_way(to, message, delay);
    }
    /// Its answer comes to `Self::on(context, Answer<Message>)`; nothing else is handled until
    /// then, so that whoever calls itself waits in vain. An answer that arrives in the very
    /// millisecond in which `patience` is over still counts. Asserts that no other call of this
    /// actor is open.
    template <typename P, typename Message>
    void call(const Address<P>& to, const Message& message,
              Duration patience = call_patience) noexcept {
        static_assert(HasReply<Message>, "nobody answers this message: send it");
        constexpr MessageKind kind = kind_of<P, Message>();
        std::array<uint8_t, message_bytes_max> bytes;
        system_.call({.from = number_, .to = to.number_}, kind, encoded(message, bytes), patience,
                     &hand_answer<Message>);
    }
    /// Once for each question: a second reply is lost. Asserts that this actor was asked.
    template <typename Reply>
    void reply(const Asked<Reply>& asked, const Reply& reply) noexcept {
        std::array<uint8_t, message_bytes_max> bytes;
        system_.answer(head_of_answer(asked), encoded(reply, bytes));
    }
    /// Instead of a reply.
    template <typename Reply>
    void refuse(const Asked<Reply>& asked, const Error& error) noexcept {
        system_.refuse(head_of_answer(asked), error);
    }
    /// This is the last message that it handles; what it sends now still leaves.
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
        constexpr MessageKind kind = kind_of<P, Message>();
        std::array<uint8_t, message_bytes_max> bytes;
        system_.send({.from = number_, .to = to.number_}, kind, encoded(message, bytes), after);
    }
    template <typename Reply>
    [[nodiscard]] LetterHead head_of_answer(const Asked<Reply>& asked) const noexcept {
        GRAFOS_ASSERT(asked.asked_ == number_);
        return System::answer_head(
            {.from = asked.asker_, .to = number_, .message = asked.message_, .call = asked.call_});
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
