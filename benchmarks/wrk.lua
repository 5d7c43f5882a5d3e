-- Sends one request over and over. Arguments: method, file of the body, then name and value of each header.
function init(args)
  wrk.method = args[1]
  local file = assert(io.open(args[2], "rb"))
  local body = file:read("*a")
  if #body > 0 then wrk.body = body end
  for i = 3, #args, 2 do wrk.headers[args[i]] = args[i + 1] end
end

-- One line for the program that reads it: answers, microseconds, answers of status 400 and more, broken exchanges.
function done(summary)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("\nresult %d %d %d %d\n", summary.requests, summary.duration, errors.status, broken))
end
