-- A script for wrk: sends the request given after "--" (METHOD [BODY_FILE [PAUSE_MS]]) and prints what came of it as
-- JSON. Each client waits for the pause between an answer and its next request.
-- Latencies are those of a closed loop: for throughput and for curves against the number of clients.

function init(arguments)
  wrk.method = arguments[1] or "GET"
  if arguments[2] then
    local file = assert(io.open(arguments[2], "rb"))
    wrk.body = file:read("*a")
    file:close()
    wrk.headers["Content-Type"] = "application/json"
  end
  local pause = tonumber(arguments[3])
  if pause then
    delay = function() return pause end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nreport {"answers": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.4f, "p99_ms": %.4f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
