# Makes a shell script a cruncher: functions that `cruncherd --cruncher ./mine.sh` serves as tasks.
#
# One file to copy beside your script, which reads it by `. "${0%/*}/cruncher.sh"`; a POSIX shell and jq, nothing else.
# How to use it: README.md beside it. What goes over the pipes: PROTOCOL.md.
#
# A task is a function: the params come on its stdin as one JSON object, its stdout is the result as JSON. What is
# printed outside of a task goes to stderr.

cruncher_names=' '
cruncher_tasks=
cruncher_field=$(printf '\037')
cruncher_end=$(printf '\036')
exec 3>&1 1>&2 # 3: the protocol's stdout

# task NAME SUMMARY PARAMS: makes the function NAME a task. PARAMS is a JSON object with a JSON Schema for each of the
# params; one without a default is required.
task() {
  cruncher_names="$cruncher_names$1 "
  cruncher_tasks="$cruncher_tasks$1$cruncher_field${2:-}$cruncher_field${3:-}$cruncher_end"
}

# progress FRACTION: says how far the job is, from 0 to 1.
progress() {
  printf '{"jsonrpc":"2.0","method":"progress","params":{"fraction":%s}}\n' "$1" >&3
}

# invalid MESSAGE [POINTER]: ends the task for params that are no use to it. POINTER says which: /limit.
invalid() {
  printf '%s' "$cruncher_end"
  jq -cn --arg message "$1" --arg pointer "${2:-}" \
    '{code: -32602, message: $message[:2000], data: {errors: [{pointer: $pointer, message: $message[:2000]}]}}'
  exit 1
}

# fail MESSAGE: ends the task without a result.
fail() {
  printf '%s' "$cruncher_end"
  jq -cn --arg message "$1" '{code: -32000, message: $message[:2000]}'
  exit 1
}

# Serves jobs until the server has no more. The last line of the script.
serve() {
  while IFS= read -r cruncher_line; do
    cruncher_serve_line
  done
  exit 0
}

# The answer to $cruncher_line. The empty line behind it says that this is all.
cruncher_serve_line() {
  { IFS= read -r cruncher_id && IFS= read -r cruncher_method && IFS= read -r cruncher_params; } <<END
$(printf '%s' "$cruncher_line" | jq -c '.id, .method, (.params // {})')
END
  cruncher_method=${cruncher_method#\"}
  cruncher_method=${cruncher_method%\"}
  case $cruncher_names in
    *" $cruncher_method "*) cruncher_run ;;
    *) if [ "$cruncher_method" = rpc.discover ]; then cruncher_discover; else cruncher_unknown; fi ;;
  esac
  if cruncher_reply=$(printf '%s' "$cruncher_result" | jq -cs --argjson id "$cruncher_id" --arg kind "$cruncher_kind" \
    'if length == 1 then {jsonrpc: "2.0", id: $id, ($kind): .[0]} else error("it is not one value") end'); then
    printf '%s\n\n' "$cruncher_reply" >&3
  else
    printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":"%s"}}\n\n' "$cruncher_id" \
      'what the task printed is not one JSON value' >&3
  fi
}

cruncher_run() {
  cruncher_kind=result
  if cruncher_result=$(printf '%s\n' "$cruncher_params" | "$cruncher_method"); then cruncher_code=0; else cruncher_code=$?; fi
  case $cruncher_result in
    *"$cruncher_end"*) cruncher_kind=error cruncher_result=${cruncher_result##*"$cruncher_end"} ;;
    *) [ "$cruncher_code" = 0 ] || cruncher_failed "the task ended with exit code $cruncher_code" ;;
  esac
}

cruncher_failed() {
  cruncher_kind=error
  cruncher_result="{\"code\": ${2:--32000}, \"message\": \"$1\"}"
}

cruncher_unknown() {
  cruncher_failed 'there is no such task' -32601
}

cruncher_discover() {
  cruncher_kind=result
  cruncher_result=$(printf '%s' "$cruncher_tasks" | jq -Rsc --arg title "${0##*/}" '
    split("\u001e")[:-1] | map(split("\u001f") | (.[2] | if . == "" then {} else fromjson end) as $params
      | [$params | to_entries[] | select(.value | has("default") | not) | .key] as $required
      | {name: .[0], summary: .[1], paramStructure: "by-name", result: {name: "result", schema: {}},
         params: [$params | to_entries[] | .key as $key | {name: $key, required: any($required[]; . == $key), schema: .value}],
         "x-params-schema": {type: "object", properties: $params, required: $required, additionalProperties: false}})
    | {openrpc: "1.3.2", info: {title: $title, version: "1"}, "x-jobs-per-process": true, methods: .}') || exit 1
}
