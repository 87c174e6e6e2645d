-- SPDX-License-Identifier: Apache-2.0
-- Wireshark reads grafOS datagrams: headers, messages, payloads by the table of the core. What lies
-- under a seal is opened if the key log (preference grafos.keylog) names the session's keys, a line
--     SESSION KEY_TO_NODE KEY_TO_CLIENT
-- each, in hexadecimal; the seal's tag is shown, not checked.
-- This file is completed by tools/wire/dissector.py, which puts the table in front of it.

local grafos = Proto("grafos", "grafOS wire")
grafos.prefs.keylog = Pref.string("Key log", "", "File with the keys of sessions to open")

local fields, all = {}, {}
local function add(name, kind, title, names)
    local make = { u8 = ProtoField.uint8, u16 = ProtoField.uint16, u32 = ProtoField.uint32 }
    local field
    if make[kind] then
        field = make[kind]("grafos." .. name, title, base.DEC, names)
    elseif kind == "u64" then
        field = ProtoField.uint64("grafos." .. name, title, base.DEC)
    elseif kind == "hex16" then
        field = ProtoField.uint16("grafos." .. name, title, base.HEX, names)
    elseif kind == "hex64" then
        field = ProtoField.uint64("grafos." .. name, title, base.HEX)
    elseif kind == "text" then
        field = ProtoField.string("grafos." .. name, title)
    else
        field = ProtoField.bytes("grafos." .. name, title)
    end
    fields[name] = field
    all[#all + 1] = field
end

local message_names, by_number = {}, {}
for _, message in ipairs(wire.messages) do
    message_names[message.number] = message.name
    by_number[message.number] = message
end

add("packet.magic", "hex16", "magic")
add("packet.version", "u8", "version")
add("packet.kind", "u8", "kind", wire.packet_kinds)
add("packet.flags", "hex16", "flags")
add("packet.body_bytes", "u16", "body bytes")
add("packet.session", "hex64", "session")
add("packet.counter", "u64", "counter")
add("packet.body", "bytes", "body")
add("packet.tag", "bytes", "tag")
add("message.type", "hex16", "type", message_names)
add("message.flags", "u8", "flags")
add("message.reserved", "u8", "reserved")
add("message.request", "u64", "request")
add("message.open", "u16", "open")
add("message.status", "u16", "status", wire.names.error_code)
add("message.payload_bytes", "u16", "payload bytes")
add("trace.version", "u8", "trace version")
add("trace.trace_id", "bytes", "trace id")
add("trace.span_id", "bytes", "span id")
add("trace.flags", "u8", "trace flags")
add("piece.offset", "u32", "offset")
add("piece.total", "u32", "total")
add("piece.data", "bytes", "data of a piece")
add("tlv.type", "u8", "TLV type")
add("tlv.value", "bytes", "TLV value")
add("malformed", "bytes", "malformed")

-- Which closed set a field's numbers belong to, by its name.
local set_of = {
    kind = "resource_kind", phase = "phase", revoke_state = "revoke_state", code = "error_code",
    ["end"] = "error_code", field = "field",
}
local function set_for(prefix, name)
    if name == "reason" then
        local set = prefix == "get_readiness.reply" and "degraded_reason" or "reason"
        return wire.names[set]
    end
    return wire.names[set_of[name]]
end

local function add_layout(prefix, layout)
    for _, field in ipairs(layout.fields) do
        local name = prefix .. "." .. field.name
        if field.shape == "list" then
            add(name, "u16", field.name)
            add_layout(name, field.entry)
        elseif field.rule == "text" then
            add(name, "text", field.name)
        else
            add(name, field.shape, field.name, set_for(prefix, field.name))
        end
    end
end
for _, message in ipairs(wire.messages) do
    add_layout(message.name .. ".request", message.request)
    add_layout(message.name .. ".reply", message.reply)
end
add_layout("refusal", wire.refusal)
grafos.fields = all

local width = { u8 = 1, u16 = 2, u32 = 4, u64 = 8 }

-- Each of these answers where it stopped, or nil: the bytes end too early.
local dissect_fields

local function dissect_field(prefix, field, bytes, at, tree)
    local name = prefix .. "." .. field.name
    local left = bytes:len() - at
    local size, skipped = width[field.shape] or field.size, 0
    if field.shape == "counted" then
        if left < 4 then return nil end
        size, skipped = bytes(at, 4):uint(), 4
    elseif field.shape == "list" then
        if left < 2 then return nil end
        local count = bytes(at, 2):uint()
        local branch = tree:add(fields[name], bytes(at, 2))
        at = at + 2
        for _ = 1, count do
            at = dissect_fields(name, field.entry, bytes, at, branch)
            if at == nil then return nil end
        end
        return at
    end
    if left < skipped + size then return nil end
    if size > 0 then tree:add(fields[name], bytes(at + skipped, size)) end
    return at + skipped + size
end

dissect_fields = function(prefix, layout, bytes, at, tree)
    for _, field in ipairs(layout.fields) do
        at = dissect_field(prefix, field, bytes, at, tree)
        if at == nil then return nil end
    end
    return at
end

local function dissect_tlvs(bytes, at, tree)
    while bytes:len() - at >= 3 do
        local size = bytes(at + 1, 2):uint()
        if bytes:len() - at - 3 < size then break end
        local branch = tree:add(fields["tlv.type"], bytes(at, 1))
        if size > 0 then branch:add(fields["tlv.value"], bytes(at + 3, size)) end
        at = at + 3 + size
    end
    return at
end

local function dissect_payload(number, is_reply, is_refused, bytes, tree)
    local message = by_number[number]
    local prefix, layout = "refusal", wire.refusal
    if not is_refused then
        if message == nil then return end
        prefix = message.name .. (is_reply and ".reply" or ".request")
        layout = is_reply and message.reply or message.request
    end
    local at = dissect_fields(prefix, layout, bytes, 0, tree)
    at = at and dissect_tlvs(bytes, at, tree)
    if at == nil then
        tree:add(fields["malformed"], bytes())
    elseif at < bytes:len() then
        tree:add(fields["malformed"], bytes(at))
    end
end

local REPLY, FRAG_V2, TRACED = 1, 8, 16

-- Answers the bytes of the message, or nil if it is cut.
local function dissect_message(bytes, tree, names)
    local head = wire.limits.message_header_bytes
    if bytes:len() < head then return nil end
    local number, flags = bytes(0, 2):uint(), bytes(2, 1):uint()
    local is_reply = bit.band(flags, REPLY) ~= 0
    local is_piece = bit.band(flags, FRAG_V2) ~= 0
    local is_traced = bit.band(flags, TRACED) ~= 0
    local size = bytes(14, 2):uint()
    local at = head + (is_traced and wire.limits.traceparent_bytes or 0)
        + (is_piece and wire.limits.fragment_header_bytes or 0)
    if bytes:len() < at + size then return nil end
    local status = is_reply and bytes(12, 2):uint() or 0
    local title = (message_names[number] or string.format("0x%04x", number))
        .. (status ~= 0 and " refused" or is_reply and " reply" or " request")
    names[#names + 1] = title
    local branch = tree:add(grafos, bytes(0, at + size), title)
    branch:add(fields["message.type"], bytes(0, 2))
    branch:add(fields["message.flags"], bytes(2, 1))
    branch:add(fields["message.reserved"], bytes(3, 1))
    branch:add(fields["message.request"], bytes(4, 8))
    branch:add(fields[is_reply and "message.status" or "message.open"], bytes(12, 2))
    branch:add(fields["message.payload_bytes"], bytes(14, 2))
    if is_traced then
        branch:add(fields["trace.version"], bytes(16, 1))
        branch:add(fields["trace.trace_id"], bytes(17, 16))
        branch:add(fields["trace.span_id"], bytes(33, 8))
        branch:add(fields["trace.flags"], bytes(41, 1))
    end
    local total = size
    if is_piece then
        branch:add(fields["piece.offset"], bytes(at - 8, 4))
        branch:add(fields["piece.total"], bytes(at - 4, 4))
        total = bytes(at - 4, 4):uint()
    end
    if size < total then
        branch:add(fields["piece.data"], bytes(at, size))
    elseif size > 0 then
        dissect_payload(number, is_reply, status ~= 0, bytes(at, size):tvb(), branch)
    end
    return at + size
end

local function dissect_messages(bytes, tree)
    local names, at = {}, 0
    while at < bytes:len() do
        local rest = bytes(at):tvb()
        local size = dissect_message(rest, tree, names)
        if size == nil then
            tree:add(fields["malformed"], rest())
            break
        end
        at = at + size
    end
    return table.concat(names, ", ")
end

-- ChaCha20 (RFC 8439), to look under a seal; block 0 is the tag's.
local function words(text)
    local list = {}
    for i = 1, #text, 4 do
        local a, b, c, d = text:byte(i, i + 3)
        list[#list + 1] = a + b * 0x100 + c * 0x10000 + d * 0x1000000
    end
    return list
end
local function quarter(s, a, b, c, d)
    local bxor, rol = bit.bxor, bit.rol
    s[a] = bit.tobit(s[a] + s[b]); s[d] = rol(bxor(s[d], s[a]), 16)
    s[c] = bit.tobit(s[c] + s[d]); s[b] = rol(bxor(s[b], s[c]), 12)
    s[a] = bit.tobit(s[a] + s[b]); s[d] = rol(bxor(s[d], s[a]), 8)
    s[c] = bit.tobit(s[c] + s[d]); s[b] = rol(bxor(s[b], s[c]), 7)
end
local function chacha20_block(key, number, nonce)
    local start = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }
    for _, word in ipairs(words(key)) do start[#start + 1] = word end
    start[#start + 1] = number
    for _, word in ipairs(words(nonce)) do start[#start + 1] = word end
    local s = {}
    for i = 1, 16 do s[i] = bit.tobit(start[i]) end
    for _ = 1, 10 do
        quarter(s, 1, 5, 9, 13); quarter(s, 2, 6, 10, 14)
        quarter(s, 3, 7, 11, 15); quarter(s, 4, 8, 12, 16)
        quarter(s, 1, 6, 11, 16); quarter(s, 2, 7, 12, 13)
        quarter(s, 3, 8, 9, 14); quarter(s, 4, 5, 10, 15)
    end
    local out = {}
    for i = 1, 16 do
        local word = bit.tobit(s[i] + bit.tobit(start[i]))
        for shift = 0, 24, 8 do out[#out + 1] = bit.band(bit.rshift(word, shift), 0xff) end
    end
    return out
end
local function open_seal(key, counter, sealed)
    local opened = {}
    local nonce = string.rep("\0", 4) .. counter:reverse() -- little-endian on purpose (Noise)
    for offset = 0, sealed:len() - 1, 64 do
        local block = chacha20_block(key, 1 + offset / 64, nonce)
        for i = 0, math.min(63, sealed:len() - offset - 1) do
            opened[#opened + 1] = string.char(bit.bxor(sealed:byte(offset + i + 1), block[i + 1]))
        end
    end
    return table.concat(opened)
end

local keys, keys_from = {}, nil
local function unhex(text)
    return (text:gsub("..", function(two) return string.char(tonumber(two, 16)) end))
end
local function keys_of(session)
    if keys_from ~= grafos.prefs.keylog then
        keys, keys_from = {}, grafos.prefs.keylog
        local file = keys_from ~= "" and io.open(keys_from, "r")
        for line in file and file:lines() or function() end do
            local name, to_node, to_client = line:match("^(%x+) (%x+) (%x+)%s*$")
            if name and #to_node == 64 and #to_client == 64 then
                keys[name:lower()] = { [0] = unhex(to_node), [1] = unhex(to_client) }
            end
        end
        if file then file:close() end
    end
    return keys[session]
end

local HELLO_LAST, SEALED, PLAIN = 4, 5, 6

local function dissect_sealed(bytes, flags, tree)
    local head, tag = wire.limits.packet_header_bytes, wire.limits.packet_tag_bytes
    local size = bytes:len() - head - tag
    if size < 0 then
        tree:add(fields["malformed"], bytes(head))
        return ""
    end
    tree:add(fields["packet.tag"], bytes(head + size, tag))
    local known = keys_of(tostring(bytes(8, 8):bytes()):lower())
    if known == nil or size == 0 then
        if size > 0 then tree:add(fields["packet.body"], bytes(head, size)) end
        return ""
    end
    local opened = open_seal(known[bit.band(flags, 1)], bytes(16, 8):raw(), bytes(head, size):raw())
    local array = ByteArray.new(opened, true)
    return dissect_messages(array:tvb("opened"), tree)
end

function grafos.dissector(bytes, packet, tree)
    local head = wire.limits.packet_header_bytes
    if bytes:len() < head or bytes(0, 2):uint() ~= wire.magic then return 0 end
    packet.cols.protocol = "grafOS"
    local kind, flags = bytes(3, 1):uint(), bytes(4, 2):uint()
    local branch = tree:add(grafos, bytes(), "grafOS " .. (wire.packet_kinds[kind] or "?"))
    branch:add(fields["packet.magic"], bytes(0, 2))
    branch:add(fields["packet.version"], bytes(2, 1))
    branch:add(fields["packet.kind"], bytes(3, 1))
    branch:add(fields["packet.flags"], bytes(4, 2))
    branch:add(fields["packet.body_bytes"], bytes(6, 2))
    branch:add(fields["packet.session"], bytes(8, 8))
    branch:add(fields["packet.counter"], bytes(16, 8))
    local what = ""
    if kind == SEALED then
        what = dissect_sealed(bytes, flags, branch)
    elseif kind == PLAIN and bytes:len() > head then
        what = dissect_messages(bytes(head):tvb(), branch)
    elseif kind <= HELLO_LAST and bytes:len() > head then
        branch:add(fields["packet.body"], bytes(head))
    end
    packet.cols.info = (wire.packet_kinds[kind] or "?") .. (what ~= "" and ": " .. what or "")
    return bytes:len()
end

grafos:register_heuristic("udp", function(bytes, packet, tree)
    if bytes:len() < wire.limits.packet_header_bytes or bytes(0, 2):uint() ~= wire.magic
        or bytes(2, 1):uint() ~= wire.version then
        return false
    end
    grafos.dissector(bytes, packet, tree)
    return true
end)
