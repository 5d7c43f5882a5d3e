-- Sends one request over and over. Arguments: method, file of the body, then name and value of each header. Where the
-- body has the word that stands for a number, each has another one there.
local counted = "########"
local before, behind
local count = 0

function init(args)
  wrk.method = args[1]
  local file = assert(io.open(args[2], "rb"))
  local body = file:read("*a")
  if #body > 0 then wrk.body = body end
  for i = 3, #args, 2 do wrk.headers[args[i]] = args[i + 1] end
  -- The head is made once, as wrk itself does it.
  local whole = wrk.format()
  local at = whole:find(counted, 1, true)
  before = at and whole:sub(1, at - 1) or whole
  behind = at and whole:sub(at + #counted)
end

function request()
  if not behind then return before end
  count = count + 1
  return before .. string.format("%08d", count) .. behind
end

-- One line for the program that reads it: answers, microseconds, answers of status 400 and more, broken exchanges.
function done(summary)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("\nresult %d %d %d %d\n", summary.requests, summary.duration, errors.status, broken))
end
