"""The scripts: what a call of the Redis store does there, as one step that nothing comes between.

Below a prefix of the store's own stand

- ``all``, a sorted set: the place of each job, by the number of its addition;
- ``own:OWNER``, a sorted set: the places of the owner's jobs, by ``created``, then by number;
- ``job:ID``, a hash: ``owner``, ``place`` and ``record``, the job in MessagePack;
- ``ref:ID``, the reference;
- ``total``, a hash: ``number``, how many jobs were ever added, and ``bytes``, those of all references together.

A place is text, ``NUMBER:SIZE:LENGTH:OWNERID``: it sorts by number and says all that it takes to forget a job, even one
that has expired and is gone. ``LENGTH`` is the owner's.

A script that Redis has no memory for fails at its first write, so each begins with one that takes memory: then nothing
was changed.
"""

PARTS = r"""
local prefix = ARGV[1]
local ALL, TOTAL = prefix .. 'all', prefix .. 'total'

local function key(kind, name)
    return prefix .. kind .. ':' .. name
end

local function place_of(number, size, owner, id)
    return string.format('%016d:%d:%d:', number, size, #owner) .. owner .. id
end

local function read_place(place)
    local size, length, behind = string.match(place, '^%d+:(%d+):(%d+):()')
    return tonumber(size), string.sub(place, behind, behind + length - 1), string.sub(place, behind + length)
end

local function held()
    return tonumber(redis.call('HGET', TOTAL, 'bytes') or 0)
end

-- The record of the job at a place, unless it has expired, or its id was taken anew since.
local function record_at(place)
    local _, _, id = read_place(place)
    local found = redis.call('HMGET', key('job', id), 'place', 'record')
    return found[1] == place and found[2]
end

local function forget(place)
    local size, owner, id = read_place(place)
    redis.call('HINCRBY', TOTAL, 'bytes', 0 - size)  -- for Redis, -0 is no number
    redis.call('ZREM', ALL, place)
    redis.call('ZREM', key('own', owner), place)
    if redis.call('HGET', key('job', id), 'place') == place then
        redis.call('UNLINK', key('job', id), key('ref', id))
    end
end

-- Redis lets go of expired jobs by itself; this forgets their places. Those added first expire first.
local function sweep()
    for _ = 1, 1000 do
        local first = redis.call('ZRANGE', ALL, 0, 0)[1]
        if not first or record_at(first) then
            return
        end
        forget(first)
    end
end

-- The places and records of up to so many jobs of a sorted set, from a rank on.
local function walk(set, rank, limit, newest_first)
    local range = newest_first and 'ZREVRANGE' or 'ZRANGE'
    local found = {}
    while #found < 2 * limit do
        local places = redis.call(range, set, rank, rank + limit - 1)
        for _, place in ipairs(places) do
            local record = #found < 2 * limit and record_at(place)
            if record then
                found[#found + 1] = place
                found[#found + 1] = record
            end
        end
        if #places < limit then
            break
        end
        rank = rank + limit
    end
    return found
end
"""

ADD = r"""
local _, id, owner, created, record, reference = unpack(ARGV, 1, 6)
local lifetime, jobs, bytes, look = unpack(ARGV, 7, 10)

local function fits()
    local kept = redis.call('ZCARD', ALL)
    return kept == 0 or (kept + 1 <= tonumber(jobs) and held() + #reference <= tonumber(bytes))
end

if redis.call('EXISTS', key('job', id)) == 1 then
    return 0
end
sweep()
for index = 11, #ARGV do
    if fits() then
        break
    end
    if redis.call('ZSCORE', ALL, ARGV[index]) then
        forget(ARGV[index])
    end
end
if not fits() then
    return walk(ALL, 0, tonumber(look))
end

local number = redis.call('HINCRBY', TOTAL, 'number', 1)
local place = place_of(number, #reference, owner, id)
redis.call('HINCRBY', TOTAL, 'bytes', #reference)
redis.call('ZADD', ALL, number, place)
redis.call('ZADD', key('own', owner), created, place)
redis.call('HSET', key('job', id), 'owner', owner, 'place', place, 'record', record)
redis.call('SET', key('ref', id), reference)
for _, name in ipairs({key('job', id), key('ref', id), key('own', owner), ALL, TOTAL}) do
    redis.call('PEXPIRE', name, lifetime)
end
return 1
"""
"""Prefix, id, owner, created, record, reference, milliseconds to live, most jobs, most bytes, how many to look at, and
the places that may go for the new job. 1: added; 0: there is such an id; a list of places and records, those added
first: there is no room. The sets live as long as the job added last, so all of them outlive their jobs."""

CHANGE = r"""
if redis.call('HGET', key('job', ARGV[2]), 'record') ~= ARGV[3] then
    return 0
end
redis.call('HSET', key('job', ARGV[2]), 'record', ARGV[4])
return 1
"""
"""Prefix, id, the record as it was, and as it is to be. 0: it is another, or none, by now."""

PAGE = r"""
local _, owner, is_first, after, limit, newest_first = unpack(ARGV)
newest_first = newest_first == '1'
sweep()
local rank = 0
if is_first == '0' then
    local found = redis.call('HMGET', key('job', after), 'owner', 'place')
    if found[1] ~= owner then
        return false
    end
    rank = redis.call(newest_first and 'ZREVRANK' or 'ZRANK', key('own', owner), found[2]) + 1
end
return walk(key('own', owner), rank, tonumber(limit), newest_first)
"""
"""Prefix, owner, 1 for the first page or 0, the id of the job before any other, how many, and 1 for the newest first.
Places and records; nil if the job before the page is none of the owner's."""

LATEST = r"""
sweep()
return walk(ALL, 0, tonumber(ARGV[2]), true)
"""
"""Prefix, how many. Places and records of the jobs of all owners, the one added last first."""

REMOVE = r"""
local found = redis.call('HMGET', key('job', ARGV[2]), 'owner', 'place', 'record')
if found[1] ~= ARGV[3] then
    return false
end
forget(found[2])
return found[3]
"""
"""Prefix, id, owner. The record of the job that is gone; nil if the owner has none such."""

REFERENCE = r"""
return redis.call('HGET', key('job', ARGV[2]), 'owner') == ARGV[3] and redis.call('GET', key('ref', ARGV[2]))
"""
"""Prefix, id, owner. The reference; nil if the owner has no such job."""

CLEAR = r"""
for _, place in ipairs(redis.call('ZRANGE', ALL, 0, ARGV[2] - 1)) do
    forget(place)
end
return redis.call('ZCARD', ALL)
"""
"""Prefix, how many to forget at once. How many are left."""

COUNT = r"""
sweep()
return {redis.call('ZCARD', ALL), held()}
"""
"""Prefix. How many jobs there are, and how many bytes their references have."""

BODIES = {
    "add": ADD,
    "change": CHANGE,
    "page": PAGE,
    "latest": LATEST,
    "remove": REMOVE,
    "reference": REFERENCE,
    "clear": CLEAR,
    "count": COUNT,
}
"""The scripts by their names, each still without its ``PARTS``."""
