#!/bin/sh
. "${0%/*}/cruncher.sh"
echo loading

task echo 'Gives back what came.' '{"text": {"type": "string"}, "maybe": {"default": null},
  "least": {"type": "integer", "minimum": 0, "default": 7}}'
echo() { jq -c '{text, least: (.least // 7), maybe}'; }

task grow '' '{"number": {"type": "integer"}}'
grow() { jq -c '{next: (.number + 1)}'; }

task noisy
noisy() {
  printf 'stray\n' >&2
  sh -c 'echo stray child; cat' >&2
  printf '"quiet"'
}

task fails '' '{"how": {"type": "string"}}'
fails() {
  case $(jq -r .how) in
    invalid) invalid 'must be something else' /how ;;
    value) invalid 'is no use' ;;
    unsendable) printf 'no JSON' ;;
    *) fail 'broke down' ;;
  esac
}

task half '' '{"milliseconds": {"type": "integer"}}'
half() {
  progress 0.5
  sleep "$(jq '.milliseconds / 1000')"
  printf null
}

task process
process() { printf '%s' "$$"; }

serve
